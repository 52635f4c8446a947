use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Map, Value};

use crate::{Action, Call, Done, Effect, Failure};

/// Adds a host to the inventory, for later plays of the run.
///
/// Every argument but `name` and `groups` is a variable of the host. The task runs once, whatever the number of hosts.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct AddHost {
    /// The host's name or address; a port may follow it, as in `web1:2222`.
    #[schemars(extend("aliases" = ["hostname", "host"]))]
    #[allow(dead_code)]
    name: String,
    /// The groups that it belongs to; those that don't exist yet are made.
    #[serde(default)]
    #[schemars(extend("aliases" = ["groupname", "group"]))]
    #[allow(dead_code)]
    groups: Vec<String>,
}

impl Arguments for AddHost {
    const NAME: &'static str = "add_host";
    const EXAMPLES: &'static str = r#"
- name: The machine that was just made
  add_host:
    name: "{{ machine.address }}"
    groups: [web, new]
    ansible_user: admin
    http_port: 8080
"#;
}

pub(crate) struct AddHostAction;

#[async_trait]
impl Action for AddHostAction {
    fn manual(&self) -> Manual {
        Manual::of::<AddHost>()
    }

    fn complaint(&self, arguments: &Map) -> Option<String> {
        let given = |names: &[&str]| {
            names.iter().find_map(|name| arguments.get(*name).filter(|value| !value.is_null()))
        };
        if given(&["name", "hostname", "host"]).is_none() {
            return Some("name, host or hostname needs to be provided".into());
        }
        let groups = given(&["groups", "groupname", "group"])?;
        (!matches!(groups, Value::List(_) | Value::Tuple(_) | Value::String(_) | Value::Unknown(_)))
            .then(|| "Groups must be specified as a list.".into())
    }

    fn once_for_all_hosts(&self) -> bool {
        true
    }

    // Variables may be unknown; they make those later tasks unknown that use them.
    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let is_variable = |name: &Value| !matches!(name.as_str(), Some("name" | "groups"));
        let mut variables = Map::new();
        for (name, value) in &call.arguments {
            match (is_variable(name), value) {
                (false, value) => {
                    if let Some(unknown) = value.find_unknown() {
                        return Ok(Done::unknown(unknown));
                    }
                }
                (true, value) => {
                    variables.insert(name.clone(), value.clone());
                }
            }
        }
        let written = call.text("name").unwrap_or_default();
        let (name, port) = split_port(written);
        if name.is_empty() {
            let place = call.place_of(&["name", "hostname", "host"]);
            return Err(
                call.failure(Error::new(format!("Invalid empty host name provided: {written}")).at(place))
            );
        }
        if let Some(port) = port {
            variables.insert("ansible_ssh_port".into(), Value::Int(port.into()));
        }
        let mut groups: Vec<String> = Vec::new();
        for group in call.argument("groups").and_then(Value::as_list).unwrap_or_default() {
            let group = group.to_string().trim().to_owned();
            if !group.is_empty() && !groups.contains(&group) {
                groups.push(group);
            }
        }
        let told = Value::map([
            ("host_name", Value::from(name)),
            ("groups", groups.clone().into()),
            ("host_vars", variables.clone().into()),
        ]);
        let effect = Effect::AddHost { name: name.to_owned(), groups, variables };
        Ok(Done::default().and("add_host", told).effect(effect))
    }
}

/// `host:port` and `[address]:port`; an IPv6 address without brackets has no port.
fn split_port(written: &str) -> (&str, Option<u16>) {
    let written = written.trim();
    if let Some((address, rest)) = written.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match written.split_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (written, None),
        },
        None => (written, None),
    }
}
