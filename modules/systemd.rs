use std::path::Path;

use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Enablement, Error, Result, System, Unit, UnitScope};
use value::Value;

/// Starts, stops, enables and masks systemd units.
///
/// Where no systemd runs, as in a container while it is built, units can be enabled and masked, but not started.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Systemd {
    /// Which unit. Without a suffix it is a service; an instance of a template is written as `getty@tty2`.
    #[schemars(extend("aliases" = ["service", "unit"]))]
    pub(crate) name: Option<String>,
    /// What it should be doing.
    pub(crate) state: Option<State>,
    /// Whether it starts by itself.
    pub(crate) enabled: Option<bool>,
    /// Whether it is kept from being started at all.
    pub(crate) masked: Option<bool>,
    /// Make systemd read its units again first, as is needed after their files have changed.
    #[schemars(extend("aliases" = ["daemon-reload"]))]
    pub(crate) daemon_reload: bool,
    /// Make systemd start itself anew first.
    #[schemars(extend("aliases" = ["daemon-reexec"]))]
    pub(crate) daemon_reexec: bool,
    /// Do not wait until it has started or stopped.
    pub(crate) no_block: bool,
    /// When enabling: replace links that are in the way.
    pub(crate) force: bool,
    /// Whose systemd: the host's, that of the user as whom the task runs, or that of all users.
    pub(crate) scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It reads its configuration again, and is started if it was not running.
    Reloaded,
    /// It is stopped and started.
    Restarted,
    /// It runs.
    Started,
    /// It does not run.
    Stopped,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// The host's.
    #[default]
    System,
    /// That of the user as whom the task runs.
    User,
    /// That of all users.
    Global,
}

impl From<Scope> for UnitScope {
    fn from(scope: Scope) -> UnitScope {
        match scope {
            Scope::System => UnitScope::System,
            Scope::User => UnitScope::User,
            Scope::Global => UnitScope::Global,
        }
    }
}

impl Arguments for Systemd {
    const NAME: &'static str = "systemd";
    const EXAMPLES: &'static str = r#"
- name: The web server runs, now and after a reboot
  systemd:
    name: nginx
    state: started
    enabled: true

- name: A changed unit is taken over
  systemd:
    name: app.service
    state: restarted
    daemon_reload: true

- name: Never start this timer
  systemd:
    name: apt-daily.timer
    masked: true
"#;
}

impl Module for Systemd {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.name.is_none() && (self.state.is_some() || self.enabled.is_some() || self.masked.is_some()) {
            return Err(Error::failed(
                "'state', 'enabled' and 'masked' need 'name', the unit that they are about",
            ));
        }
        if self.name.is_none() && !self.daemon_reload && !self.daemon_reexec {
            return Err(Error::failed(
                "nothing is asked for: give 'state', 'enabled', 'masked', 'daemon_reload' or 'daemon_reexec'",
            ));
        }
        if self.daemon_reload {
            self.manage(host, "daemon-reload")?;
        }
        if self.daemon_reexec {
            self.manage(host, "daemon-reexec")?;
        }
        match &self.name {
            Some(name) => self.unit(host, name),
            None => Ok(Outcome::new().with("status", Value::map::<&str, &str>([]))),
        }
    }
}

impl Systemd {
    /// What systemd itself does; it changes no unit.
    fn manage(&self, host: &mut System, verb: &str) -> Result<()> {
        if self.scope == Scope::System && !host.runs_systemd()? {
            return Ok(());
        }
        let command = host.systemctl(self.scope.into(), [verb]);
        host.refresh(&format!("systemctl {verb}"), |backend| {
            backend.carry_out(&command, &format!("{verb} failed")).map(drop)
        })
    }

    fn unit(&self, host: &mut System, written: &str) -> Result<Outcome> {
        let name = with_suffix(written);
        let now = Unit::find(host, self.scope.into(), &name)?;
        let asked = self.state.is_some() || self.enabled.is_some() || self.masked == Some(true);
        if !now.exists && asked {
            return Err(not_found(written));
        }
        let mut outcome = Outcome::new().with("name", written);
        let mut now = self.settle_enablement(host, now)?;
        if let Some(enabled) = self.enabled {
            outcome = outcome.with("enabled", enabled);
        }
        if let Some(state) = self.state {
            now = self.settle_activity(host, now, state)?;
            outcome = outcome.with("state", if state == State::Stopped { "stopped" } else { "started" });
        }
        Ok(outcome.with("status", Value::map(now.properties)))
    }

    fn settle_enablement(&self, host: &mut System, now: Unit) -> Result<Unit> {
        let mut want = now.clone();
        match self.masked {
            Some(true) => want.enablement = Enablement::Masked,
            Some(false) if now.enablement == Enablement::Masked => {
                want.enablement = self.enablement_behind_mask(host, &now.name)?;
            }
            _ => {}
        }
        match (self.enabled, want.enablement) {
            (Some(true), Enablement::Masked) => {
                return Err(Error::failed(format!(
                    "can't enable {}: it is masked; 'masked: false' changes that",
                    now.name
                )));
            }
            (Some(true), Enablement::Disabled) => want.enablement = Enablement::Enabled,
            (Some(false), Enablement::Enabled) => want.enablement = Enablement::Disabled,
            // Units that can't be enabled or disabled are as they should be.
            _ => {}
        }
        self.settle(host, &now, want)
    }

    /// A mask hides the links by which a unit is enabled, and leaves them as they are.
    fn enablement_behind_mask(&self, host: &mut System, name: &str) -> Result<Enablement> {
        if self.scope != Scope::System {
            return Ok(Enablement::Disabled);
        }
        for kind in ["wants", "requires"] {
            let links = Path::new("/etc/systemd/system").join(format!("*.{kind}")).join(name);
            if !host.glob(&links)?.is_empty() {
                return Ok(Enablement::Enabled);
            }
        }
        Ok(Enablement::Disabled)
    }

    fn settle_activity(&self, host: &mut System, now: Unit, state: State) -> Result<Unit> {
        if self.scope == Scope::Global {
            return Err(Error::failed(
                "units of all users can be enabled, but not started: leave out 'state'",
            ));
        }
        if self.scope == Scope::System && !host.runs_systemd()? {
            host.warn(format!("no systemd runs here, so {} is neither started nor stopped", now.name));
            return Ok(now);
        }
        if now.enablement == Enablement::Masked && !now.active && state != State::Stopped {
            return Err(Error::failed(format!(
                "can't start {}: it is masked; 'masked: false' changes that",
                now.name
            )));
        }
        if state != State::Stopped
            && let Some(reason) = misunderstood(host, &now)
        {
            return Err(Error::failed(format!("can't start {}: {reason}", now.name)));
        }
        let verb = match state {
            State::Restarted if now.active => "restart",
            State::Reloaded if now.active => "reload",
            // What does not run is only started.
            _ => {
                let active = state != State::Stopped;
                let stopping = now.properties.get("ActiveState").is_some_and(|state| state == "deactivating");
                let want = Unit { active, ..now.clone() };
                if !active && stopping {
                    // Waits until it has stopped.
                    let command = host
                        .systemctl(self.scope.into(), self.options().into_iter().chain(["stop", &now.name]));
                    host.act(<Unit as system::State>::KIND, &now.name, "stop", |backend| {
                        backend.carry_out(&command, &format!("can't stop {}", now.name)).map(drop)
                    })?;
                }
                return self.settle(host, &now, want);
            }
        };
        let command = host.systemctl(self.scope.into(), self.options().into_iter().chain([verb, &now.name]));
        host.act(<Unit as system::State>::KIND, &now.name, verb, |backend| {
            backend.carry_out(&command, &format!("can't {verb} {}", now.name)).map(drop)
        })?;
        Ok(now)
    }

    fn settle(&self, host: &mut System, now: &Unit, want: Unit) -> Result<Unit> {
        let options = self.options();
        host.settle_by(now, want.clone(), |backend, now, want| {
            Unit::bring_about_with(backend, now, want, &options)
        })?;
        Ok(want)
    }

    fn options(&self) -> Vec<&'static str> {
        let options = [(self.no_block, "--no-block"), (self.force, "--force")];
        options.into_iter().filter(|(given, _)| *given).map(|(_, option)| option).collect()
    }
}

/// The message is one that playbooks look for in results, so it starts with a capital letter.
fn not_found(name: &str) -> Error {
    Error::failed(format!(
        "Could not find the requested service {name}: systemd knows no such unit; check its name and that its package is installed"
    ))
}

/// What systemd says of a unit's file that it can't understand, unless a dry run knows of another file.
fn misunderstood(host: &System, unit: &Unit) -> Option<String> {
    let property = |name: &str| unit.properties.get(name).map_or("", String::as_str);
    if !matches!(property("LoadState"), "bad-setting" | "error")
        || host.would_change_below(Path::new(property("FragmentPath")))
    {
        return None;
    }
    // The name of the error, and what it says in quotes.
    let told = property("LoadError").split_once('"').map(|(_, told)| told.trim_end_matches('"'));
    Some(told.filter(|told| !told.is_empty()).unwrap_or("its file has a mistake in it").to_owned())
}

/// A unit's name with what systemd adds to a name without a suffix.
fn with_suffix(name: &str) -> String {
    const SUFFIXES: [&str; 11] = [
        "service",
        "socket",
        "device",
        "mount",
        "automount",
        "swap",
        "target",
        "path",
        "timer",
        "slice",
        "scope",
    ];
    match name.rsplit_once('.') {
        Some((_, suffix)) if SUFFIXES.contains(&suffix) => name.to_owned(),
        _ => format!("{name}.service"),
    }
}
