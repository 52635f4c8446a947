use std::path::{Path, PathBuf};
use std::time::Duration;

use module::{
    Arguments, EditedFile, FileArguments, HostPath, Mode, Module, NewContent, Outcome, Presence, WebClient,
    inode_result, mutually_exclusive,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, HttpAddress, Result, System};

/// Adds repositories to apt's sources and removes them, each in a file `/etc/apt/sources.list.d/NAME.sources` (deb822
/// style, sources.list(5)).
///
/// The package lists are not fetched: that is what `apt` with `update_cache` is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deb822Repository {
    /// What the repository is called; the files are named after it, with `-` for blanks.
    name: String,
    /// Whether it shall be there. If not, its key goes as well.
    #[serde(default)]
    state: Presence,
    /// The mode of the file.
    #[serde(default = "readable")]
    mode: Mode,
    /// Programs, their sources, or both.
    #[serde(default = "programs")]
    types: Vec<Type>,
    /// The addresses.
    #[serde(default)]
    uris: Vec<String>,
    /// The releases; or a path below the address, with a slash at its end, and then there are no components.
    #[serde(default)]
    suites: Vec<String>,
    /// The parts of the releases, such as `main`.
    #[serde(default)]
    components: Vec<String>,
    /// The architectures; left out, those that the host knows.
    #[serde(default)]
    architectures: Vec<String>,
    /// What the repository is signed with: the address of a key, which is downloaded to `/etc/apt/keyrings`; the path of a
    /// key file; a key as text; or fingerprints of keys that apt trusts.
    signed_by: Option<String>,
    /// Whether apt uses the repository.
    enabled: Option<bool>,
    /// Trust it without a signature, or do not trust it in spite of one.
    trusted: Option<bool>,
    /// Allow a repository without a signature that can be verified.
    allow_insecure: Option<bool>,
    /// Allow a repository that had a signature to have none.
    allow_downgrade_to_insecure: Option<bool>,
    /// Allow signatures with weak algorithms.
    allow_weak: Option<bool>,
    /// Whether lists are fetched by their checksums.
    by_hash: Option<bool>,
    /// Whether the host's clock is right, so that lists from the future are refused.
    check_date: Option<bool>,
    /// Whether lists that are too old are refused.
    check_valid_until: Option<bool>,
    /// How many seconds from the future lists may be.
    date_max_future: Option<i64>,
    /// Packages that are not taken from here (apt 3.1 and later).
    #[serde(default)]
    exclude: Vec<String>,
    /// The only packages that are taken from here (apt 3.1 and later).
    #[serde(default)]
    include: Vec<String>,
    /// Where the file `InRelease` is, relative to where it usually is.
    inrelease_path: Option<String>,
    /// Languages of which translations are fetched.
    #[serde(default)]
    languages: Vec<String>,
    /// Whether only the differences to older lists are fetched.
    pdiffs: Option<bool>,
    /// What is fetched, such as `Packages`.
    #[serde(default)]
    targets: Vec<String>,
    /// Accepted for compatibility: nothing has to be installed on the host.
    #[serde(default)]
    #[allow(dead_code)]
    install_python_debian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Type {
    /// Programs.
    #[serde(rename = "deb")]
    Deb,
    /// Their sources.
    #[serde(rename = "deb-src")]
    DebSrc,
}

fn readable() -> Mode {
    Mode::new("0644")
}

fn programs() -> Vec<Type> {
    vec![Type::Deb]
}

impl Arguments for Deb822Repository {
    const NAME: &'static str = "deb822_repository";
    const EXAMPLES: &'static str = r#"
- name: Packages of the maker
  deb822_repository:
    name: example
    uris: https://packages.example.org/debian
    suites: "{{ ansible_facts.distribution_release }}"
    components: [main]
    architectures: [amd64]
    signed_by: https://packages.example.org/key.asc
  register: repository

- name: What is in it
  apt:
    update_cache: true
  when: repository is changed
"#;
}

const FOLDER: &str = "/etc/apt/sources.list.d";
const KEYS: &str = "/etc/apt/keyrings";

impl Module for Deb822Repository {
    fn run(self, host: &mut System) -> Result<Outcome> {
        mutually_exclusive(&[("exclude", !self.exclude.is_empty()), ("include", !self.include.is_empty())])?;
        let name = self.name.split_whitespace().collect::<Vec<_>>().join("-");
        if name.is_empty() || name.contains('/') {
            return Err(Error::failed(format!("'{}' can't be the name of a repository's file", self.name)));
        }
        let path = Path::new(FOLDER).join(format!("{name}.sources"));
        let keys = ["gpg", "asc"].map(|end| Path::new(KEYS).join(format!("{name}.{end}")));
        let outcome = Outcome::new().with("dest", path.to_string_lossy().as_ref());
        if self.state == Presence::Absent {
            let key = keys[0].to_string_lossy().into_owned();
            for path in keys.iter().chain([&path]) {
                remove(host, path)?;
            }
            return Ok(outcome.with("key_filename", key).with("repo", None::<&str>));
        }
        let is_address = |text: &&str| text.contains("://") && !text.trim().contains(char::is_whitespace);
        let key = match self.signed_by.as_deref().filter(is_address) {
            Some(address) => Some(fetch_key(host, address.trim(), &keys)?),
            None => None,
        };
        let key = key.map(|path| path.to_string_lossy().into_owned());
        let text = self.text(key.as_deref());
        put(host, &path, text.clone().into_bytes(), self.mode.clone())?;
        let found = host.inode(&path)?;
        inode_result(host, outcome.with("key_filename", key).with("repo", text), &found)
    }
}

impl Deb822Repository {
    /// The content of the file; `key` is where the key is that was downloaded. The order is that of the arguments' names.
    fn text(&self, key: Option<&str>) -> String {
        let flag = |value: Option<bool>| value.map(|value| if value { "yes" } else { "no" }.to_owned());
        let words = |words: &[String]| (!words.is_empty()).then(|| words.join(" "));
        let types = self.types.iter().map(|kind| match kind {
            Type::Deb => "deb",
            Type::DebSrc => "deb-src",
        });
        let fields = [
            ("Allow-Downgrade-To-Insecure", flag(self.allow_downgrade_to_insecure)),
            ("Allow-Insecure", flag(self.allow_insecure)),
            ("Allow-Weak", flag(self.allow_weak)),
            ("Architectures", words(&self.architectures)),
            ("By-Hash", flag(self.by_hash)),
            ("Check-Date", flag(self.check_date)),
            ("Check-Valid-Until", flag(self.check_valid_until)),
            ("Components", words(&self.components)),
            ("Date-Max-Future", self.date_max_future.map(|seconds| seconds.to_string())),
            ("Enabled", flag(self.enabled)),
            ("Exclude", words(&self.exclude)),
            ("Include", words(&self.include)),
            ("Inrelease-Path", self.inrelease_path.clone()),
            ("Languages", words(&self.languages)),
            ("X-Repolib-Name", Some(self.name.clone())),
            ("Pdiffs", flag(self.pdiffs)),
            ("Signed-By", key.or(self.signed_by.as_deref()).map(str::to_owned)),
            ("Suites", words(&self.suites)),
            ("Targets", words(&self.targets)),
            ("Trusted", flag(self.trusted)),
            ("Types", Some(types.collect::<Vec<_>>().join(" "))),
            ("URIs", words(&self.uris)),
        ];
        let present =
            fields.into_iter().filter_map(|(name, value)| Some(format!("{name}:{}\n", folded(&value?))));
        present.collect()
    }
}

/// A field's value behind its colon: several lines are indented, and empty ones have a dot (deb822(5)).
fn folded(value: &str) -> String {
    let value = value.trim();
    if !value.contains('\n') {
        return format!(" {value}");
    }
    let lines = value.lines().map(str::trim_end).map(|line| if line.is_empty() { "." } else { line });
    lines.map(|line| format!("\n    {line}")).collect()
}

/// Downloads a key, and tells where it is: text and bytes have names of their own.
fn fetch_key(host: &mut System, address: &str, [binary, text]: &[PathBuf; 2]) -> Result<PathBuf> {
    // Playbooks look for these words.
    let bytes =
        download(host, address, true).map_err(|error| error.context("Could not fetch signed_by key"))?;
    let is_text = bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP PUBLIC KEY BLOCK-----");
    let (path, other) = if is_text { (text, binary) } else { (binary, text) };
    remove(host, other)?;
    put(host, path, bytes, readable())?;
    Ok(path.clone())
}

/// What is at an address; in a dry run as well.
///
/// # Errors
/// The server can't be reached or has no such thing.
pub(crate) fn download(host: &mut System, address: &str, verify: bool) -> Result<Vec<u8>> {
    if let Some(path) = address.strip_prefix("file://") {
        return host.read(Path::new(path));
    }
    let parsed = HttpAddress::parse(address)
        .ok_or_else(|| Error::failed("the address is none of the kinds http, https and file"))?;
    let client = WebClient { verify, ..WebClient::new(Duration::from_secs(10)) };
    let answer = client.ask(host, "GET", parsed, Vec::new(), None);
    let response = answer
        .map_err(|failure| Error::failed(format!("Request failed: <urlopen error {failure}>")))?
        .response;
    match response.status {
        200 if response.complete => Ok(response.body),
        200 => Err(Error::failed("the server stopped in the middle")),
        status => Err(Error::failed(format!("HTTP Error {status}: {}", response.reason))),
    }
}

/// Writes a file of apt's.
pub(crate) fn put(host: &mut System, path: &Path, bytes: Vec<u8>, mode: Mode) -> Result<()> {
    let own = FileArguments { mode: Some(mode), ..FileArguments::default() };
    let file = EditedFile::open(host, &HostPath::new(path.to_string_lossy()), "utf-8")?;
    file.write(host, NewContent { bytes: Some(bytes), ..own.kept_content() }, own.marks()).map(drop)
}

/// Removes a file of apt's.
pub(crate) fn remove(host: &mut System, path: &Path) -> Result<()> {
    let now = host.inode(path)?;
    host.place(&now, now.clone().removed()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_are_folded() {
        assert_eq!(folded("a b\n"), " a b");
        assert_eq!(folded("a\n\nb\n"), "\n    a\n    .\n    b");
    }
}
