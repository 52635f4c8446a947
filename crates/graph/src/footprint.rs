use std::path::Path;

use playbook::{ActionKind, Task};
use yaml::Node;

/// A thing on a host that a task touches, as far as its arguments say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The thing, in words: `the file /etc/hosts`, `the packages`.
    pub thing: String,
    /// What it does with it.
    pub access: Access,
    /// The path, if it is a file.
    pub path: Option<String>,
}

/// What a task does with a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It looks at it.
    Read,
    /// It may change it.
    Write,
}

use Access::{Read, Write};

/// Arguments that name a path on the host.
const PATHS: &[(&str, &[(&str, Access)])] = &[
    ("assemble", &[("dest", Write)]),
    ("blockinfile", &[("path", Write), ("dest", Write)]),
    ("command", &[("creates", Read), ("removes", Read), ("chdir", Read)]),
    ("copy", &[("dest", Write)]),
    ("fetch", &[("src", Read)]),
    ("file", &[("path", Write), ("dest", Write), ("name", Write)]),
    ("find", &[("paths", Read), ("path", Read)]),
    ("get_url", &[("dest", Write)]),
    ("git", &[("dest", Write)]),
    ("lineinfile", &[("path", Write), ("dest", Write)]),
    ("replace", &[("path", Write), ("dest", Write)]),
    ("shell", &[("creates", Read), ("removes", Read), ("chdir", Read)]),
    ("slurp", &[("src", Read), ("path", Read)]),
    ("stat", &[("path", Read)]),
    ("template", &[("dest", Write)]),
    ("unarchive", &[("dest", Write)]),
    ("acl", &[("path", Write)]),
    ("mount", &[("path", Write)]),
    ("archive", &[("dest", Write), ("path", Read)]),
    ("ini_file", &[("path", Write), ("dest", Write)]),
    ("openssh_keypair", &[("path", Write)]),
    ("openssl_privatekey", &[("path", Write)]),
    ("openssl_csr", &[("path", Write), ("privatekey_path", Read)]),
    (
        "x509_certificate",
        &[
            ("path", Write),
            ("csr_path", Read),
            ("privatekey_path", Read),
            ("ownca_path", Read),
            ("ownca_privatekey_path", Read),
        ],
    ),
];

/// Modules that change the package database, or where packages come from.
const PACKAGES: &[&str] = &[
    "apt",
    "apt_key",
    "apt_repository",
    "deb822_repository",
    "dnf",
    "dnf5",
    "package",
    "yum",
    "community.general.apk",
    "community.general.pacman",
    "community.general.zypper",
];

/// Arguments that name something else: the module, the argument, the kind of thing.
const NAMED: &[(&str, &str, &str)] = &[
    ("cron", "name", "the cron job"),
    ("group", "name", "the group"),
    ("service", "name", "the unit"),
    ("systemd", "name", "the unit"),
    ("user", "name", "the user"),
    ("sysctl", "name", "the kernel parameter"),
];

/// What a task touches. A name that depends on the item of a loop is left out; other templates are compared as written.
pub fn touches(task: &Task) -> Vec<Touch> {
    if !matches!(task.action.kind, ActionKind::Module) {
        return Vec::new();
    }
    let module = task.action.module.as_str();
    let argument = |name: &str| {
        let text = task.action.arguments.get(name).and_then(Node::as_str)?;
        let varies = task.looping.is_some() && text.contains("{{");
        (!varies && !text.is_empty()).then_some(text)
    };
    let mut touches = Vec::new();
    let of_paths =
        PATHS.iter().filter(|(name, _)| *name == module).flat_map(|(_, arguments)| arguments.iter());
    for (name, access) in of_paths {
        if let Some(path) = argument(name) {
            let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
            touches.push(Touch {
                thing: format!("the file {path}"),
                access: *access,
                path: Some(path.to_owned()),
            });
        }
    }
    let packages = |access| Touch { thing: "the packages".to_owned(), access, path: None };
    if PACKAGES.contains(&module) {
        touches.push(packages(Write));
    }
    if ["service", "systemd"].contains(&module) {
        touches.push(packages(Read));
    }
    for (_, name, kind) in NAMED.iter().filter(|(name, ..)| *name == module) {
        if let Some(name) = argument(name) {
            touches.push(Touch { thing: format!("{kind} {name}"), access: Write, path: None });
        }
    }
    touches
}

impl Touch {
    /// The directories above a file, nearest first.
    pub(crate) fn directories(&self) -> impl Iterator<Item = String> {
        let path = self.path.as_deref().map(Path::new);
        path.into_iter()
            .flat_map(|path| path.ancestors().skip(1))
            .filter_map(|directory| directory.to_str())
            .filter(|directory| directory.len() > 1)
            .map(|directory| format!("the file {directory}"))
            .collect::<Vec<String>>()
            .into_iter()
    }
}
