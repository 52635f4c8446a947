use std::path::{Path, PathBuf};
use std::time::Duration;

use facts::Subsets;
use module::{Arguments, Module, Outcome};
use protocol::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Inode, Result, State, System};
use value::{Map, Value};

/// Sets the host's name: the one that it goes by now, and the one that it has after it starts again.
///
/// Other files that tell the name, such as `/etc/hosts`, stay as they are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hostname {
    /// The name.
    name: String,
    /// How the host keeps its name; left out, its distribution decides.
    r#use: Option<Strategy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Strategy {
    /// In `/etc/hostname`.
    Alpine,
    /// In `/etc/hostname`.
    Debian,
    /// Not for Linux.
    FreeBsd,
    /// Nowhere: only the name that the host goes by now is set.
    Generic,
    /// Not for Linux.
    MacOs,
    /// Not for Linux.
    MacOsX,
    /// Not for Linux.
    Darwin,
    /// Not for Linux.
    OpenBsd,
    /// In `/etc/conf.d/hostname`.
    OpenRc,
    /// In `/etc/sysconfig/network`.
    RedHat,
    /// In `/etc/HOSTNAME`.
    Sles,
    /// Not for Linux.
    Solaris,
    /// By `hostnamectl`, which keeps it in `/etc/hostname`.
    Systemd,
}

impl Arguments for Hostname {
    const NAME: &'static str = "hostname";
    const EXAMPLES: &'static str = r#"
- name: The host is called as in the inventory
  hostname:
    name: "{{ inventory_hostname }}"
"#;
}

impl Module for Hostname {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.name.is_empty() || self.name.contains(['/', '\n']) || self.name.starts_with('-') {
            return Err(Error::failed(format!("'{}' can't be the name of a host", self.name)));
        }
        let strategy = match self.r#use {
            Some(strategy) => strategy,
            None => Strategy::of(host)?,
        };
        if strategy == Strategy::Systemd && self.name.len() > 64 {
            // Playbooks look for these words.
            let message = "name cannot be longer than 64 characters on systemd servers, try a shorter name";
            return Err(Error::failed(message));
        }
        let kept = strategy.file()?;
        let now = host.observe::<HostName>(HostName::NAME)?;
        let set = strategy.set(&self.name, "--transient");
        host.settle_by(&now, HostName { name: self.name.clone() }, |backend, _, _| {
            backend.carry_out(&set, "can't set the host's name").map(drop)
        })?;
        if let Some(path) = kept {
            self.keep(host, strategy, &path)?;
        }
        Ok(Outcome::new().with("name", self.name.as_str()).facts(self.facts(host)))
    }
}

impl Hostname {
    /// Writes the name down where the host reads it when it starts.
    fn keep(&self, host: &mut System, strategy: Strategy, path: &Path) -> Result<()> {
        let text = host.read_text_if_any(path)?.unwrap_or_default();
        if strategy.kept(&text).as_deref() == Some(self.name.as_str()) {
            return Ok(());
        }
        let now = match host.follow(path)? {
            Some(found) => found,
            None => host.inode(path)?,
        };
        let want = now.clone().with_content(strategy.rewritten(&text, &self.name).into_bytes());
        if strategy == Strategy::Systemd {
            self.keep_pretty(host)?;
            let set = strategy.set(&self.name, "--static");
            let doing = "can't set the host's name for good";
            host.place_by(&now, want, |backend, _, _| backend.carry_out(&set, doing).map(drop))?;
        } else {
            host.place_by(&now, want, Inode::bring_about)?;
        }
        Ok(())
    }

    /// Makes it the name for people as well, as Ansible does whenever it sets the one that lasts (machine-info(5)).
    fn keep_pretty(&self, host: &mut System) -> Result<()> {
        const KEY: &str = "PRETTY_HOSTNAME=";
        let path = Path::new("/etc/machine-info");
        let text = host.read_text_if_any(path)?.unwrap_or_default();
        let told = text.lines().find_map(|line| line.strip_prefix(KEY));
        if told.is_some_and(|told| told.trim_matches('"') == self.name) {
            return Ok(());
        }
        let others = text.lines().filter(|line| !line.starts_with(KEY) && !line.starts_with('#'));
        let lines =
            std::iter::once(format!("{KEY}{}\n", self.name)).chain(others.map(|line| format!("{line}\n")));
        let now = host.inode(path)?;
        let want = now.clone().with_content(lines.collect::<String>().into_bytes());
        let set = Strategy::Systemd.set(&self.name, "--pretty");
        let doing = "can't set the host's name for people";
        host.place_by(&now, want, |backend, _, _| backend.carry_out(&set, doing).map(drop)).map(drop)
    }

    /// The facts that tell the name.
    fn facts(&self, host: &mut System) -> Map {
        let gathered = match Subsets::parse(["!all", "!min", "platform"]) {
            Ok(subsets) => facts::gather(host, &subsets, Duration::from_secs(10), Path::new("/")),
            Err(_) => Map::new(),
        };
        let fact =
            |name: &str| gathered.get(name).or_else(|| gathered.get(format!("ansible_{name}").as_str()));
        let short = self.name.split('.').next().unwrap_or_default();
        Map::from_iter([
            ("ansible_hostname".into(), short.into()),
            ("ansible_nodename".into(), self.name.as_str().into()),
            ("ansible_fqdn".into(), fact("fqdn").cloned().unwrap_or_default()),
            ("ansible_domain".into(), fact("domain").cloned().unwrap_or_default()),
        ])
    }
}

impl Strategy {
    /// How this host keeps its name.
    fn of(host: &mut System) -> Result<Strategy> {
        if host.runs_systemd()? && host.find_program("hostnamectl")?.is_some() {
            return Ok(Strategy::Systemd);
        }
        let signs = [
            ("/etc/debian_version", Strategy::Debian),
            ("/etc/alpine-release", Strategy::Alpine),
            ("/etc/gentoo-release", Strategy::OpenRc),
            ("/etc/SuSE-release", Strategy::Sles),
            ("/etc/sysconfig/network", Strategy::RedHat),
            ("/etc/hostname", Strategy::Debian),
        ];
        for (sign, strategy) in signs {
            if host.follow(Path::new(sign))?.is_some() {
                return Ok(strategy);
            }
        }
        Ok(Strategy::Generic)
    }

    /// The file that keeps the name.
    fn file(self) -> Result<Option<PathBuf>> {
        Ok(Some(PathBuf::from(match self {
            Strategy::Alpine | Strategy::Debian | Strategy::Systemd => "/etc/hostname",
            Strategy::OpenRc => "/etc/conf.d/hostname",
            Strategy::RedHat => "/etc/sysconfig/network",
            Strategy::Sles => "/etc/HOSTNAME",
            Strategy::Generic => return Ok(None),
            _ => return Err(Error::failed("'use' names a way of systems other than Linux")),
        })))
    }

    /// The command that sets the name; `which` of them only systemd is told.
    fn set(self, name: &str, which: &str) -> Command {
        match self {
            Strategy::Systemd => Command::new(["hostnamectl", which, "set-hostname", name]),
            _ => Command::new(["hostname", name]),
        }
    }

    /// What a line with the name starts with, in files that tell more than the name.
    fn key(self) -> Option<&'static str> {
        match self {
            Strategy::OpenRc => Some("hostname="),
            Strategy::RedHat => Some("HOSTNAME="),
            _ => None,
        }
    }

    /// The name in the file's text.
    fn kept(self, text: &str) -> Option<String> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let name = match self.key() {
            Some(key) => lines.find_map(|line| line.strip_prefix(key))?,
            None => lines.next()?,
        };
        Some(name.trim_matches('"').to_owned())
    }

    /// The file's text with another name.
    fn rewritten(self, text: &str, name: &str) -> String {
        let Some(key) = self.key() else { return format!("{name}\n") };
        let line = match self {
            Strategy::OpenRc => format!("{key}\"{name}\"\n"),
            _ => format!("{key}{name}\n"),
        };
        let (mut rewritten, mut found) = (String::new(), false);
        for old in text.lines() {
            if old.trim_start().starts_with(key) {
                found = true;
                rewritten.push_str(&line);
            } else {
                rewritten.extend([old, "\n"]);
            }
        }
        if !found {
            rewritten.push_str(&line);
        }
        rewritten
    }
}

/// The name that the host goes by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct HostName {
    name: String,
}

impl HostName {
    /// There is one of them.
    const NAME: &'static str = "hostname";

    fn described(&self) -> Value {
        Value::map([
            ("name", self.name.as_str().into()),
            ("content", Value::from(format!("hostname = {}\n", self.name))),
        ])
    }
}

impl State for HostName {
    const KIND: &'static str = "host name";

    fn name(&self) -> String {
        HostName::NAME.into()
    }

    fn observe(host: &mut System, _: &str) -> Result<HostName> {
        Ok(HostName { name: host.kernel().host_name })
    }

    fn absent(_: &str) -> HostName {
        HostName { name: String::new() }
    }

    fn is_absent(&self) -> bool {
        self.name.is_empty()
    }

    fn changes(_: &mut System, now: &HostName, want: &HostName) -> Result<Vec<Change>> {
        if now == want {
            return Ok(Vec::new());
        }
        let (before, after) = (now.described(), want.described());
        Ok(vec![Change { kind: Self::KIND.into(), name: HostName::NAME.into(), before, after }])
    }

    fn bring_about(_: &mut dyn Backend, _: &HostName, _: &HostName) -> Result<()> {
        Err(Error::failed("how a host is named depends on how it keeps its name"))
    }
}
