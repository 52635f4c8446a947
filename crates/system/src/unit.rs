use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Backend, Command, Error, Kind, Result, State, System};

/// A systemd unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name, with its suffix: `ssh.service`.
    pub name: String,
    /// Whose systemd knows it.
    #[serde(default)]
    pub scope: UnitScope,
    /// Whether systemd finds it.
    pub exists: bool,
    /// Whether it runs: systemd's active or activating.
    pub active: bool,
    /// Whether it starts by itself.
    pub enablement: Enablement,
    /// All that systemd tells of it; empty where a dry run only predicts it.
    #[serde(skip)]
    pub properties: BTreeMap<String, String>,
}

/// Whose systemd a unit belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitScope {
    /// The host's.
    #[default]
    System,
    /// That of the user as whom the task runs.
    User,
    /// That of all users; units can be enabled there, but not started.
    Global,
}

/// Whether a unit starts by itself; systemd's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enablement {
    /// It does.
    Enabled,
    /// It does not.
    Disabled,
    /// It can't; others may pull it in.
    Static,
    /// It can't be started at all.
    Masked,
    /// Something else: generated, transient.
    Other,
}

/// The folders that hold units.
pub(crate) const UNIT_DIRECTORIES: [&str; 4] =
    ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

impl UnitScope {
    /// The option by which `systemctl` is told.
    pub fn option(self) -> Option<&'static str> {
        match self {
            UnitScope::System => None,
            UnitScope::User => Some("--user"),
            UnitScope::Global => Some("--global"),
        }
    }
}

impl Enablement {
    /// The word for it; `None` for what systemd has several words for.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Enablement::Enabled => Some("enabled"),
            Enablement::Disabled => Some("disabled"),
            Enablement::Static => Some("static"),
            Enablement::Masked => Some("masked"),
            Enablement::Other => None,
        }
    }

    /// The word for it, as `systemctl is-enabled` prints it.
    fn parse(word: &str) -> Enablement {
        match word {
            "enabled" | "enabled-runtime" => Enablement::Enabled,
            // A linked unit is known to systemd and no more; so is one of which others, or other names, may be enabled.
            "disabled" | "linked" | "linked-runtime" | "alias" | "indirect" => Enablement::Disabled,
            "static" => Enablement::Static,
            "masked" | "masked-runtime" => Enablement::Masked,
            _ => Enablement::Other,
        }
    }
}

impl Unit {
    /// A unit as it is, or in a dry run as earlier tasks would have left it.
    ///
    /// # Errors
    /// Those of [`System::observe`].
    pub fn find(host: &mut System, scope: UnitScope, name: &str) -> Result<Unit> {
        host.observe(&key(scope, name))
    }

    /// Gets systemd from one state of a unit to another, with options for `systemctl` such as `--no-block`.
    ///
    /// # Errors
    /// systemd says that it can't.
    pub fn bring_about_with(host: &mut dyn Backend, now: &Unit, want: &Unit, options: &[&str]) -> Result<()> {
        let mut call = |verb: &str| -> Result<()> {
            let words = options.iter().copied().chain([verb, want.name.as_str()]);
            let command =
                systemctl(want.scope, host.identity().uid, host.environment(RUNTIME_DIRECTORY), words);
            host.carry_out(&command, &format!("can't {verb} {}", want.name)).map(drop)
        };
        if now.enablement == Enablement::Masked && want.enablement != Enablement::Masked {
            call("unmask")?;
        }
        if now.active && !want.active {
            call("stop")?;
        }
        if now.enablement != want.enablement {
            match want.enablement {
                Enablement::Enabled => call("enable")?,
                Enablement::Disabled if now.enablement != Enablement::Masked => call("disable")?,
                Enablement::Masked => call("mask")?,
                _ => {}
            }
        }
        if !now.active && want.active {
            call("start")?;
        }
        Ok(())
    }

    fn in_scope(scope: UnitScope, name: &str) -> Unit {
        Unit {
            name: name.into(),
            scope,
            exists: false,
            active: false,
            enablement: Enablement::Disabled,
            properties: BTreeMap::new(),
        }
    }
}

const RUNTIME_DIRECTORY: &str = "XDG_RUNTIME_DIR";

/// A user's systemd is found by the folder that a login would have set; a runner is no login.
fn systemctl(
    scope: UnitScope,
    uid: u32,
    runtime_directory: Option<String>,
    words: impl IntoIterator<Item = impl Into<String>>,
) -> Command {
    let command =
        Command::new(std::iter::once("systemctl").chain(scope.option())).args(words).env("LC_ALL", "C");
    match (scope, runtime_directory) {
        (UnitScope::User, None) => command.env(RUNTIME_DIRECTORY, format!("/run/user/{uid}")),
        _ => command,
    }
}

/// A unit's name as a state's name: `ssh.service`, `user podman.socket`. Names of units have no blanks.
fn key(scope: UnitScope, name: &str) -> String {
    match scope {
        UnitScope::System => name.to_owned(),
        UnitScope::User => format!("user {name}"),
        UnitScope::Global => format!("global {name}"),
    }
}

fn parse_key(key: &str) -> (UnitScope, &str) {
    match key.split_once(' ') {
        Some(("user", name)) => (UnitScope::User, name),
        Some(("global", name)) => (UnitScope::Global, name),
        _ => (UnitScope::System, key),
    }
}

impl State for Unit {
    const KIND: &'static str = "unit";

    fn name(&self) -> String {
        key(self.scope, &self.name)
    }

    fn observe(host: &mut System, key: &str) -> Result<Unit> {
        let (scope, name) = parse_key(key);
        let unit = match scope {
            UnitScope::Global => installed(host, scope, name)?,
            UnitScope::System if !host.runs_systemd()? => installed(host, scope, name)?,
            _ => loaded(host, scope, name)?,
        };
        if scope != UnitScope::System {
            return Ok(unit);
        }
        // systemd still has a unit whose file only a dry run has taken away.
        let file = unit.properties.get("FragmentPath").filter(|path| !path.is_empty()).map(PathBuf::from);
        let is_gone = match file.filter(|_| host.overlay().is_some_and(|overlay| !overlay.has_no_inodes())) {
            Some(file) => host.follow(&file)?.is_none(),
            None => false,
        };
        if unit.exists && !is_gone {
            return Ok(unit);
        }
        let unit = if is_gone { Unit::in_scope(scope, name) } else { unit };
        Ok(predicted(host, name)?.unwrap_or(unit))
    }

    fn absent(key: &str) -> Unit {
        let (scope, name) = parse_key(key);
        Unit::in_scope(scope, name)
    }

    fn is_absent(&self) -> bool {
        !self.exists
    }

    fn bring_about(host: &mut dyn Backend, now: &Unit, want: &Unit) -> Result<()> {
        Unit::bring_about_with(host, now, want, &[])
    }
}

impl System {
    /// Whether a package that is installed may start its services: containers often have a policy that forbids it.
    pub fn starts_installed_services(&mut self) -> Result<bool> {
        match self.read_text_if_any(Path::new("/usr/sbin/policy-rc.d")) {
            Ok(policy) => Ok(!policy.unwrap_or_default().contains("exit 101")),
            // No package brings such a policy.
            Err(Error::Unknown(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// A call of `systemctl` for units of a scope.
    pub fn systemctl(&self, scope: UnitScope, words: impl IntoIterator<Item = impl Into<String>>) -> Command {
        systemctl(scope, self.identity().uid, self.environment(RUNTIME_DIRECTORY), words)
    }

    /// The names of units that a dry run has predicted to be others than those on the host, to come or to go.
    pub fn units_that_differ(&self) -> BTreeSet<String> {
        let Some(overlay) = self.overlay() else { return BTreeSet::new() };
        let predicted = overlay.states(Unit::KIND).map(|(name, _)| name.to_owned());
        let in_folder = UNIT_DIRECTORIES.iter().flat_map(|folder| {
            let folder = Path::new(folder);
            let changed = overlay.names_in(folder).map(|(name, _)| name);
            changed.chain(overlay.brought_names(folder)).collect::<Vec<_>>()
        });
        predicted.chain(in_folder).filter(|name| !name.ends_with(".wants") && !name.ends_with(".d")).collect()
    }

    /// Whether the host was booted with systemd.
    pub fn runs_systemd(&mut self) -> Result<bool> {
        Ok(self.follow(Path::new("/run/systemd/system"))?.is_some_and(|inode| inode.is_directory()))
    }
}

/// A unit as the running systemd sees it.
fn loaded(host: &mut System, scope: UnitScope, name: &str) -> Result<Unit> {
    let command = host.systemctl(scope, ["show", "--no-pager", name]);
    let output = host.query(&command)?.checked(&format!("can't ask systemd about {name}"))?;
    let mut properties: BTreeMap<String, String> = BTreeMap::new();
    for line in output.stdout().lines() {
        if let Some((key, value)) = line.split_once('=') {
            properties.insert(key.into(), value.into());
        }
    }
    let property = |key: &str| properties.get(key).map_or("", String::as_str);
    let masked = property("LoadState") == "masked";
    let enablement = match property("UnitFileState") {
        _ if masked => Enablement::Masked,
        // Made from a script in /etc/init.d, whose own links count; systemctl looks them up.
        "generated" => {
            let command = host.systemctl(scope, ["is-enabled", name]);
            Enablement::parse(host.query(&command)?.stdout().trim())
        }
        word => Enablement::parse(word),
    };
    Ok(Unit {
        exists: masked || !matches!(property("LoadState"), "not-found" | ""),
        active: matches!(property("ActiveState"), "active" | "activating" | "reloading"),
        enablement,
        properties,
        ..Unit::in_scope(scope, name)
    })
}

/// A unit by its file alone, where no systemd runs that could tell more.
fn installed(host: &mut System, scope: UnitScope, name: &str) -> Result<Unit> {
    let command = host.systemctl(scope, ["is-enabled", name]);
    let output = host.query(&command)?;
    let stdout = output.stdout();
    let word = stdout.trim();
    let exists = !word.is_empty() && word != "not-found";
    let enablement = if exists { Enablement::parse(word) } else { Enablement::Disabled };
    Ok(Unit { exists, enablement, ..Unit::in_scope(scope, name) })
}

/// A unit that systemd does not know yet: a file that an earlier task of a dry run puts there, or one that a predicted
/// package brings: by Debian's policy its installation scripts enable and start it.
fn predicted(host: &mut System, name: &str) -> Result<Option<Unit>> {
    let file = match name.split_once('@') {
        // An instance is made from its template.
        Some((template, instance)) => {
            format!("{template}@.{}", instance.rsplit_once('.').map_or("service", |(_, suffix)| suffix))
        }
        None => name.to_owned(),
    };
    let found = Unit { exists: true, ..Unit::in_scope(UnitScope::System, name) };
    let packages = host.expected_packages();
    if let Some(package) = packages.iter().find(|package| package.brings_named(&UNIT_DIRECTORIES, name)) {
        let (enabled, started) = (package.enables(name), package.starts(name));
        let active = started && host.starts_installed_services()? && host.runs_systemd()?;
        let enablement = if enabled { Enablement::Enabled } else { Enablement::Disabled };
        return Ok(Some(Unit { active, enablement, ..found }));
    }
    if file != name
        && host.expected_packages().iter().any(|package| package.brings_named(&UNIT_DIRECTORIES, &file))
    {
        return Ok(Some(found));
    }
    for directory in UNIT_DIRECTORIES {
        let path = Path::new(directory).join(&file);
        let Some(inode) = host.follow(&path)? else { continue };
        if matches!(inode.kind, Kind::File(_)) {
            let text = host.read_text_if_any(&path)?.unwrap_or_default();
            let enablement =
                if text.contains("[Install]") { Enablement::Disabled } else { Enablement::Static };
            return Ok(Some(Unit { enablement, ..found }));
        }
    }
    Ok(None)
}
