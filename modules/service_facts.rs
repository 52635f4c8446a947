use std::collections::BTreeMap;

use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Result, System, Unit, UnitScope};
use value::{Map, Value};

/// Tells which services there are and what they do, as the fact `services`.
///
/// A service of systemd is known by its unit's name, one with a script in `/etc/init.d` by the script's. Each has `name`,
/// `source` (`systemd` or `sysv`) and `state` (`running`, `stopped` and what else systemd says of units that are not
/// loaded), one of systemd also `status`, which says whether it starts by itself. A dry run counts what tasks before it
/// would have started and enabled.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceFacts {}

impl Arguments for ServiceFacts {
    const NAME: &'static str = "service_facts";
    const EXAMPLES: &'static str = r#"
- name: What runs?
  service_facts:

- name: Only where nginx is
  debug:
    msg: "{{ ansible_facts.services['nginx.service'].state }}"
  when: "'nginx.service' in ansible_facts.services"
"#;
}

/// What is told of a service.
struct Service {
    state: String,
    status: Option<String>,
}

impl Module for ServiceFacts {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let mut services = Map::new();
        for (name, Service { state, .. }) in of_scripts(host)? {
            let described = Value::map([("name", name.as_str()), ("state", &state), ("source", "sysv")]);
            services.insert(name.into(), described);
        }
        for (name, Service { state, status }) in of_systemd(host)? {
            let status = status.unwrap_or_else(|| "unknown".into());
            let described =
                [("name", name.as_str()), ("state", &state), ("status", &status), ("source", "systemd")];
            services.insert(name.as_str().into(), Value::map(described));
        }
        Ok(Outcome::new().facts(Map::from_iter([("services".into(), services.into())])))
    }
}

fn of_systemd(host: &mut System) -> Result<BTreeMap<String, Service>> {
    let mut services = BTreeMap::new();
    if !host.runs_systemd()? {
        return Ok(services);
    }
    let list = |host: &mut System, what: &str| -> Result<String> {
        let words = [what, "--no-pager", "--no-legend", "--plain", "--all", "--type=service"];
        let command = host.systemctl(UnitScope::System, words).env("LC_ALL", "C.UTF-8");
        Ok(host.query(&command)?.checked("systemd does not tell of its units")?.stdout())
    };
    for line in list(host, "list-units")?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, loaded, active, sub, ..] = words[..] else { continue };
        let status = match (loaded, active) {
            ("not-found" | "masked", _) => loaded,
            _ => active,
        };
        let state = if sub == "running" { "running" } else { "stopped" };
        services.insert(name.to_owned(), Service { state: state.into(), status: Some(status.into()) });
    }
    let mut unloaded = Vec::new();
    for line in list(host, "list-unit-files")?.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(status)) = (words.next(), words.next()) else { continue };
        match services.get_mut(name) {
            // That it has failed says more.
            Some(service) if service.status.as_deref() == Some("failed") => {}
            Some(service) => service.status = Some(status.into()),
            None => {
                services
                    .insert(name.into(), Service { state: "unknown".into(), status: Some(status.into()) });
                // A template does nothing itself.
                if !name.contains("@.") {
                    unloaded.push(name.to_owned());
                }
            }
        }
    }
    tell_unloaded(host, &unloaded, &mut services)?;
    for name in host.units_that_differ() {
        if name.ends_with(".service") && !name.contains("@.") {
            let unit = host.observe::<Unit>(&name)?;
            if !unit.exists {
                services.remove(&name);
                continue;
            }
            let state = if unit.active { "running" } else { "stopped" };
            services.insert(
                name,
                Service { state: state.into(), status: unit.enablement.word().map(str::to_owned) },
            );
        }
    }
    Ok(services)
}

/// What units do that systemd has not loaded, or knows by another name.
fn tell_unloaded(
    host: &mut System,
    names: &[String],
    services: &mut BTreeMap<String, Service>,
) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let words = ["show", "--property=ActiveState", "--"].into_iter().chain(names.iter().map(String::as_str));
    let command = host.systemctl(UnitScope::System, words).env("LC_ALL", "C.UTF-8");
    let output = host.query(&command)?;
    let text = output.stdout();
    let states = text.lines().filter_map(|line| line.strip_prefix("ActiveState="));
    for (name, state) in names.iter().zip(states) {
        if let Some(service) = services.get_mut(name) {
            service.state = state.into();
        }
    }
    Ok(())
}

fn of_scripts(host: &mut System) -> Result<BTreeMap<String, Service>> {
    if host.find_program("service")?.is_none() {
        return Ok(BTreeMap::new());
    }
    let output = host.query(&Command::new(["service", "--status-all"]).env("LC_ALL", "C.UTF-8"))?;
    let service = |line: &str| {
        let (sign, name) = line.trim().strip_prefix('[')?.split_once(']')?;
        let state = match sign.trim() {
            "+" => "running",
            "-" => "stopped",
            _ => return None,
        };
        Some((name.trim().to_owned(), Service { state: state.into(), status: None }))
    };
    Ok(output.stdout().lines().filter_map(service).collect())
}
