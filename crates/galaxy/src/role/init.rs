use std::path::{Path, PathBuf};

use diag::Result;

use crate::skeleton::Skeleton;

/// What kind of role begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// Any.
    #[default]
    Default,
    /// One for containers.
    Container,
    /// One for network devices.
    Network,
    /// One for installing applications.
    Apb,
}

/// Makes the beginnings of a role, and gives its folder.
///
/// # Errors
/// It is there already and this is not forced, or can't be written.
pub fn init(
    name: &str,
    folder: &Path,
    flavour: Flavour,
    skeleton: Option<Skeleton>,
    force: bool,
    render: &dyn Fn(&str) -> Result<String>,
) -> Result<PathBuf> {
    let target = folder.join(name);
    skeleton.unwrap_or_else(|| own(name, flavour)).create(&target, force, render)?;
    Ok(target)
}

fn own(name: &str, flavour: Flavour) -> Skeleton {
    let tags = match flavour {
        Flavour::Default | Flavour::Apb => "[]",
        Flavour::Container => "[container]",
        Flavour::Network => "[networking]",
    };
    let metadata = format!(
        "galaxy_info:\n  author: your name\n  description: your role description\n  company: your company (optional)\n\n  \
         # An SPDX identifier, such as MIT or Apache-2.0.\n  license: license (GPL-2.0-or-later, MIT, etc)\n\n  \
         min_ansible_version: 2.2\n\n  # Words to find the role by, of letters and digits.\n  galaxy_tags: {tags}\n\n\
         # Roles that run before this one.\ndependencies: []\n"
    );
    let readme = format!(
        "{name}\n{}\n\nWhat the role does.\n\nVariables\n---------\n\nThose in `defaults/main.yml`, and what they mean.\n\n\
         Example\n-------\n\n    - hosts: servers\n      roles:\n        - role: {name}\n\nLicense\n-------\n\nWhich one, and who wrote it.\n",
        "=".repeat(name.chars().count())
    );
    let file = |what: &str| format!("---\n# {what} file for {name}\n");
    Skeleton::Own(vec![
        ("README.md", readme),
        ("defaults/main.yml", file("defaults")),
        ("files/", String::new()),
        ("handlers/main.yml", file("handlers")),
        ("meta/main.yml", metadata),
        ("tasks/main.yml", file("tasks")),
        ("templates/", String::new()),
        ("tests/inventory", "localhost\n".to_owned()),
        ("tests/test.yml", format!("---\n- hosts: localhost\n  remote_user: root\n  roles:\n    - {name}\n")),
        ("vars/main.yml", file("vars")),
    ])
}
