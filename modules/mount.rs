use std::path::{Path, PathBuf};

use module::{Arguments, EditedFile, FileMarks, HostPath, Module, NewContent, Outcome, make_directories};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Command, Error, Result, System};

/// Mounts file systems, and writes down in `/etc/fstab` what is mounted when the host starts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mount {
    /// Where it is mounted.
    #[schemars(extend("aliases" = ["name"]))]
    path: HostPath,
    /// What is mounted: a device, `UUID=...`, the address of a share.
    src: Option<String>,
    /// The kind of the file system.
    fstype: Option<String>,
    /// How: options of mount(8), with commas between them.
    #[serde(default = "defaults")]
    opts: String,
    /// Not supported, as the options stand in the file that is shown: `no_log: true` on the task hides them.
    #[serde(default)]
    opts_no_log: bool,
    /// Whether dump(8) saves it.
    #[serde(default = "zero")]
    dump: String,
    /// When fsck(8) checks it at the start of the host: 0 is never.
    #[serde(default = "zero")]
    passno: String,
    /// What shall be.
    state: State,
    /// The file, instead of `/etc/fstab`.
    fstab: Option<HostPath>,
    /// Whether it is mounted when the host starts.
    #[serde(default = "yes")]
    boot: bool,
    /// Keep the file as it was beside it, under a name with the time.
    #[serde(default)]
    backup: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Neither mounted nor in the file; the empty folder goes as well.
    Absent,
    /// Not in the file; what is mounted stays.
    AbsentFromFstab,
    /// Mounted, and not in the file.
    Ephemeral,
    /// Mounted and in the file; the folder is made if it is missing.
    Mounted,
    /// In the file; nothing is mounted.
    Present,
    /// Mounted once more, with the options of the file.
    Remounted,
    /// Not mounted; the file stays.
    Unmounted,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Absent => "absent",
            State::AbsentFromFstab => "absent_from_fstab",
            State::Ephemeral => "ephemeral",
            State::Mounted => "mounted",
            State::Present => "present",
            State::Remounted => "remounted",
            State::Unmounted => "unmounted",
        }
    }
}

fn defaults() -> String {
    "defaults".into()
}

fn zero() -> String {
    "0".into()
}

fn yes() -> bool {
    true
}

impl Arguments for Mount {
    const NAME: &'static str = "mount";
    const EXAMPLES: &'static str = r#"
- name: The data disk, now and after every start
  mount:
    path: /srv/data
    src: UUID=57f8f4bc-abf4-655f-bf67-946fc0f9f25b
    fstype: ext4
    opts: noatime,nodev
    state: mounted
"#;
}

impl Module for Mount {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.opts_no_log {
            let message = "'opts_no_log' is not supported; 'no_log: true' on the task hides its options";
            return Err(Error::failed(message));
        }
        let needs = matches!(self.state, State::Mounted | State::Present | State::Ephemeral);
        let missing: Vec<&str> = [("src", &self.src), ("fstype", &self.fstype)]
            .into_iter()
            .filter(|(_, value)| needs && value.is_none())
            .map(|(name, _)| name)
            .collect();
        if !missing.is_empty() {
            // Playbooks look for these words.
            let message = format!(
                "state is {} but all of the following are missing: {}",
                self.state.word(),
                missing.join(", ")
            );
            return Err(Error::failed(message));
        }
        let path = self.path.expand(host)?;
        match self.state {
            State::Absent => {
                self.write_down(host, &path, false)?;
                let is_free = self.unmount(host, &path)? || mounted(host, &path)?.is_none();
                if is_free {
                    remove_folder(host, &path)?;
                }
            }
            State::AbsentFromFstab => drop(self.write_down(host, &path, false)?),
            State::Present => drop(self.write_down(host, &path, true)?),
            State::Unmounted => drop(self.unmount(host, &path)?),
            State::Mounted | State::Ephemeral => {
                let is_new = make_directories(host, &path, None, None, None)?;
                let changes = self.state == State::Mounted && self.write_down(host, &path, true)?;
                match mounted(host, &path)? {
                    Some(_) if !is_new && changes => self.act(host, &path, "remount", self.again(&path))?,
                    Some(source) if self.state == State::Ephemeral && !self.is_source(&source) => {
                        let message = format!("{} is mounted already, from {source}", path.display());
                        return Err(Error::failed(message));
                    }
                    Some(_) => {}
                    None => self.act(host, &path, "mount", self.first(&path))?,
                }
            }
            State::Remounted => match mounted(host, &path)? {
                Some(_) => self.act(host, &path, "remount", self.again(&path))?,
                None => return Err(Error::failed(format!("{} is not mounted", path.display()))),
            },
        }
        Ok(Outcome::new()
            .with("name", self.path.as_str())
            .with("src", self.src.as_deref())
            .with("fstype", self.fstype.as_deref())
            .with("opts", self.options())
            .with("dump", self.dump.as_str())
            .with("passno", self.passno.as_str())
            .with("boot", if self.boot { "yes" } else { "no" })
            .with("fstab", self.file().as_str()))
    }
}

impl Mount {
    fn file(&self) -> HostPath {
        self.fstab.clone().unwrap_or_else(|| HostPath::new("/etc/fstab"))
    }

    fn options(&self) -> String {
        let has_it = self.opts.split(',').any(|option| option == "noauto");
        if self.boot || has_it { self.opts.clone() } else { format!("{},noauto", self.opts) }
    }

    fn is_source(&self, found: &str) -> bool {
        self.src.as_deref() == Some(found)
    }

    /// Writes it into the file, or takes it out; whether that changed anything. Lines of others stay.
    fn write_down(&self, host: &mut System, path: &Path, wanted: bool) -> Result<bool> {
        let file = EditedFile::open(host, &self.file(), "utf-8")?;
        let before = String::from_utf8_lossy(file.content()).into_owned();
        let is_swap = self.fstype.as_deref() == Some("swap");
        let fields = [
            escaped(self.src.as_deref().unwrap_or_default()),
            escaped(&path.to_string_lossy()),
            self.fstype.clone().unwrap_or_default(),
            escaped(&self.options()),
            self.dump.clone(),
            self.passno.clone(),
        ];
        // Many swaps stand at the same place, which is none.
        let is_it = |found: &[&str]| found[1] == fields[1] && (!is_swap || found[0] == fields[0]);
        let mut line = wanted.then(|| fields.join(" "));
        let mut lines: Vec<String> = Vec::new();
        for found in before.lines() {
            let words: Vec<&str> = found.split_whitespace().collect();
            if found.trim_start().starts_with('#') || words.len() < 4 || !is_it(&words) {
                lines.push(found.to_owned());
                continue;
            }
            if let Some(line) = line.take() {
                let has = |at: usize| words.get(at).copied().unwrap_or("0");
                let same = (0..6).all(|at| has(at) == fields[at]);
                lines.push(if same { found.to_owned() } else { line });
            }
        }
        lines.extend(line);
        if lines.iter().map(String::as_str).eq(before.lines()) {
            return Ok(false);
        }
        let after: String = lines.into_iter().map(|line| line + "\n").collect();
        let new =
            NewContent { bytes: Some(after.into_bytes()), backup: self.backup, ..NewContent::default() };
        file.write(host, new, FileMarks::default())?;
        Ok(true)
    }

    fn first(&self, path: &Path) -> Command {
        let place = path.to_string_lossy();
        match (&self.src, &self.fstype) {
            (Some(source), Some(kind)) if self.state == State::Ephemeral || self.fstab.is_some() => {
                Command::new(["mount", "-t", kind, "-o", &self.options(), "--", source]).arg(place)
            }
            // What the file says.
            _ => Command::new(["mount", "--"]).arg(place),
        }
    }

    fn again(&self, path: &Path) -> Command {
        let options = format!("remount,{}", self.options());
        Command::new(["mount", "-o", &options, "--"]).arg(path.to_string_lossy())
    }

    fn unmount(&self, host: &mut System, path: &Path) -> Result<bool> {
        if mounted(host, path)?.is_none() {
            return Ok(false);
        }
        let command = Command::new(["umount", "--"]).arg(path.to_string_lossy());
        self.act(host, path, "unmount", command).map(|()| true)
    }

    fn act(&self, host: &mut System, path: &Path, what: &str, command: Command) -> Result<()> {
        let place = path.to_string_lossy();
        // Playbooks look for these words.
        let doing = match what {
            "unmount" => format!("Error unmounting {place}"),
            _ => format!("Error mounting {place}"),
        };
        host.act("mount", &place, what, |backend| backend.carry_out(&command, &doing).map(drop))
    }
}

/// Removes the folder that something was mounted on. One with something in it stays.
fn remove_folder(host: &mut System, path: &Path) -> Result<()> {
    let now = host.inode(path)?;
    if now.is_directory() && host.list(path)?.is_empty() {
        host.place(&now, now.clone().removed())?;
    }
    Ok(())
}

/// What is mounted there: the source of the uppermost one (proc_pid_mountinfo(5)).
fn mounted(host: &mut System, path: &Path) -> Result<Option<String>> {
    let table = host.read_text_if_any(Path::new("/proc/self/mountinfo"))?.unwrap_or_default();
    let real = host.real_path(path)?;
    let source = |line: &str| {
        let (first, second) = line.split_once(" - ")?;
        let place = PathBuf::from(unescaped(first.split(' ').nth(4)?));
        (place == real).then(|| second.split(' ').nth(1).map(unescaped)).flatten()
    };
    Ok(table.lines().filter_map(source).next_back())
}

/// Blanks and the like as fstab(5) writes them.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011").replace('\n', "\\012")
}

fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_survive() {
        for text in ["/a b", "/a\tb", r"/a\040b", "/a"] {
            assert_eq!(unescaped(&escaped(text)), text);
            assert!(!escaped(text).contains([' ', '\t']));
        }
    }
}
