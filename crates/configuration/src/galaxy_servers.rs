use value::Value;

use crate::place::Origin;
use crate::{Config, settings};

/// The options of a server, in the order in which they are shown.
const OPTIONS: [&str; 9] = [
    "url",
    "username",
    "password",
    "token",
    "auth_url",
    "validate_certs",
    "client_id",
    "client_secret",
    "timeout",
];

/// A server of collections and roles that the configuration names.
#[derive(Clone, Debug)]
pub struct GalaxyServer {
    /// Its name in the list `server_list` of the section `galaxy`.
    pub name: String,
    /// What the section `galaxy_server.NAME` and the environment say of it.
    pub options: Vec<GalaxyOption>,
}

/// An option of a server.
#[derive(Clone, Debug)]
pub struct GalaxyOption {
    /// Its key.
    pub name: &'static str,
    /// What it is; nothing if nobody has set it.
    pub value: Value,
    /// Where that comes from, as [`Config::origin`] says it.
    pub origin: String,
}

impl GalaxyOption {
    /// Whether somebody who sees it can log in.
    pub fn is_secret(&self) -> bool {
        ["password", "token", "client_secret"].contains(&self.name)
    }
}

impl Config {
    /// The servers of collections and roles, most wanted first.
    pub fn galaxy_servers(&self) -> Vec<GalaxyServer> {
        let list = settings().into_iter().find(|setting| setting.name == "GALAXY_SERVER_LIST");
        let names = list.and_then(|list| self.list(list)).unwrap_or_default();
        let server = |name: String| {
            let options = OPTIONS.iter().map(|option| self.galaxy_option(&name, option)).collect();
            GalaxyServer { name, options }
        };
        names.into_iter().map(server).collect()
    }

    fn galaxy_option(&self, server: &str, name: &'static str) -> GalaxyOption {
        let variable = format!("ANSIBLE_GALAXY_SERVER_{server}_{name}").to_uppercase();
        let found = match std::env::var(&variable) {
            Ok(text) => Some((text, format!("env: {variable}"))),
            Err(_) => self.file_text(&format!("galaxy_server.{server}"), name).and_then(|text| {
                let file = self.file.clone()?;
                Some((text, Origin::File(file).to_string()))
            }),
        };
        let number = |text: &str| text.parse().map_or_else(|_| Value::from(text), Value::Int);
        match found {
            Some((text, origin)) if name == "timeout" => GalaxyOption { name, value: number(&text), origin },
            Some((text, origin)) => GalaxyOption { name, value: Value::from(text.as_str()), origin },
            None => {
                let value = if name == "timeout" { Value::Int(60) } else { Value::Null };
                GalaxyOption { name, value, origin: Origin::Default.to_string() }
            }
        }
    }
}
