use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};

use super::client::WebClient;
use crate::HostPath;

/// What the arguments of modules that ask web servers have in common: a part of their structs, by `#[serde(flatten)]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct WebArguments {
    /// More headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The user for a login.
    #[schemars(extend("aliases" = ["user", "username"]))]
    url_username: Option<String>,
    /// The password for a login.
    #[schemars(extend("aliases" = ["password"]))]
    url_password: Option<String>,
    /// Log in without being asked to.
    #[serde(default)]
    force_basic_auth: bool,
    /// Log in with Kerberos: not supported.
    #[serde(default)]
    use_gssapi: bool,
    /// Whether the user's `.netrc` may have a login.
    #[serde(default = "yes")]
    use_netrc: bool,
    /// Whether the environment's proxies are used.
    #[serde(default = "yes")]
    use_proxy: bool,
    /// Headers that are left out when a redirection is followed.
    #[serde(default)]
    unredirected_headers: Vec<String>,
    /// What the host calls itself.
    #[serde(default = "agent")]
    http_agent: String,
    /// Whether what comes compressed is decompressed.
    #[serde(default = "yes")]
    decompress: bool,
    /// Whether the server's certificate is checked.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// A file with the certificate that identifies the host, perhaps with its key.
    client_cert: Option<HostPath>,
    /// A file with the key of `client_cert`.
    client_key: Option<HostPath>,
    /// Ciphers: not supported, the safe ones are always used.
    #[serde(default)]
    ciphers: Vec<String>,
}

fn yes() -> bool {
    true
}

fn agent() -> String {
    "ansible-httpget".into()
}

impl WebArguments {
    /// A client that asks as they say, waits for `timeout` seconds and only reads.
    ///
    /// # Errors
    /// They want what is not supported, or a certificate can't be read.
    pub fn client(&self, host: &mut System, timeout: u64) -> Result<WebClient> {
        if self.use_gssapi || !self.ciphers.is_empty() {
            let what = if self.use_gssapi { "use_gssapi" } else { "ciphers" };
            return Err(Error::failed(format!("'{what}' is not supported")));
        }
        let mut content = |path: &Option<HostPath>| path.as_ref().map(|path| path.read(host)).transpose();
        let (certificate, key) = (content(&self.client_cert)?, content(&self.client_key)?);
        Ok(WebClient {
            agent: self.http_agent.clone(),
            login: self
                .url_username
                .clone()
                .map(|user| (user, self.url_password.clone().unwrap_or_default())),
            force_basic: self.force_basic_auth,
            use_netrc: self.use_netrc,
            use_proxy: self.use_proxy,
            unredirected: self.unredirected_headers.clone(),
            decompress: self.decompress,
            verify: self.validate_certs,
            identity: certificate.map(|certificate| (certificate.clone(), key.unwrap_or(certificate))),
            ..WebClient::new(Duration::from_secs(timeout))
        })
    }
}
