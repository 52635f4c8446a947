use std::path::{Path, PathBuf};

use module::{Arguments, EditedFile, FileMarks, HostPath, Module, NewContent, Outcome, Presence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Command, Result, System};

/// Loads modules of the kernel and takes them out: modprobe(8).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Modprobe {
    /// The module.
    name: String,
    /// Parameters for it, such as `numdummies=2`. What is loaded already keeps those that it has.
    #[serde(default)]
    params: String,
    /// Whether it shall be loaded now.
    #[serde(default)]
    state: Presence,
    /// Whether it is loaded when the host starts.
    #[serde(default)]
    persistent: Persistent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Persistent {
    /// Lines that load it, and those with its options, become comments.
    Absent,
    /// The files stay as they are.
    #[default]
    Disabled,
    /// It stands in `/etc/modules-load.d`, and its parameters in `/etc/modprobe.d`.
    Present,
}

impl Arguments for Modprobe {
    const NAME: &'static str = "modprobe";
    const EXAMPLES: &'static str = r#"
- name: VLANs, now and after every start
  modprobe:
    name: 8021q
    persistent: present
"#;
}

impl Module for Modprobe {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let wanted = self.state == Presence::Present;
        if self.is_loaded(host)? != wanted {
            let command = match self.state {
                Presence::Present => {
                    Command::new(["modprobe", &self.name]).args(self.params.split_whitespace())
                }
                Presence::Absent => Command::new(["modprobe", "-r", &self.name]),
            };
            let what = if wanted { "load" } else { "unload" };
            let doing = format!("the module {} can't be {what}ed", self.name);
            host.act("kernel module", &self.name, what, |backend| {
                backend.carry_out(&command, &doing).map(drop)
            })?;
        }
        let load = self.name.clone();
        let options = format!("options {}", self.name);
        let with_parameters = format!("{options} {}", self.params.trim());
        match self.persistent {
            Persistent::Disabled => {}
            Persistent::Absent => {
                comment_out(host, LOADED, |line| line == load)?;
                comment_out(host, CONFIGURED, |line| is_options(line, &options))?;
            }
            Persistent::Present => {
                self.write_down(host, LOADED, &load, |_| false)?;
                if !self.params.trim().is_empty() {
                    self.write_down(host, CONFIGURED, &with_parameters, |line| is_options(line, &options))?;
                }
            }
        }
        Ok(Outcome::new()
            .with("name", self.name)
            .with("params", self.params)
            .with("state", if wanted { "present" } else { "absent" }))
    }
}

/// What is loaded when the host starts: modules-load.d(5).
const LOADED: &str = "/etc/modules-load.d";

/// With which parameters: modprobe.d(5).
const CONFIGURED: &str = "/etc/modprobe.d";

fn is_options(line: &str, options: &str) -> bool {
    line.strip_prefix(options).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

impl Modprobe {
    /// Whether it is loaded or a part of the kernel.
    fn is_loaded(&self, host: &mut System) -> Result<bool> {
        let name = self.name.replace('-', "_");
        let loaded = host.read_text_if_any(Path::new("/proc/modules"))?.unwrap_or_default();
        if loaded.lines().any(|line| line.split(' ').next() == Some(name.as_str())) {
            return Ok(true);
        }
        let release = host.read_text_if_any(Path::new("/proc/sys/kernel/osrelease"))?.unwrap_or_default();
        let list = PathBuf::from("/lib/modules").join(release.trim()).join("modules.builtin");
        let built_in = host.read_text_if_any(&list)?.unwrap_or_default();
        let file = |line: &str| line.rsplit('/').next().unwrap_or_default().replace('-', "_");
        Ok(built_in.lines().any(|line| file(line).strip_suffix(".ko") == Some(name.as_str())))
    }

    /// Sees to it that a file of the folder has the line, and that no other says something else.
    fn write_down(
        &self,
        host: &mut System,
        folder: &str,
        line: &str,
        other: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let has_it = |text: &str| text.lines().any(|found| found.trim() == line);
        let mut found = false;
        for path in files(host, folder)? {
            found |= has_it(&host.read_text_if_any(&path)?.unwrap_or_default());
        }
        comment_out(host, folder, |found| other(found) && found != line)?;
        if found {
            return Ok(());
        }
        edit(host, &Path::new(folder).join(format!("{}.conf", self.name)), |before| {
            format!("{before}{line}\n")
        })
    }
}

/// The files of a folder that count.
fn files(host: &mut System, folder: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new(folder);
    if host.follow(folder)?.is_none() {
        return Ok(Vec::new());
    }
    let names = host.list(folder)?;
    Ok(names.into_iter().filter(|name| name.ends_with(".conf")).map(|name| folder.join(name)).collect())
}

fn comment_out(host: &mut System, folder: &str, is_meant: impl Fn(&str) -> bool) -> Result<()> {
    for path in files(host, folder)? {
        edit(host, &path, |before| {
            let line = |line: &str| if is_meant(line.trim()) { format!("#{line}") } else { line.to_owned() };
            before.split_inclusive('\n').map(line).collect()
        })?;
    }
    Ok(())
}

fn edit(host: &mut System, path: &Path, edited: impl FnOnce(&str) -> String) -> Result<()> {
    let file = EditedFile::open(host, &HostPath::new(path.to_string_lossy()), "utf-8")?;
    let before = String::from_utf8_lossy(file.content()).into_owned();
    let after = edited(&before);
    if after == before {
        return Ok(());
    }
    let new = NewContent { bytes: Some(after.into_bytes()), ..NewContent::default() };
    file.write(host, new, FileMarks::default()).map(drop)
}
