use std::path::PathBuf;
use std::time::Duration;

use configuration::Config;
use diag::{Error, Result};
use value::Value;

use crate::document;
use crate::http::Client;
use crate::server::{Credentials, Server};

/// The servers that are asked, in this order.
#[derive(Debug)]
pub struct Servers {
    /// What fetches from addresses of no server.
    pub client: Client,
    /// Whether certificates are checked where no server is meant.
    pub check_certificates: bool,
    servers: Vec<Server>,
    token: Option<String>,
}

/// What the command line says about servers.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// The name of one in the configuration, or its address.
    pub server: Option<String>,
    /// The token for it.
    pub token: Option<String>,
    /// Do not check certificates.
    pub ignore_certificates: bool,
    /// Seconds to wait for an answer.
    pub timeout: Option<u64>,
}

impl Servers {
    /// The servers of the configuration, or the one that is asked for.
    ///
    /// # Errors
    /// The configuration of a server is wrong.
    pub fn new(config: &Config, options: ServerOptions) -> Result<Servers> {
        let timeout = match options.timeout {
            Some(timeout) => timeout,
            None => config.number(&configuration::GALAXY_SERVER_TIMEOUT)?.unwrap_or(60),
        };
        let timeout = Duration::from_secs(timeout);
        let ignored = config.flag(&configuration::GALAXY_IGNORE_CERTS)?.unwrap_or(false);
        let check_certificates = !(options.ignore_certificates || ignored);
        let client = Client::new(timeout, check_certificates);
        let stored = || stored_token(config);
        let mut servers = Vec::new();
        for configured in config.galaxy_servers() {
            let name = &configured.name;
            let setting = |key: &str| {
                let option = configured.options.iter().find(|option| option.name == key)?;
                let text = match &option.value {
                    Value::Null => return None,
                    value => value.as_str().map_or_else(|| value.repr(), str::to_owned),
                };
                Some(text).filter(|text| !text.is_empty())
            };
            let Some(url) = setting("url") else {
                return Err(Error::new(format!("No setting was provided for required configuration setting: url of the galaxy server '{name}'"))
                    .hint(format!("add a section [galaxy_server.{name}] with the key url to the configuration")));
            };
            let check = match setting("validate_certs").as_deref() {
                Some(text) => !matches!(text.to_ascii_lowercase().as_str(), "no" | "false" | "0" | "off"),
                None => true,
            };
            let timeout =
                setting("timeout").and_then(|text| text.parse().ok()).map_or(timeout, Duration::from_secs);
            let credentials = match (setting("username"), setting("token"), setting("auth_url")) {
                (Some(user), ..) => {
                    Credentials::Password { user, password: setting("password").unwrap_or_default() }
                }
                (None, Some(token), Some(url)) => Credentials::Refresh {
                    token,
                    url,
                    client: setting("client_id").unwrap_or_else(|| "cloud-services".into()),
                },
                (None, Some(token), None) => Credentials::Token(token),
                (None, None, _) => Credentials::None,
            };
            let client = Client::new(timeout, check && check_certificates);
            servers.push(Server::new(name, &url, credentials, client));
        }
        if let Some(wanted) = &options.server {
            servers = match servers.into_iter().find(|server| server.name() == wanted) {
                Some(server) => vec![server],
                None => {
                    let credentials =
                        options.token.clone().or_else(stored).map_or(Credentials::None, Credentials::Token);
                    vec![Server::new("cmd_arg", wanted, credentials, client.clone())]
                }
            };
        } else if servers.is_empty() {
            let default = configuration::GALAXY_SERVER.default.unwrap_or_default().to_owned();
            let url =
                config.text(&configuration::GALAXY_SERVER).filter(|url| !url.is_empty()).unwrap_or(default);
            let credentials =
                options.token.clone().or_else(stored).map_or(Credentials::None, Credentials::Token);
            servers.push(Server::new("default", &url, credentials, client.clone()));
        }
        Ok(Servers { client, check_certificates, servers, token: options.token })
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter()
    }

    /// The one that requirements name as their `source`, which is a server's name or address.
    ///
    /// # Errors
    /// It is neither.
    pub(crate) fn named(&self, source: &str) -> Result<Server> {
        if let Some(server) =
            self.servers.iter().find(|server| server.name() == source || server.is_at(source))
        {
            return Ok(server.clone());
        }
        if source.starts_with("http://") || source.starts_with("https://") {
            let credentials = self.token.clone().map_or(Credentials::None, Credentials::Token);
            return Ok(Server::new("explicit_requirement", source, credentials, self.client.clone()));
        }
        Err(Error::new(format!(
            "Collections requirement 'source' entry should contain a valid Galaxy API URL but it does not: {source} is \
             not an HTTP URL."
        )))
    }
}

/// The token in the file that logging in leaves behind, or that stands there alone.
fn stored_token(config: &Config) -> Option<String> {
    let text = config.value(&configuration::GALAXY_TOKEN_PATH).ok()?;
    let path = PathBuf::from(text.as_str()?);
    let path = configuration::expand_home(&path);
    let node = document::read(&path).ok()??;
    document::text_of(&node, "token")
        .or_else(|| node.as_str().map(str::to_owned))
        .filter(|token| !token.is_empty())
}
