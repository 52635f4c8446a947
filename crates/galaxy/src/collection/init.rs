use std::path::{Path, PathBuf};

use diag::Result;

use crate::collection::Name;
use crate::skeleton::Skeleton;

/// Makes the beginnings of a collection, and gives its folder.
///
/// # Errors
/// It is there already and this is not forced, or can't be written.
pub fn init(
    name: &Name,
    folder: &Path,
    skeleton: Option<Skeleton>,
    force: bool,
    render: &dyn Fn(&str) -> Result<String>,
) -> Result<PathBuf> {
    let target = folder.join(&name.namespace).join(&name.name);
    skeleton.unwrap_or_else(|| own(name)).create(&target, force, render)?;
    Ok(target)
}

fn own(name: &Name) -> Skeleton {
    let Name { namespace, name: short } = name;
    let galaxy = format!(
        "# Who makes the collection, and what it is called.\nnamespace: {namespace}\nname: {short}\n\n\
         # Three numbers: what breaks others' work, what is new, what is mended.\nversion: 1.0.0\n\n\
         # What to read first.\nreadme: README.md\n\n\
         # Names, with addresses if you like: Full Name <email> (url)\nauthors:\n- your name <example@domain.com>\n\n\
         # What it is for, in one line.\ndescription: your collection description\n\n\
         # SPDX identifiers; or the path of a file under license_file, not both.\nlicense:\n- GPL-2.0-or-later\nlicense_file: ''\n\n\
         # Words to find it by.\ntags: []\n\n\
         # Collections that it needs, with ranges of versions: other.collection: '>=1.0.0,<2.0.0'\ndependencies: {{}}\n\n\
         # Where to find more.\nrepository: http://example.com/repository\ndocumentation: http://docs.example.com\n\
         homepage: http://example.com\nissues: http://example.com/issue/tracker\n\n\
         # Patterns of files that do not belong into the archive.\nbuild_ignore: []\n"
    );
    let runtime = "---\n# The versions of the language that the collection needs.\n# requires_ansible: '>=2.16.0'\n\n\
                   # What has moved or gone.\n# plugin_routing:\n#   modules:\n#     old_name:\n#       redirect: namespace.collection.new_name\n";
    Skeleton::Own(vec![
        ("README.md", format!("# {namespace}.{short}\n\nWhat the collection is for, and how it is used.\n")),
        ("galaxy.yml", galaxy),
        ("meta/runtime.yml", runtime.to_owned()),
        ("docs/", String::new()),
        ("roles/", String::new()),
        ("plugins/README.md", "# Plugins\n\nEvery kind of plugin has a folder of its own here, such as `modules` and `filter`.\n".to_owned()),
    ])
}
