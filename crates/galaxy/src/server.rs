use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use diag::{Error, Result};
use indexmap::IndexMap;
use serde_json::Value;

use crate::collection::Name;
use crate::files;
use crate::http::Client;
use crate::version::Version;

/// How to say who one is.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// Not at all.
    None,
    /// By a token.
    Token(String),
    /// By a token that another server gives shorter-lived ones for.
    Refresh { token: String, url: String, client: String },
    /// By a password.
    Password { user: String, password: String },
}

/// Secrets are not shown.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[hidden]")
    }
}

/// A server of roles and collections, as Ansible Galaxy's.
#[derive(Clone, Debug)]
pub struct Server {
    name: String,
    url: String,
    credentials: Credentials,
    client: Client,
    found: Rc<RefCell<Found>>,
}

/// What the server said before.
#[derive(Debug, Default)]
struct Found {
    /// The addresses of the interfaces by their names, such as `v3`.
    interfaces: Option<BTreeMap<String, String>>,
    authorization: Option<String>,
}

/// A version of a collection on a server.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) download: String,
    pub(crate) sha256: Option<String>,
    pub(crate) dependencies: IndexMap<String, String>,
}

/// A role on a server.
#[derive(Clone, Debug)]
pub(crate) struct RoleRecord {
    pub(crate) user: String,
    pub(crate) repository: String,
    pub(crate) branch: Option<String>,
    pub(crate) versions: Vec<String>,
    /// Everything the server said.
    pub(crate) data: Value,
}

impl Server {
    pub(crate) fn new(name: &str, url: &str, credentials: Credentials, client: Client) -> Server {
        let url = url.trim_end_matches('/').to_owned();
        Server { name: name.to_owned(), url, credentials, client, found: Rc::default() }
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is at that address.
    pub(crate) fn is_at(&self, url: &str) -> bool {
        self.url == url.trim_end_matches('/')
    }

    fn authorization(&self) -> Result<Option<String>> {
        if let Some(known) = &self.found.borrow().authorization {
            return Ok(Some(known.clone()));
        }
        let text = match &self.credentials {
            Credentials::None => return Ok(None),
            Credentials::Token(token) => format!("Token {token}"),
            Credentials::Password { user, password } => {
                format!("Basic {}", base64(&format!("{user}:{password}")))
            }
            Credentials::Refresh { token, url, client } => {
                let fields =
                    [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
                let answer = self.client.post_form(url, &fields)?;
                let token = answer.get("access_token").and_then(Value::as_str);
                let token = token.ok_or_else(|| Error::new(format!("'{url}' gives no token")))?;
                format!("Bearer {token}")
            }
        };
        self.found.borrow_mut().authorization = Some(text.clone());
        Ok(Some(text))
    }

    fn get(&self, url: &str) -> Result<Option<Value>> {
        self.client.json(url, self.authorization()?.as_deref())
    }

    /// The address of an interface, ending in `/`.
    fn interface(&self, version: &str) -> Result<String> {
        if self.found.borrow().interfaces.is_none() {
            let found = self.interfaces()?;
            self.found.borrow_mut().interfaces = Some(found);
        }
        let found = self.found.borrow();
        let address = found.interfaces.as_ref().and_then(|interfaces| interfaces.get(version));
        address.cloned().ok_or_else(|| {
            Error::new(format!(
                "Galaxy action requires API versions '{version}' but only others are available on {} {}",
                self.name, self.url
            ))
        })
    }

    fn interfaces(&self) -> Result<BTreeMap<String, String>> {
        let candidates = if self.url.ends_with("/api") {
            vec![self.url.clone()]
        } else {
            vec![format!("{}/api", self.url), self.url.clone()]
        };
        let mut failure = None;
        for address in candidates {
            match self.get(&format!("{address}/")) {
                Ok(Some(answer)) => {
                    if let Some(known) = answer.get("available_versions").and_then(Value::as_object) {
                        let entry = |(name, path): (&String, &Value)| {
                            let path = path.as_str().unwrap_or(name).trim_matches('/').to_owned();
                            (name.clone(), format!("{address}/{path}/"))
                        };
                        return Ok(known.iter().map(entry).collect());
                    }
                }
                Ok(None) => {}
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            Error::new(format!(
                "Tried to find galaxy API root at {} but no 'available_versions' are available on it",
                self.url
            ))
        }))
    }

    /// All versions of a collection; none, if the server does not know it.
    ///
    /// # Errors
    /// The server can't be asked.
    pub(crate) fn versions(&self, name: &Name) -> Result<Vec<Version>> {
        let base = self.interface("v3")?;
        let mut url = format!("{base}collections/{}/{}/versions/?limit=100", name.namespace, name.name);
        let mut versions = Vec::new();
        // A server whose pages never end is not waited for.
        for _ in 0..1000 {
            let Some(page) = self.get(&url)? else { break };
            let items = page.get("data").or_else(|| page.get("results")).and_then(Value::as_array);
            let texts = items.into_iter().flatten().filter_map(|item| item.get("version")?.as_str());
            versions.extend(texts.filter_map(Version::parse));
            let next = page.get("links").and_then(|links| links.get("next")).or_else(|| page.get("next"));
            match next.and_then(Value::as_str) {
                Some(next) => url = self.joined(next),
                None => break,
            }
        }
        Ok(versions)
    }

    /// What there is to know about a version.
    ///
    /// # Errors
    /// The server can't be asked, or does not know it.
    pub(crate) fn release(&self, name: &Name, version: &Version) -> Result<Release> {
        let base = self.interface("v3")?;
        let url = format!("{base}collections/{}/{}/versions/{version}/", name.namespace, name.name);
        let wrong = || Error::new(format!("'{url}' does not say where to get {name}:{version}"));
        let answer = self.get(&url)?.ok_or_else(wrong)?;
        let download = answer.get("download_url").and_then(Value::as_str).ok_or_else(wrong)?;
        let sha256 = answer.get("artifact").and_then(|artifact| artifact.get("sha256")?.as_str());
        let dependencies =
            answer.get("metadata").and_then(|metadata| metadata.get("dependencies")?.as_object());
        let dependencies = dependencies.into_iter().flatten();
        Ok(Release {
            download: self.joined(download),
            sha256: sha256.map(str::to_owned),
            dependencies: dependencies
                .map(|(name, range)| (name.clone(), range.as_str().unwrap_or("*").to_owned()))
                .collect(),
        })
    }

    /// Fetches what is at an address of this server's.
    ///
    /// # Errors
    /// It can't be fetched, or is not what it should be.
    pub(crate) fn fetch(&self, url: &str, sha256: Option<&str>, path: &Path) -> Result<()> {
        // Who one is, is nobody's business elsewhere.
        let authorization = if origin(url) == origin(&self.url) { self.authorization()? } else { None };
        self.client.file(url, authorization.as_deref(), path)?;
        match sha256 {
            Some(wanted) if files::hash_of(path)? != wanted => Err(Error::new(format!(
                "Mismatch artifact hash with downloaded file: '{url}' is not what the server said it would be"
            ))),
            _ => Ok(()),
        }
    }

    /// A role; nothing, if the server does not know it.
    ///
    /// # Errors
    /// The server can't be asked.
    pub(crate) fn role(&self, user: &str, name: &str) -> Result<Option<RoleRecord>> {
        let base = self.interface("v1")?;
        let url = format!("{base}roles/?owner__username={}&name={}", escaped(user), escaped(name));
        let Some(answer) = self.get(&url)? else { return Ok(None) };
        let Some(role) = answer.get("results").and_then(|results| results.get(0)) else { return Ok(None) };
        let text = |key: &str| role.get(key).and_then(Value::as_str).map(str::to_owned);
        let versions = role.get("summary_fields").and_then(|fields| fields.get("versions")?.as_array());
        let versions = versions.into_iter().flatten().filter_map(|item| item.get("name")?.as_str());
        Ok(Some(RoleRecord {
            user: text("github_user").unwrap_or_else(|| user.to_owned()),
            repository: text("github_repo").unwrap_or_else(|| name.to_owned()),
            branch: text("github_branch").filter(|branch| !branch.is_empty()),
            versions: versions.map(str::to_owned).collect(),
            data: role.clone(),
        }))
    }

    /// An address that may count from the server's.
    fn joined(&self, address: &str) -> String {
        if address.contains("://") {
            return address.to_owned();
        }
        format!("{}/{}", origin(&self.url), address.trim_start_matches('/'))
    }
}

/// The part of an address before its path.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or(url, |end| &url[..start + end])
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn base64(text: &str) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_before_the_path() {
        assert_eq!(origin("https://host:8/api/v3/"), "https://host:8");
        assert_eq!(origin("https://host"), "https://host");
    }
}
