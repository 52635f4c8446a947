use std::path::Path;

use module::{Arguments, HostPath, Module, OpenPgpKey, Outcome, Presence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Identity, Result, State, System};

use crate::deb822_repository::download;

/// Adds keys to those whose signatures rpm trusts, and removes them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RpmKey {
    /// The key: an address, or a file on the host; to remove it, its fingerprint or identifier will do as well.
    key: String,
    /// Fingerprints that the key, or a subkey of it, must have.
    #[serde(default)]
    fingerprint: Vec<String>,
    /// Whether the key is trusted.
    #[serde(default)]
    state: Presence,
    /// For an address of `https`: whether the server's certificate is checked.
    #[serde(default = "yes")]
    validate_certs: bool,
}

fn yes() -> bool {
    true
}

impl Arguments for RpmKey {
    const NAME: &'static str = "rpm_key";
    const EXAMPLES: &'static str = r#"
- name: The key of the maker
  rpm_key:
    key: https://packages.example.org/key.asc
    fingerprint: 9588 5E9C 37D9 C9AB 2E78 B877 87A1 9405 C855 BF28

- name: A key that is trusted no more
  rpm_key:
    key: c855bf28
    state: absent
"#;
}

// Playbooks look for the words of the failures.
impl Module for RpmKey {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let trusted = TrustedKeys::read(host)?;
        match (self.id(), self.state) {
            (Some(_), Presence::Present) => {
                return Err(Error::failed("When importing a key, a valid file must be given"));
            }
            (Some(id), Presence::Absent) => {
                for name in trusted.called(|name| is_named(name, &id)) {
                    trusted.set(host, name, None)?;
                }
            }
            (None, state) => {
                for key in self.keys(host)? {
                    let found = trusted.called(|name| key.is_called(&name.to_uppercase()));
                    match state {
                        Presence::Absent => {
                            for name in found {
                                trusted.set(host, name, None)?;
                            }
                        }
                        Presence::Present if found.is_empty() => {
                            let id = key.ids().next().unwrap_or_default().to_lowercase();
                            let name = id.get(id.len().saturating_sub(8)..).unwrap_or(&id);
                            trusted.set(host, name, Some(&key))?;
                        }
                        Presence::Present => {}
                    }
                }
            }
        }
        Ok(Outcome::new())
    }
}

impl RpmKey {
    /// The digits, if the key is named by its identifier or fingerprint.
    fn id(&self) -> Option<String> {
        let id: String = self.key.split_whitespace().collect();
        let id = id.strip_prefix("0x").or(id.strip_prefix("0X")).unwrap_or(&id);
        let is_one =
            matches!(id.len(), 8 | 16 | 40 | 64) && id.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_one.then(|| id.to_lowercase())
    }

    /// The keys at the address or in the file.
    fn keys(&self, host: &mut System) -> Result<Vec<OpenPgpKey>> {
        let key = &self.key;
        let content = if key.contains("://") {
            let content = download(host, key, self.validate_certs);
            content.map_err(|error| error.context(format!("failed to fetch key at {key} , error was")))?
        } else {
            let path = HostPath::new(key.as_str()).expand(host)?;
            if host.follow(&path)?.is_none_or(|found| !found.is_file()) {
                return Err(Error::failed(format!("Not a valid key {key}")));
            }
            host.read(&path)?
        };
        let keys = OpenPgpKey::read_all(&content);
        let keys = keys
            .ok_or_else(|| Error::failed(format!("Not a valid key {key}: there is no public key in it")))?;
        for fingerprint in &self.fingerprint {
            let digits: String = fingerprint.split_whitespace().collect::<String>().to_uppercase();
            if !keys.iter().any(|key| key.has(&digits)) {
                return Err(Error::failed(format!(
                    "The specified fingerprint, '{fingerprint}', does not match any key fingerprints in {key}"
                )));
            }
        }
        Ok(keys)
    }
}

/// Whether digits are the end of a key's name, or this of them; the longest fingerprints have their identifier in front.
fn is_named(name: &str, id: &str) -> bool {
    let (name, id) = (name.to_lowercase(), id.to_lowercase());
    let (long, short) = if name.len() > id.len() { (&name, &id) } else { (&id, &name) };
    if long.len() == 64 { long.starts_with(short) } else { long.ends_with(short) }
}

/// The names of the keys that rpm trusts: the end of their fingerprints, or all of it.
struct TrustedKeys {
    names: Vec<String>,
}

impl TrustedKeys {
    fn read(host: &mut System) -> Result<TrustedKeys> {
        let mut names = Vec::new();
        if host.rpm_database_folder(Path::new("/"))?.is_some() {
            let command = Command::new(["rpm", "-q", "gpg-pubkey", "--queryformat", r"%{VERSION}\n"]);
            // Without any key it is a failure.
            let output = host.query(&command.env("LC_ALL", "C.UTF-8"))?;
            if output.success() {
                names.extend(output.stdout().lines().map(str::to_owned));
            }
        }
        for (name, state) in host.predicted(Trust::KIND) {
            names.retain(|found| *found != name);
            if !state.is_null() {
                names.push(name);
            }
        }
        Ok(TrustedKeys { names })
    }

    fn called(&self, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
        self.names.iter().map(String::as_str).filter(|name| is_meant(name)).collect()
    }

    /// Lets rpm trust a key, or trust it no more.
    fn set(&self, host: &mut System, name: &str, key: Option<&OpenPgpKey>) -> Result<()> {
        host.require_root("change the keys of rpm")?;
        let trust = |trusted| Trust { name: name.to_owned(), trusted };
        let text = key.map(|key| OpenPgpKey::to_text(std::slice::from_ref(key)));
        host.settle_by(&trust(text.is_none()), trust(text.is_some()), |backend, _, _| match &text {
            Some(text) => import(backend, text),
            None => rpm(backend, &["-e", "--allmatches", &format!("gpg-pubkey-{name}")]),
        })?;
        Ok(())
    }
}

fn import(backend: &mut dyn Backend, text: &str) -> Result<()> {
    let folder =
        backend.private_directory().map_err(|error| Error::from_io("can't make a private folder", error))?;
    let path = folder.join("key.asc");
    let Identity { uid, gid, .. } = backend.identity();
    let written = backend.write(&path, text.as_bytes(), 0o600, uid, gid);
    written.map_err(|error| Error::io("can't write", &path, error))?;
    let outcome = rpm(backend, &["--import", &path.to_string_lossy()]);
    backend.remove(&path).map_err(|error| Error::io("can't remove", &path, error))?;
    outcome
}

fn rpm(backend: &mut dyn Backend, words: &[&str]) -> Result<()> {
    let command = Command::new(["rpm"]).args(words.iter().copied());
    let output = backend.run(&command).map_err(|error| Error::failed(format!("can't run rpm: {error}")))?;
    output.checked("rpm does not take the change of its keys").map(drop)
}

/// Whether rpm trusts a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Trust {
    name: String,
    trusted: bool,
}

impl State for Trust {
    const KIND: &'static str = "rpm key";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(_: &mut System, name: &str) -> Result<Trust> {
        Ok(Trust::absent(name))
    }

    fn absent(name: &str) -> Trust {
        Trust { name: name.to_owned(), trusted: false }
    }

    fn is_absent(&self) -> bool {
        !self.trusted
    }

    fn bring_about(_: &mut dyn Backend, _: &Trust, _: &Trust) -> Result<()> {
        Err(Error::failed("keys of rpm are changed by its module only"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_short_and_long_names() {
        let (four, six) = (
            "95885e9c37d9c9ab2e78b87787a19405c855bf28",
            "451a6dbe3b0f51eafbef3585d53f027762a6c0dea0a84ee57db387b016514bbc",
        );
        for (name, id, is) in [
            ("c855bf28", four, true),
            (four, "C855BF28", true),
            (four, "87a19405c855bf28", true),
            (four, "95885e9c", false),
            (six, "451a6dbe3b0f51ea", true),
            (six, "16514bbc", false),
        ] {
            assert_eq!(is_named(name, id), is, "{name} {id}");
        }
    }
}
