use std::path::{Path, PathBuf};

use module::{Arguments, HostPath, Mode, Module, OpenPgpKey, Outcome, Presence, mutually_exclusive};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};
use value::Value;

use crate::deb822_repository::{download, put, remove};

/// Adds keys to those whose signatures apt trusts for every repository, and removes them.
///
/// Better is a key that is trusted for its own repository only, as `deb822_repository` writes it. The keyrings are read
/// and written directly, so that neither `apt-key`, which newer releases do not have, nor `gpg` is needed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AptKey {
    /// The key: its fingerprint, or the last 16 or 8 digits of it. If it is there already, nothing is downloaded.
    id: Option<String>,
    /// The address of the key.
    url: Option<String>,
    /// The key as text.
    data: Option<String>,
    /// A file on the host with the key.
    file: Option<HostPath>,
    /// A server that has the key `id`.
    keyserver: Option<String>,
    /// The keyring; left out, new keys come into `/etc/apt/trusted.gpg`, and old ones go from wherever they are.
    keyring: Option<HostPath>,
    /// Whether the key is trusted.
    #[serde(default)]
    state: Presence,
    /// For addresses of `https`: whether the server's certificate is checked.
    #[serde(default = "yes")]
    validate_certs: bool,
}

fn yes() -> bool {
    true
}

impl Arguments for AptKey {
    const NAME: &'static str = "apt_key";
    const EXAMPLES: &'static str = r#"
- name: The key of the maker
  apt_key:
    url: https://packages.example.org/key.asc
    id: 95885E9C37D9C9AB2E78B87787A19405C855BF28
    keyring: /etc/apt/trusted.gpg.d/example.gpg

- name: A key that is trusted no more
  apt_key:
    id: "0x87A19405C855BF28"
    state: absent
"#;
}

const USUAL_KEYRING: &str = "/etc/apt/trusted.gpg";
const FOLDER: &str = "/etc/apt/trusted.gpg.d";

// Playbooks look for the words of the failures.
impl Module for AptKey {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let sources = [
            ("data", self.data.is_some()),
            ("file", self.file.is_some()),
            ("keyserver", self.keyserver.is_some()),
            ("url", self.url.is_some()),
        ];
        mutually_exclusive(&sources)?;
        let has_source = sources.iter().any(|(_, given)| *given);
        let named = self.id.as_deref().map(KeyId::parse).transpose()?;
        let mut keyrings = self.keyrings(host)?;
        let (id, new) = match named {
            Some(id) => (id, None),
            None if self.state == Presence::Absent || !has_source || self.keyserver.is_some() => {
                return Err(Error::failed("Invalid key_id").with("id", Value::Null));
            }
            None => {
                let new = self.obtain(host, None)?;
                let first = new.first().and_then(|key| key.ids().next().map(str::to_owned));
                (KeyId { text: first.unwrap_or_default() }, Some(new))
            }
        };
        let before = id.listed(&keyrings);
        let is_there = keyrings.iter().any(|keyring| keyring.keys.iter().any(|key| key.has(&id.text)));
        if is_there != (self.state == Presence::Present) {
            match self.state {
                Presence::Present if !has_source => {
                    return Err(Error::failed(
                        "No key to add: it is in no keyring, and none of url, data, file and keyserver says where to get it",
                    ));
                }
                Presence::Present => {
                    let new = match new {
                        Some(new) => new,
                        None => self.obtain(host, Some(&id))?,
                    };
                    self.add(host, &mut keyrings, &id, new)?;
                }
                Presence::Absent => take_away(host, &mut keyrings, &id)?,
            }
        }
        let after = id.listed(&keyrings);
        let outcome = Outcome::new()
            .with("id", self.id.as_deref().unwrap_or(&id.text))
            .with("key_id", id.text.as_str())
            .with("fp", id.ending(16))
            .with("short_id", id.ending(8))
            .with("before", Value::list(before.iter().map(String::as_str)));
        let has_changed = before != after;
        Ok(outcome.with_some("after", has_changed.then(|| Value::list(after.iter().map(String::as_str)))))
    }
}

impl AptKey {
    /// The keyrings that are meant.
    fn keyrings(&self, host: &mut System) -> Result<Vec<Keyring>> {
        if let Some(path) = &self.keyring {
            let path = path.expand(host)?;
            return Ok(vec![Keyring::read(host, path)?]);
        }
        let folder = Path::new(FOLDER);
        let names = match host.follow(folder)? {
            Some(_) => host.list(folder)?,
            None => Vec::new(),
        };
        let names = names.into_iter().filter(|name| name.ends_with(".gpg") || name.ends_with(".asc"));
        let paths = std::iter::once(PathBuf::from(USUAL_KEYRING)).chain(names.map(|name| folder.join(name)));
        paths.map(|path| Keyring::read(host, path)).collect()
    }

    /// The keys that the arguments lead to.
    fn obtain(&self, host: &mut System, id: Option<&KeyId>) -> Result<Vec<OpenPgpKey>> {
        let (content, place) = if let Some(data) = &self.data {
            (data.clone().into_bytes(), "inline data".to_owned())
        } else if let Some(file) = &self.file {
            let path = file.expand(host)?;
            let place = path.display().to_string();
            let is_there = host.follow(&path)?.is_some();
            (if is_there { host.read(&path)? } else { Vec::new() }, place)
        } else if let Some(url) = &self.url {
            let content = download(host, url, self.validate_certs);
            (content.map_err(|error| error.context(format!("Failed to download key at {url}")))?, url.clone())
        } else {
            let server = self.keyserver.clone().unwrap_or_default();
            let id = id.map_or("", |id| id.text.as_str());
            let content = download(host, &keyserver_address(&server, id), self.validate_certs);
            let failed =
                |error: Error| error.context(format!("Error fetching key {id} from keyserver: {server}"));
            (content.map_err(failed)?, server)
        };
        OpenPgpKey::read_all(&content).ok_or_else(|| {
            Error::failed(format!("Unable to extract key from '{place}': there is no public key in it"))
        })
    }

    fn add(
        &self,
        host: &mut System,
        keyrings: &mut [Keyring],
        id: &KeyId,
        new: Vec<OpenPgpKey>,
    ) -> Result<()> {
        if !new.iter().any(|key| key.has(&id.text)) {
            let found: Vec<&str> = new.iter().filter_map(|key| key.ids().next()).collect();
            let message = format!(
                "the key {} is not in what was fetched, but {}: check that the id is correct",
                id.text,
                found.join(", ")
            );
            return Err(Error::failed(message));
        }
        // With `keyring` there is one; without it, the usual one comes first.
        let Some(keyring) = keyrings.first_mut() else { return Ok(()) };
        for key in new {
            let own = key.ids().next().unwrap_or_default();
            if !keyring.keys.iter().any(|found| found.is_called(own)) {
                keyring.keys.push(key);
            }
        }
        keyring.write(host)
    }
}

/// The address at which a key server has a key, as gpg understands the server's name.
fn keyserver_address(server: &str, id: &str) -> String {
    let (scheme, name) = server.split_once("://").unwrap_or(("hkp", server));
    let name = name.trim_end_matches('/');
    let base = match scheme {
        "hkp" if name.contains(':') => format!("http://{name}"),
        "hkp" => format!("http://{name}:11371"),
        "hkps" => format!("https://{name}"),
        other => format!("{other}://{name}"),
    };
    format!("{base}/pks/lookup?op=get&options=mr&search=0x{id}")
}

fn take_away(host: &mut System, keyrings: &mut [Keyring], id: &KeyId) -> Result<()> {
    for keyring in keyrings.iter_mut().filter(|keyring| keyring.keys.iter().any(|key| key.has(&id.text))) {
        if !keyring.keys.iter().any(|key| key.is_called(&id.text)) {
            let message = format!(
                "{} is a subkey, which does not go alone: give the id of the key that it belongs to",
                id.text
            );
            return Err(Error::failed(message));
        }
        keyring.keys.retain(|key| !key.is_called(&id.text));
        keyring.write(host)?;
    }
    Ok(())
}

/// A key's name: 8, 16 or 40 digits in upper case.
struct KeyId {
    text: String,
}

impl KeyId {
    fn parse(text: &str) -> Result<KeyId> {
        let id = text.trim().to_uppercase();
        let id = id.strip_prefix("0X").unwrap_or(&id).to_owned();
        let is_one = matches!(id.len(), 8 | 16 | 40) && id.bytes().all(|digit| digit.is_ascii_hexdigit());
        let failed = || Error::failed("Invalid key_id").with("id", text);
        if is_one { Ok(KeyId { text: id }) } else { Err(failed()) }
    }

    /// The last digits, or all if there are fewer.
    fn ending(&self, digits: usize) -> &str {
        &self.text[self.text.len().saturating_sub(digits)..]
    }

    /// The identifiers of all keys and subkeys, as long as this one is, up to 16 digits.
    fn listed(&self, keyrings: &[Keyring]) -> Vec<String> {
        let skip = if self.text.len() == 8 { 8 } else { 0 };
        let keys = keyrings.iter().flat_map(|keyring| &keyring.keys);
        keys.flat_map(OpenPgpKey::ids).map(|id| id[skip..].to_owned()).collect()
    }
}

/// A file with keys.
struct Keyring {
    path: PathBuf,
    keys: Vec<OpenPgpKey>,
    /// There is something else in it.
    is_strange: bool,
}

impl Keyring {
    /// What can't be read, apt does not trust either.
    fn read(host: &mut System, path: PathBuf) -> Result<Keyring> {
        let content = match host.follow(&path)? {
            Some(_) => host.read(&path)?,
            None => Vec::new(),
        };
        let keys = OpenPgpKey::read_all(&content);
        let is_strange = keys.is_none() && !content.is_empty();
        if is_strange {
            host.warn(format!("{} is no keyring that apt reads", path.display()));
        }
        Ok(Keyring { path, keys: keys.unwrap_or_default(), is_strange })
    }

    /// One in which nothing is left goes.
    fn write(&self, host: &mut System) -> Result<()> {
        if self.is_strange {
            let message = format!("{} is no keyring, and is not written over", self.path.display());
            return Err(Error::failed(message));
        }
        if self.keys.is_empty() {
            return remove(host, &self.path);
        }
        let is_text = self.path.extension().is_some_and(|end| end == "asc");
        let content = match is_text {
            true => OpenPgpKey::to_text(&self.keys).into_bytes(),
            false => OpenPgpKey::to_bytes(&self.keys),
        };
        put(host, &self.path, content, Mode::new("0644"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_servers_have_addresses() {
        for (server, base) in [
            ("keys.example", "http://keys.example:11371"),
            ("hkp://keys.example:80", "http://keys.example:80"),
            ("hkps://keys.example/", "https://keys.example"),
            ("https://keys.example", "https://keys.example"),
        ] {
            let address = format!("{base}/pks/lookup?op=get&options=mr&search=0xAB");
            assert_eq!(keyserver_address(server, "AB"), address);
        }
    }

    #[test]
    fn ids_have_eight_sixteen_or_forty_digits() {
        let id = |text| KeyId::parse(text).ok().map(|id| id.text);
        assert_eq!(id("0xc855bf28").as_deref(), Some("C855BF28"));
        assert_eq!(id("87A19405C855BF28").as_deref(), Some("87A19405C855BF28"));
        for text in ["", "1234", "XYZXYZXY", "é34567"] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
