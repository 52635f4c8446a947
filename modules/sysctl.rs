use std::path::{Path, PathBuf};

use module::{Arguments, EditedFile, FileMarks, HostPath, Module, NewContent, Outcome, Presence};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Result, System};

/// Sets a parameter of the kernel: for good in a file that is read when the host starts, and now.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sysctl {
    /// The parameter, such as `net.ipv4.ip_forward`.
    #[schemars(extend("aliases" = ["key"]))]
    name: String,
    /// What it shall be.
    #[schemars(extend("aliases" = ["val"]))]
    value: Option<String>,
    /// Whether the file shall have it. If not, what the kernel has stays.
    #[serde(default)]
    state: Presence,
    /// Go on where the kernel knows no such parameter.
    #[serde(default)]
    ignoreerrors: bool,
    /// Have the file read after it has changed.
    #[serde(default = "yes")]
    reload: bool,
    /// The file.
    #[serde(default = "usual_file")]
    sysctl_file: HostPath,
    /// Look at what the kernel has now, and set that as well.
    #[serde(default)]
    sysctl_set: bool,
}

fn yes() -> bool {
    true
}

fn usual_file() -> HostPath {
    HostPath::new("/etc/sysctl.conf")
}

impl Arguments for Sysctl {
    const NAME: &'static str = "sysctl";
    const EXAMPLES: &'static str = r#"
- name: The host passes packets on, now and after it has started again
  sysctl:
    name: net.ipv4.ip_forward
    value: "1"
    sysctl_file: /etc/sysctl.d/60-router.conf
    sysctl_set: true
"#;
}

impl Module for Sysctl {
    fn run(self, host: &mut System) -> Result<Outcome> {
        // Playbooks look for these words.
        if self.name.trim().is_empty() {
            return Err(Error::failed("name cannot be blank"));
        }
        let value = match (&self.value, self.state) {
            (None, Presence::Present) => return Err(Error::failed("value cannot be None")),
            (Some(value), Presence::Present) if value.trim().is_empty() => {
                return Err(Error::failed("value cannot be blank"));
            }
            (Some(value), Presence::Present) => Some(as_kernel_has_it(value)),
            (_, Presence::Absent) => None,
        };
        let file = EditedFile::open(host, &self.sysctl_file, "utf-8")?;
        let path = file.path().to_owned();
        let before = String::from_utf8_lossy(file.content()).into_owned();
        let after = edited(&before, self.name.trim(), value.as_deref());
        let changes = after != before;
        if changes {
            let new = NewContent { bytes: Some(after.into_bytes()), ..NewContent::default() };
            file.write(host, new, FileMarks::default())?;
        }
        if let Some(value) = value.as_deref().filter(|_| self.sysctl_set) {
            self.set(host, value)?;
        }
        if changes && self.reload {
            self.have_it_read(host, &path)?;
        }
        Ok(Outcome::new())
    }
}

impl Sysctl {
    fn set(&self, host: &mut System, value: &str) -> Result<()> {
        let now = self.current(host)?;
        if now.as_deref() == Some(value) {
            return Ok(());
        }
        let mut command = Command::new(["sysctl"]);
        if self.ignoreerrors {
            command = command.arg("-e");
        }
        let command = command.args(["-w".to_owned(), format!("{}={value}", self.name.trim())]);
        host.act("kernel parameter", self.name.trim(), value, |backend| {
            backend.carry_out(&command, &format!("setting {} failed", self.name)).map(drop)
        })
    }

    /// What the kernel has now: proc_sys(5).
    fn current(&self, host: &mut System) -> Result<Option<String>> {
        let name = self.name.trim();
        // A name with slashes has its dots where they are, as those of network interfaces with a VLAN.
        let below = if name.contains('/') { name.to_owned() } else { name.replace('.', "/") };
        let path = PathBuf::from("/proc/sys").join(below);
        let text = host.read_text_if_any(&path)?;
        Ok(text.map(|text| as_kernel_has_it(&text)))
    }

    fn have_it_read(&self, host: &mut System, path: &Path) -> Result<()> {
        let mut command = Command::new(["sysctl"]);
        if self.ignoreerrors {
            command = command.arg("-e");
        }
        let command = command.arg("-p").arg(path.to_string_lossy());
        host.act("kernel parameters", &path.to_string_lossy(), "read anew", |backend| {
            backend.carry_out(&command, "Failed to reload sysctl").map(drop)
        })
    }
}

/// Yes and no are 1 and 0, and blanks count once.
fn as_kernel_has_it(value: &str) -> String {
    match value.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "y" | "t" => "1".to_owned(),
        "no" | "false" | "off" | "n" | "f" => "0".to_owned(),
        _ => value.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The file's new content: the first line with the name gets the value, further ones go.
fn edited(before: &str, name: &str, value: Option<&str>) -> String {
    let mut wanted = value;
    let mut lines: Vec<String> = Vec::new();
    for line in before.lines() {
        let text = line.trim();
        let found = text.split_once('=').filter(|_| !text.starts_with(['#', ';']));
        match found {
            Some((found, has)) if found.trim().trim_start_matches('-') == name => {
                if let Some(value) = wanted.take() {
                    let same = as_kernel_has_it(has) == value;
                    lines.push(if same { line.to_owned() } else { format!("{name}={value}") });
                }
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.extend(wanted.map(|value| format!("{name}={value}")));
    let same = lines.iter().map(String::as_str).eq(before.lines());
    if same { before.to_owned() } else { lines.into_iter().map(|line| line + "\n").collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gets_the_value_and_further_ones_go() {
        let before = "# a=1\na = 1\nb=2\na=3";
        assert_eq!(edited(before, "a", Some("1")), "# a=1\na = 1\nb=2\n");
        assert_eq!(edited(before, "a", Some("5")), "# a=1\na=5\nb=2\n");
        assert_eq!(edited(before, "a", None), "# a=1\nb=2\n");
        assert_eq!(edited("a = yes", "a", Some("1")), "a = yes");
        assert_eq!(edited("", "a", Some("x y")), "a=x y\n");
        assert_eq!(edited("-a=1\n", "a", Some("1")), "-a=1\n");
    }
}
