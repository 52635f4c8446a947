use std::path::Path;

use module::{Arguments, ChecksumAlgorithm, HostPath, Module, Outcome, expand_text, inode_facts, not_yet};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Inode, Kind, Metadata, Result, System};
use value::{Map, Unknown, Value};

/// Tells what is at a path: whether anything is there, its kind, size, owner, permissions, times and checksum.
///
/// The result's `stat.exists` says whether anything is there; the other keys are only there if it is so.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stat {
    /// Which file, directory, link or device.
    #[schemars(extend("aliases" = ["dest", "name"]))]
    path: HostPath,
    /// If it is a symbolic link: tell of what it leads to.
    #[serde(default)]
    follow: bool,
    /// Compute the checksum of a file, which means reading all of it.
    #[serde(default = "yes")]
    get_checksum: bool,
    /// How the checksum is computed.
    #[serde(default)]
    #[schemars(extend("aliases" = ["checksum", "checksum_algo"]))]
    checksum_algorithm: ChecksumAlgorithm,
    /// Tell the kind of content and its character set, as the program `file` sees them, if the host has it.
    #[serde(default = "yes")]
    #[schemars(extend("aliases" = ["mime", "mime_type", "mime-type"]))]
    get_mime: bool,
    /// Tell the flags that chattr(1) sets, if the host has the program `lsattr`.
    #[serde(default = "yes")]
    #[schemars(extend("aliases" = ["attr", "attributes"]))]
    get_attributes: bool,
    /// Tell the label that SELinux goes by, if the host has it switched on.
    #[serde(default)]
    get_selinux_context: bool,
}

fn yes() -> bool {
    true
}

impl Arguments for Stat {
    const NAME: &'static str = "stat";
    const EXAMPLES: &'static str = r#"
- name: Is the site there?
  stat:
    path: /srv/www/index.html
  register: index

- name: Say so
  debug:
    msg: It has {{ index.stat.size }} bytes
  when: index.stat.exists
"#;
}

impl Module for Stat {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let path = self.path.expand(host)?;
        let found = if self.follow { host.follow(&path)? } else { Some(host.inode(&path)?) };
        let Some(found) = found.filter(|found| !found.is_absent()) else {
            return Ok(Outcome::new().with("stat", Value::map([("exists", false)])));
        };
        let metadata = host.stat(&found.path)?.metadata;
        let mut told = Told(Map::new());
        told.add("exists", true);
        told.add("path", expand_text(self.path.as_str(), host)?);
        told.0.extend(inode_facts(host, &found, metadata.as_ref()));
        told.numbers(metadata.as_ref());
        let access = host.access(&found.path)?;
        told.add("readable", access.read);
        told.add("writeable", access.write);
        told.add("executable", access.execute);
        if let Kind::Link(target) = &found.kind {
            told.add("lnk_target", target.to_string_lossy().as_ref());
            told.add("lnk_source", host.real_path(&found.path)?.to_string_lossy().as_ref());
        }
        if self.get_checksum && found.is_file() && access.read {
            told.add(
                "checksum",
                known(host.read(&found.path))?
                    .map_or_else(Value::from, |bytes| self.checksum_algorithm.hex(&bytes).into()),
            );
        }
        if self.get_mime {
            told.mime(host, &found, metadata.is_some())?;
        }
        if self.get_attributes {
            told.attributes(host, &found, metadata.is_some())?;
        }
        if self.get_selinux_context {
            told.selinux_context(host, &found, metadata.is_some())?;
        }
        Ok(Outcome::new().with("stat", told.0))
    }
}

/// Sets what a dry run can't know apart from what fails.
fn known<T>(outcome: Result<T>) -> Result<std::result::Result<T, Unknown>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Unknown(unknown)) => Ok(Err(unknown)),
        Err(error) => Err(error),
    }
}

struct Told(Map);

impl Told {
    fn add(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }

    /// What `find` does not tell.
    fn numbers(&mut self, metadata: Option<&Metadata>) {
        self.add(
            "disk_usage_bytes",
            metadata.map_or_else(not_yet, |metadata| (metadata.blocks * 512).into()),
        );
        self.add("block_size", metadata.map_or_else(not_yet, |metadata| metadata.block_size.into()));
        self.add("device_type", metadata.map_or(0, |metadata| metadata.device_type));
    }

    /// What a program of the host says of something that is there; nothing if the host has no such program or it fails.
    fn ask(host: &mut System, program: &str, options: &[&str], found: &Inode) -> Result<Option<String>> {
        if host.find_program(program)?.is_none() {
            return Ok(None);
        }
        let command = Command::new([program]).args(options.iter().copied()).arg(found.path.to_string_lossy());
        Ok(Some(host.query(&command)?).filter(|output| output.success()).map(|output| output.stdout()))
    }

    fn mime(&mut self, host: &mut System, found: &Inode, is_there: bool) -> Result<()> {
        let asked = if is_there {
            known(Told::ask(host, "file", &["--brief", "--mime-type", "--mime-encoding", "--"], found))?
        } else {
            Err(Unknown::new("the kind of content of what a dry run only predicts"))
        };
        let (kind, charset): (Value, Value) = match asked {
            Ok(answer) => {
                let answer = answer.unwrap_or_default();
                let parts = answer.trim().split_once("; charset=").unwrap_or(("unknown", "unknown"));
                (parts.0.into(), parts.1.into())
            }
            Err(unknown) => (unknown.clone().into(), unknown.into()),
        };
        self.add("mimetype", kind);
        self.add("charset", charset);
        Ok(())
    }

    /// User, role, type and level; all of them nothing where there is no SELinux.
    fn selinux_context(&mut self, host: &mut System, found: &Inode, is_there: bool) -> Result<()> {
        let nothing = || Value::list([const { Value::Null }; 3]);
        let context = if !is_there || host.follow(Path::new("/sys/fs/selinux/enforce"))?.is_none() {
            nothing()
        } else {
            match known(Told::ask(host, "stat", &["--format=%C", "--"], found))? {
                Ok(answer) => answer.map_or_else(nothing, |answer| Value::list(answer.trim().splitn(4, ':'))),
                Err(unknown) => unknown.into(),
            }
        };
        self.add("selinux_context", context);
        Ok(())
    }

    fn attributes(&mut self, host: &mut System, found: &Inode, is_there: bool) -> Result<()> {
        let flagged = is_there && (found.is_file() || found.is_directory());
        let asked = if flagged { known(Told::ask(host, "lsattr", &["-vd", "--"], found))? } else { Ok(None) };
        match asked {
            Ok(answer) => {
                let answer = answer.unwrap_or_default();
                let mut words = answer.split_whitespace();
                let (version, flags) = (words.next(), words.next().unwrap_or_default());
                let flags: String = flags.chars().filter(|flag| *flag != '-').collect();
                self.add("attributes", Value::list(flags.chars().filter_map(flag_name)));
                self.add("attr_flags", flags);
                self.add("version", version.map_or(Value::Null, Value::from));
            }
            Err(unknown) => ["attributes", "attr_flags", "version"]
                .into_iter()
                .for_each(|key| self.add(key, unknown.clone())),
        }
        Ok(())
    }
}

/// The names of chattr(1)'s flags in results.
fn flag_name(flag: char) -> Option<&'static str> {
    Some(match flag {
        'A' => "noatime",
        'a' => "append",
        'c' => "compressed",
        'C' => "nocow",
        'd' => "nodump",
        'D' => "dirsync",
        'e' => "extents",
        'E' => "encrypted",
        'h' => "blocksize",
        'i' => "immutable",
        'I' => "indexed",
        'j' => "journalled",
        'N' => "inline",
        's' => "zero",
        'S' => "synchronous",
        't' => "notail",
        'T' => "blockroot",
        'u' => "undelete",
        'X' => "compressedraw",
        'Z' => "compresseddirty",
        _ => return None,
    })
}
