use module::{
    Arguments, EditedFile, FileMarks, HostPath, KnownHost, Module, NewContent, Outcome, Presence, hash_host,
};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};
use value::Value;

/// Adds keys of hosts to a `known_hosts` file of ssh, and removes them.
///
/// A host has at most one key of each kind: another one of the same kind is replaced. Keys of authorities and revoked
/// ones (`@cert-authority`, `@revoked`) replace nothing and are not replaced.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownHosts {
    /// The host, in lower-case or not; with a port as `[host.example]:2222`. It must be one that the key names.
    #[schemars(extend("aliases" = ["host"]))]
    name: String,
    /// The whole line, as `host.example,10.0.0.1 ssh-ed25519 AAAA...`. With `state: absent` it can be left out; then all
    /// keys of the host go.
    key: Option<String>,
    /// Whether the name is written hashed, so that the file does not tell it.
    #[serde(default)]
    hash_host: bool,
    /// The file. It is made if need be, its directory is not.
    #[serde(default = "own_file")]
    path: HostPath,
    /// Whether the key shall be there.
    #[serde(default)]
    state: Presence,
}

fn own_file() -> HostPath {
    HostPath::new("~/.ssh/known_hosts")
}

impl Arguments for KnownHosts {
    const NAME: &'static str = "known_hosts";
    const EXAMPLES: &'static str = r#"
- name: The forge is known to everybody
  known_hosts:
    path: /etc/ssh/ssh_known_hosts
    name: git.example.org
    key: git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIzlnSq5ESxLgW0avvPk3j7zLV59hcAPkxrMNdnZMKP2

- name: The old machine is forgotten
  known_hosts:
    name: old.example.org
    state: absent
"#;
}

impl Module for KnownHosts {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let name = self.name.to_lowercase();
        if name.contains(',') {
            // Playbooks look for these words.
            return Err(Error::failed(
                "Comma separated list of names is not supported. Please pass a single name to lookup in the known_hosts file.",
            ));
        }
        let key = match &self.key {
            Some(key) => Some(self.line(host, &name, key)?),
            None if self.state == Presence::Present => {
                return Err(Error::failed("No key specified when adding a host"));
            }
            None => None,
        };
        let file = EditedFile::open(host, &self.path, "utf-8")?;
        let before = String::from_utf8_lossy(file.content()).into_owned();
        let after = self.edited(&before, &name, key);
        let shown = self.path.expand(host)?.to_string_lossy().into_owned();
        let diff = Value::map([
            ("before_header", Value::from(shown.as_str())),
            ("after_header", Value::from(shown.as_str())),
            ("before", Value::from(before.as_str())),
            ("after", Value::from(after.as_str())),
        ]);
        if after != before {
            let new = NewContent { bytes: Some(after.into_bytes()), ..NewContent::default() };
            file.write(host, new, FileMarks::default())?;
        }
        Ok(Outcome::new()
            .with("name", name)
            .with("key", self.key)
            .with("path", shown)
            .with("state", self.state.word())
            .with("hash_host", self.hash_host)
            .with("diff", diff))
    }
}

impl KnownHosts {
    /// The key as it is to stand in the file.
    fn line(&self, host: &mut System, name: &str, written: &str) -> Result<KnownHost> {
        let key = KnownHost::parse(written.trim()).ok_or_else(|| {
            Error::failed("Host parameter does not match hashed host field in supplied key").with("rc", 255)
        })?;
        if !key.is_about(name) && key.hosts.to_lowercase() != name {
            return Err(Error::failed("Host parameter does not match hashed host field in supplied key")
                .with("rc", 1));
        }
        if !self.hash_host || key.is_hashed() {
            return Ok(key);
        }
        let mut salt = Vec::new();
        for _ in 0..3 {
            salt.extend(host.unguessable()?.to_le_bytes());
        }
        salt.truncate(20);
        let hosts = hash_host(name, &salt).ok_or_else(|| Error::failed("the name can't be hashed"))?;
        Ok(KnownHost { hosts, ..key })
    }

    /// The file's new content. What is replaced goes, what is new comes last.
    fn edited(&self, before: &str, name: &str, key: Option<KnownHost>) -> String {
        let about =
            |line: &str| KnownHost::parse(line).filter(|found| found.is_about(name) || found.hosts == name);
        let without = |keep: &dyn Fn(&KnownHost) -> bool| {
            before
                .split_inclusive('\n')
                .filter(|line| about(line).is_none_or(|found| keep(&found)))
                .collect::<String>()
        };
        let Some(key) = key else { return without(&|_| false) };
        let same = |found: &KnownHost| {
            let hosts = found.hosts == key.hosts || (key.is_hashed() && found.is_hashed());
            hosts && KnownHost { hosts: key.hosts.clone(), ..found.clone() } == key
        };
        let replaced =
            |found: &KnownHost| found.marker.is_none() && key.marker.is_none() && found.kind == key.kind;
        let has_it = before.lines().filter_map(about).any(|found| same(&found));
        match self.state {
            Presence::Present if has_it => before.to_owned(),
            Presence::Absent if has_it => without(&|found| !same(found)),
            Presence::Absent => without(&|found| !replaced(found)),
            Presence::Present => {
                let mut after = without(&|found| !replaced(found));
                if !after.is_empty() && !after.ends_with('\n') {
                    after.push('\n');
                }
                let written = match &self.key {
                    Some(written) if !self.hash_host => written.trim().to_owned(),
                    _ => {
                        let marker = key.marker.iter().map(String::as_str);
                        let words: Vec<&str> =
                            marker.chain([key.hosts.as_str(), &key.kind, &key.key]).collect();
                        words.join(" ")
                    }
                };
                after + &written + "\n"
            }
        }
    }
}
