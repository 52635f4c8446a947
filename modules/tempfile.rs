use std::path::PathBuf;

use module::{Arguments, HostPath, Module, Outcome, inode_result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Inode, Kind, Result, System};

/// Makes an empty temporary file or directory that only its owner can use, under a name that nobody can guess.
///
/// Nothing removes it afterwards: a last task or a handler should.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tempfile {
    /// What to make.
    #[serde(default)]
    state: State,
    /// Where to make it; left out, the host's folder for temporary files.
    path: Option<HostPath>,
    /// How its name starts.
    #[serde(default = "prefix")]
    prefix: String,
    /// How its name ends.
    #[serde(default)]
    suffix: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// A directory.
    Directory,
    /// A file.
    #[default]
    File,
}

fn prefix() -> String {
    "ansible.".into()
}

impl Arguments for Tempfile {
    const NAME: &'static str = "tempfile";
    const EXAMPLES: &'static str = r#"
- name: A folder to unpack in
  tempfile:
    state: directory
    suffix: .unpacked
  register: folder

- name: Away with it
  file:
    path: "{{ folder.path }}"
    state: absent
"#;
}

impl Module for Tempfile {
    fn run(self, host: &mut System) -> Result<Outcome> {
        for (argument, part) in [("prefix", &self.prefix), ("suffix", &self.suffix)] {
            if part.contains(['/', '\0']) {
                // Playbooks look for these words.
                let message = format!("{argument} must be a valid file name component, got '{part}'");
                return Err(Error::failed(message));
            }
        }
        let folder = match &self.path {
            Some(path) => path.expand(host)?,
            None => usual_folder(host)?,
        };
        if !host.follow(&folder)?.is_some_and(|found| found.is_directory()) {
            return Err(Error::failed(format!("there is no directory {}", folder.display())));
        }
        let now = self.free_name(host, &folder)?;
        let (want, permissions) = match self.state {
            State::Directory => (now.clone().into_kind(Kind::Directory), 0o700),
            State::File => (now.clone().with_content(Vec::new()), 0o600),
        };
        host.place(&now, Inode { permissions: Some(permissions), ..want })?;
        let made = host.inode(&now.path)?;
        let outcome = Outcome::new().with("path", now.path.to_string_lossy().as_ref());
        inode_result(host, outcome, &made)
    }
}

impl Tempfile {
    /// A name that nothing has.
    fn free_name(&self, host: &mut System, folder: &std::path::Path) -> Result<Inode> {
        for _ in 0..100 {
            let name = format!("{}{}{}", self.prefix, letters(host.unguessable()?), self.suffix);
            let found = host.inode(&folder.join(name))?;
            if found.is_absent() {
                return Ok(found);
            }
        }
        Err(Error::failed(format!("found no free name in {}", folder.display())))
    }
}

/// The first of the folders for temporary files that is there.
fn usual_folder(host: &mut System) -> Result<PathBuf> {
    let named = ["TMPDIR", "TEMP", "TMP"].into_iter().filter_map(|name| host.environment(name));
    let candidates: Vec<PathBuf> =
        named.chain(["/tmp", "/var/tmp", "/usr/tmp"].map(str::to_owned)).map(PathBuf::from).collect();
    for candidate in candidates {
        if candidate.is_absolute() && host.follow(&candidate)?.is_some_and(|found| found.is_directory()) {
            return Ok(candidate);
        }
    }
    Err(Error::failed("the host has no folder for temporary files; say where with 'path'"))
}

/// Eight letters and digits out of a number.
fn letters(mut number: u64) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789_";
    let count = LETTERS.len() as u64;
    std::iter::repeat_with(|| {
        let letter = LETTERS[(number % count) as usize];
        number /= count;
        char::from(letter)
    })
    .take(8)
    .collect()
}
