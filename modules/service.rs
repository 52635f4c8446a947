use std::path::{Path, PathBuf};

use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Result, System};

use crate::systemd::{self, Systemd};

/// Starts, stops and enables services, with systemd where it runs and with the scripts in `/etc/init.d` elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// Name of the service.
    name: String,
    /// What it should be doing.
    state: Option<State>,
    /// Whether it starts by itself.
    enabled: Option<bool>,
    /// For scripts: how many seconds to wait between stop and start when it is restarted.
    sleep: Option<u64>,
    /// For scripts that can't tell whether the service runs: it does if the command line of a process contains this.
    pattern: Option<String>,
    /// For OpenRC: the runlevel in which it is enabled.
    #[serde(default = "default_runlevel")]
    runlevel: String,
    /// For scripts: more arguments for their command line.
    #[serde(default)]
    #[schemars(extend("aliases" = ["args"]))]
    arguments: String,
    /// For systemd: make it read its units again first, as is needed after their files have changed.
    #[serde(default)]
    #[schemars(extend("aliases" = ["daemon-reload"]))]
    daemon_reload: bool,
    /// For systemd: make it start itself anew first.
    #[serde(default)]
    #[schemars(extend("aliases" = ["daemon-reexec"]))]
    daemon_reexec: bool,
    /// For systemd: whether the service is kept from being started at all.
    masked: Option<bool>,
    /// For systemd: do not wait until the service has started or stopped.
    #[serde(default)]
    no_block: bool,
    /// For systemd: when enabling, replace links that are in the way.
    #[serde(default)]
    force: bool,
    /// For systemd: whose it is.
    #[serde(default)]
    scope: systemd::Scope,
    /// What manages services; `auto` looks what the host has.
    #[serde(default, rename = "use")]
    manager: Manager,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
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
enum Manager {
    /// What the host has.
    #[default]
    Auto,
    /// systemd.
    Systemd,
    /// Scripts in `/etc/init.d`.
    Service,
    /// Scripts in `/etc/init.d`.
    Sysvinit,
    /// OpenRC's scripts in `/etc/init.d`.
    Openrc,
}

fn default_runlevel() -> String {
    "default".into()
}

impl Arguments for Service {
    const NAME: &'static str = "service";
    const EXAMPLES: &'static str = r#"
- name: The web server runs, now and after a reboot
  service:
    name: nginx
    state: started
    enabled: true

- name: The new configuration counts
  service:
    name: nginx
    state: reloaded
"#;
}

impl Module for Service {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let more = self.daemon_reload || self.daemon_reexec || self.masked.is_some();
        if self.state.is_none() && self.enabled.is_none() && !more {
            return Err(Error::failed("nothing is asked for: give 'state' or 'enabled'"));
        }
        if self.name.is_empty() || self.name.contains(['/', '\n']) {
            return Err(Error::failed(format!("'{}' can't be the name of a service", self.name)));
        }
        if self.is_managed_by_systemd(host)? {
            let state = self.state.map(|state| match state {
                State::Reloaded => systemd::State::Reloaded,
                State::Restarted => systemd::State::Restarted,
                State::Started => systemd::State::Started,
                State::Stopped => systemd::State::Stopped,
            });
            let unit = Systemd {
                name: Some(self.name),
                state,
                enabled: self.enabled,
                masked: self.masked,
                daemon_reload: self.daemon_reload,
                daemon_reexec: self.daemon_reexec,
                no_block: self.no_block,
                force: self.force,
                scope: self.scope,
            };
            return unit.run(host);
        }
        self.settle(host)
    }
}

/// A service that is a script in `/etc/init.d`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct InitScript {
    name: String,
    exists: bool,
    active: bool,
    enabled: bool,
}

impl system::State for InitScript {
    const KIND: &'static str = "service";

    fn name(&self) -> String {
        self.name.clone()
    }

    /// Whether it is there and enabled; whether it runs its script is asked by [`Service`], which knows how.
    fn observe(host: &mut System, name: &str) -> Result<InitScript> {
        let script = script(name);
        if host.expected_packages().iter().any(|package| package.brings_file(&script)) {
            let starts = host.starts_installed_services()?;
            return Ok(InitScript { name: name.into(), exists: true, active: starts, enabled: true });
        }
        let exists = host.follow(&script)?.is_some_and(|inode| inode.is_file());
        Ok(InitScript {
            name: name.into(),
            exists,
            active: false,
            enabled: exists && is_enabled(host, name)?,
        })
    }

    fn absent(name: &str) -> InitScript {
        InitScript { name: name.into(), exists: false, active: false, enabled: false }
    }

    fn is_absent(&self) -> bool {
        !self.exists
    }

    fn bring_about(_: &mut dyn Backend, _: &InitScript, want: &InitScript) -> Result<()> {
        Err(Error::failed(format!("the service '{}' is changed by its module only", want.name)))
    }
}

fn script(name: &str) -> PathBuf {
    Path::new("/etc/init.d").join(name)
}

/// A link in the folder of a runlevel enables a service; OpenRC's folders are elsewhere.
fn is_enabled(host: &mut System, name: &str) -> Result<bool> {
    for level in ["2", "3", "4", "5", "S"] {
        let folder = PathBuf::from(format!("/etc/rc{level}.d"));
        if host.follow(&folder)?.is_none() {
            continue;
        }
        let starts = |link: &String| {
            link.strip_prefix('S').map(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
                == Some(name)
        };
        if host.list(&folder)?.iter().any(starts) {
            return Ok(true);
        }
    }
    let levels = Path::new("/etc/runlevels");
    if host.follow(levels)?.is_none() {
        return Ok(false);
    }
    for level in host.list(levels)? {
        if !host.inode(&levels.join(level).join(name))?.is_absent() {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Service {
    /// Where systemd does not run, a unit without a script can still be enabled by it.
    fn is_managed_by_systemd(&self, host: &mut System) -> Result<bool> {
        match self.manager {
            Manager::Systemd => Ok(true),
            Manager::Service | Manager::Sysvinit | Manager::Openrc => Ok(false),
            Manager::Auto => Ok(host.runs_systemd()?
                || (host.follow(&script(&self.name))?.is_none()
                    && host.find_program("systemctl")?.is_some())),
        }
    }

    fn settle(&self, host: &mut System) -> Result<Outcome> {
        let found: InitScript = host.observe(&self.name)?;
        if !found.exists {
            // The message is one that playbooks look for in results, so it starts with a capital letter.
            let message = format!(
                "Could not find the requested service {}: there is no {}; check its name and that its package is installed",
                self.name,
                script(&self.name).display()
            );
            return Err(Error::failed(message));
        }
        let mut outcome = Outcome::new().with("name", self.name.as_str());
        if let Some(enabled) = self.enabled {
            let enable =
                if found.enabled == enabled { Vec::new() } else { self.enable_commands(host, enabled)? };
            let want = InitScript { enabled, ..found.clone() };
            host.settle_by(&found, want, |backend, _, want| {
                let verb = if want.enabled { "enable" } else { "disable" };
                enable.iter().try_for_each(|command| {
                    backend.carry_out(command, &format!("can't {verb} the service '{}'", want.name)).map(drop)
                })
            })?;
            outcome = outcome.with("enabled", enabled);
        }
        if let Some(state) = self.state {
            self.settle_activity(host, state)?;
            outcome = outcome.with("state", if state == State::Stopped { "stopped" } else { "started" });
        }
        Ok(outcome)
    }

    fn settle_activity(&self, host: &mut System, state: State) -> Result<()> {
        let now: InitScript = host.observe(&self.name)?;
        // What a dry run has predicted is not asked of a script that knows nothing of it.
        let predicted =
            host.predicted(<InitScript as system::State>::KIND).iter().any(|(name, _)| *name == self.name)
                || host.expected_packages().iter().any(|package| package.brings_file(&script(&self.name)));
        let active = if predicted { now.active } else { self.is_active(host)? };
        let now = InitScript { active, ..now };
        let command = |verb: &str| self.command(verb);
        match state {
            State::Reloaded if active => self.act(host, "reload", vec![command("reload")]),
            State::Restarted if active => {
                let pause = self.sleep.map(|seconds| Command::new(["sleep".to_owned(), seconds.to_string()]));
                let commands =
                    std::iter::once(command("stop")).chain(pause).chain([command("start")]).collect();
                self.act(host, "restart", commands)
            }
            _ => {
                let active = state != State::Stopped;
                let verb = if active { "start" } else { "stop" };
                let command = command(verb);
                let want = InitScript { active, ..now.clone() };
                host.settle_by(&now, want, |backend, _, want| {
                    backend
                        .carry_out(&command, &format!("can't {verb} the service '{}'", want.name))
                        .map(drop)
                })?;
                Ok(())
            }
        }
    }

    fn act(&self, host: &mut System, verb: &str, commands: Vec<Command>) -> Result<()> {
        host.act(<InitScript as system::State>::KIND, &self.name, verb, |backend| {
            commands.iter().try_for_each(|command| {
                backend.carry_out(command, &format!("can't {verb} the service '{}'", self.name)).map(drop)
            })
        })
    }

    fn command(&self, verb: &str) -> Command {
        let arguments = self.arguments.split_whitespace();
        Command::new([script(&self.name).to_string_lossy().into_owned(), verb.to_owned()])
            .args(arguments)
            .env("LC_ALL", "C")
            .directory("/")
    }

    /// Exit codes of `status` are laid down by the Linux Standard Base; scripts that ignore them say it in words.
    fn is_active(&self, host: &mut System) -> Result<bool> {
        if let Some(pattern) = &self.pattern {
            return has_process(host, pattern);
        }
        let output = host.query(&self.command("status"))?;
        let text = format!("{}\n{}", output.stdout(), output.stderr()).to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match output.code {
            0 => Ok(!says(&["not running", "is stopped", "is dead"])),
            _ if says(&["usage:"]) => Err(Error::failed(format!(
                "{} can't tell whether the service runs; 'pattern' can find its process",
                script(&self.name).display()
            ))),
            1..=3 => Ok(false),
            _ if says(&["not running", "stopped"]) => Ok(false),
            code => Err(Error::failed(format!(
                "can't tell whether the service '{}' runs: its status has the exit code {code}; 'pattern' can find its process",
                self.name
            ))),
        }
    }

    fn enable_commands(&self, host: &mut System, enabled: bool) -> Result<Vec<Command>> {
        let name = self.name.as_str();
        if host.find_program("rc-update")?.is_some() {
            return Ok(vec![Command::new([
                "rc-update",
                if enabled { "add" } else { "del" },
                name,
                &self.runlevel,
            ])]);
        }
        if host.find_program("update-rc.d")?.is_some() {
            let defaults = Command::new(["update-rc.d", name, "defaults"]);
            let switch = Command::new(["update-rc.d", name, if enabled { "enable" } else { "disable" }]);
            return Ok(if enabled { vec![defaults, switch] } else { vec![switch] });
        }
        if host.find_program("chkconfig")?.is_some() {
            let add = Command::new(["chkconfig", "--add", name]);
            let switch = Command::new(["chkconfig", name, if enabled { "on" } else { "off" }]);
            return Ok(if enabled { vec![add, switch] } else { vec![switch] });
        }
        Err(Error::failed(format!(
            "can't enable or disable '{name}': the host has none of update-rc.d, chkconfig and rc-update"
        )))
    }
}

/// Whether the command line of any process contains a text.
fn has_process(host: &mut System, pattern: &str) -> Result<bool> {
    for number in host.list(Path::new("/proc"))? {
        if !number.bytes().all(|byte| byte.is_ascii_digit()) || number == host.process_id().to_string() {
            continue;
        }
        // A process may be gone by now.
        let Ok(bytes) = host.read(&Path::new("/proc").join(&number).join("cmdline")) else { continue };
        if String::from_utf8_lossy(&bytes).replace('\0', " ").contains(pattern) {
            return Ok(true);
        }
    }
    Ok(false)
}
