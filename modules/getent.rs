use std::sync::Arc;

use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Group, Result, State as _, System, User};
use value::{Map, Unknown, Value};

/// Looks something up in the host's databases of accounts, groups, hosts, services and the like, as getent(1) does.
///
/// What is found becomes the fact `getent_DATABASE`: a mapping from the first field of each entry to the list of its
/// other fields.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Getent {
    /// Which database, such as `passwd`, `group` or `hosts`.
    database: String,
    /// Which entry; left out, all that can be listed.
    key: Option<String>,
    /// Where to look instead of where the host's `nsswitch.conf` says, such as `files`.
    service: Option<String>,
    /// What separates the fields of an entry; left out, a colon for accounts and groups, and white space otherwise.
    split: Option<String>,
    /// Fail if there is no entry of that key; otherwise the fact says that it is nothing.
    #[serde(default = "yes")]
    fail_key: bool,
}

fn yes() -> bool {
    true
}

impl Arguments for Getent {
    const NAME: &'static str = "getent";
    const EXAMPLES: &'static str = r#"
- name: Who is root?
  getent:
    database: passwd
    key: root

- name: Root's home
  debug:
    msg: "{{ getent_passwd.root[4] }}"
"#;
}

// Playbooks compare these words.
const NO_DATABASE: &str = "Missing arguments, or database unknown.";
const NO_KEY: &str = "One or more supplied key could not be found in the database.";
const NO_LIST: &str = "Enumeration not supported on this database.";

impl Module for Getent {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.split.as_deref() == Some("") {
            return Err(Error::failed("Invalid split value. The value must be a non-empty string"));
        }
        if host.find_program("getent")?.is_none() {
            return Err(Error::failed("the host has no program 'getent'"));
        }
        let mut command = Command::new(["getent"]);
        if let Some(service) = &self.service {
            command = command.args(["-s", service]);
        }
        let command = command.arg(&self.database).args(&self.key);
        let output = host.query(&command)?;
        let mut entries = Map::new();
        match output.code {
            0 => self.read(&output.stdout(), &mut entries),
            2 => {}
            1 => return Err(Error::failed(NO_DATABASE)),
            3 => return Err(Error::failed(NO_LIST)),
            code => return Err(Error::failed(format!("getent ended with the exit code {code}"))),
        }
        self.predict(host, &mut entries)?;
        let fact = |entries: Map| {
            Outcome::new()
                .facts(Map::from_iter([(format!("getent_{}", self.database).into(), entries.into())]))
        };
        match &self.key {
            Some(key) if entries.is_empty() && output.code == 2 => {
                if self.fail_key {
                    return Err(Error::failed(NO_KEY));
                }
                Ok(fact(Map::from_iter([(key.as_str().into(), Value::Null)])).with("msg", NO_KEY))
            }
            _ => Ok(fact(entries)),
        }
    }
}

impl Getent {
    /// A key with several entries, as a host has with several addresses, becomes a list of them.
    fn read(&self, text: &str, entries: &mut Map) {
        let colon = ["passwd", "shadow", "group", "gshadow"].contains(&self.database.as_str());
        let split = self.split.as_deref().or(colon.then_some(":"));
        let mut repeated = Vec::new();
        for line in text.lines() {
            let fields: Vec<&str> = match split {
                Some(split) => line.split(split).collect(),
                None => line.split_whitespace().collect(),
            };
            let Some((key, fields)) = fields.split_first() else { continue };
            let fields = Value::list(fields.iter().copied());
            match entries.get_mut(*key) {
                None => {
                    entries.insert((*key).into(), fields);
                }
                Some(Value::List(all)) if repeated.contains(key) => Arc::make_mut(all).push(fields),
                Some(known) => {
                    *known = Value::list([known.clone(), fields]);
                    repeated.push(*key);
                }
            }
        }
    }

    /// In a dry run: what earlier tasks would have made of accounts and groups.
    fn predict(&self, host: &System, entries: &mut Map) -> Result<()> {
        let kind = match self.database.as_str() {
            "passwd" | "shadow" => User::KIND,
            "group" | "gshadow" => Group::KIND,
            _ => return Ok(()),
        };
        for (name, state) in host.predicted(kind) {
            if self.key.as_ref().is_some_and(|key| *key != name) {
                continue;
            }
            if state.is_null() {
                entries.shift_remove(name.as_str());
                continue;
            }
            let field = |key: &str| state.get(key).map(ToString::to_string).unwrap_or_default();
            let fields = match self.database.as_str() {
                "passwd" => {
                    vec![
                        "x".to_owned(),
                        field("uid"),
                        field("gid"),
                        field("comment"),
                        field("home"),
                        field("shell"),
                    ]
                }
                "group" => vec!["x".to_owned(), field("gid"), String::new()],
                _ => {
                    return Err(
                        Unknown::new("the password of an account that a dry run only predicts").into()
                    );
                }
            };
            entries.insert(name.into(), Value::list(fields));
        }
        Ok(())
    }
}
