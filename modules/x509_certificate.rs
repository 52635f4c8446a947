use std::path::Path;
use std::time::SystemTime;

use module::{Arguments, FileArguments, HostPath, MadeFile, Module, Outcome, Presence, back_up};
use pki::{Certificate, Digest, Issue, Issuer, KeyText, PrivateKey, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, System};
use value::{Unknown, Value};

mod moment;

/// Makes a certificate: one that its own key signs, or one that a CA of yours signs.
///
/// The host needs no program for it. A certificate that already says what is asked for, and is signed with the same
/// key, stays. A dry run says that there will be a certificate, and can't know which: its number is new.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct X509Certificate {
    /// The file of the certificate.
    path: HostPath,
    /// Whether the file shall be there.
    #[serde(default)]
    state: Presence,
    /// Who signs: the key itself, or a CA of yours.
    provider: Option<Provider>,
    /// The file of the request that says what stands in the certificate.
    csr_path: Option<HostPath>,
    /// The request itself, instead of its file.
    csr_content: Option<String>,
    /// The file of the private key.
    privatekey_path: Option<HostPath>,
    /// The private key itself, instead of its file.
    privatekey_content: Option<String>,
    /// What protects the private key.
    privatekey_passphrase: Option<String>,
    /// For `selfsigned`: from when it holds, as `+0s` from now on or as `20300131235959Z`.
    #[schemars(extend("aliases" = ["selfsigned_notBefore"]))]
    #[serde(default = "now")]
    selfsigned_not_before: String,
    /// For `selfsigned`: until when it holds.
    #[schemars(extend("aliases" = ["selfsigned_notAfter"]))]
    #[serde(default = "ten_years")]
    selfsigned_not_after: String,
    /// For `selfsigned`: what is signed, `sha256`, `sha384` or `sha512`.
    #[serde(default = "sha256")]
    selfsigned_digest: String,
    /// For `selfsigned`: the version; there is no other.
    #[serde(default = "three")]
    #[allow(dead_code)]
    selfsigned_version: u8,
    /// For `selfsigned`: whether the certificate tells its key from others.
    #[serde(default)]
    selfsigned_create_subject_key_identifier: SubjectKey,
    /// For `ownca`: the file of the CA's certificate.
    ownca_path: Option<HostPath>,
    /// For `ownca`: the CA's certificate itself, instead of its file.
    ownca_content: Option<String>,
    /// For `ownca`: the file of the CA's private key.
    ownca_privatekey_path: Option<HostPath>,
    /// For `ownca`: the CA's private key itself, instead of its file.
    ownca_privatekey_content: Option<String>,
    /// For `ownca`: what protects the CA's private key.
    ownca_privatekey_passphrase: Option<String>,
    /// For `ownca`: from when it holds.
    #[serde(default = "now")]
    ownca_not_before: String,
    /// For `ownca`: until when it holds.
    #[serde(default = "ten_years")]
    ownca_not_after: String,
    /// For `ownca`: what is signed.
    #[serde(default = "sha256")]
    ownca_digest: String,
    /// For `ownca`: the version; there is no other.
    #[serde(default = "three")]
    #[allow(dead_code)]
    ownca_version: u8,
    /// For `ownca`: whether the certificate tells its key from others.
    #[serde(default)]
    ownca_create_subject_key_identifier: SubjectKey,
    /// For `ownca`: whether the certificate tells the CA's key from others.
    #[serde(default = "yes")]
    ownca_create_authority_key_identifier: bool,
    /// Leave a certificate alone that only differs in its times.
    #[serde(default = "yes")]
    ignore_timestamps: bool,
    /// Make a new certificate each time.
    #[serde(default)]
    force: bool,
    /// Keep what is replaced or removed beside it.
    #[serde(default)]
    backup: bool,
    /// Give the certificate as `certificate`.
    #[serde(default)]
    return_content: bool,
    /// Taken, and means nothing.
    #[serde(default = "auto")]
    #[allow(dead_code)]
    select_crypto_backend: String,
    #[serde(flatten)]
    file: FileArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Provider {
    Selfsigned,
    Ownca,
    Acme,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum SubjectKey {
    #[default]
    CreateIfNotProvided,
    AlwaysCreate,
    NeverCreate,
}

fn now() -> String {
    "+0s".to_owned()
}

fn ten_years() -> String {
    "+3650d".to_owned()
}

fn sha256() -> String {
    "sha256".to_owned()
}

fn auto() -> String {
    "auto".to_owned()
}

fn three() -> u8 {
    3
}

fn yes() -> bool {
    true
}

impl Arguments for X509Certificate {
    const NAME: &'static str = "x509_certificate";
    const EXAMPLES: &'static str = r#"
- name: A certificate to begin with
  x509_certificate:
    path: /etc/ssl/www.example.com.pem
    provider: selfsigned
    privatekey_path: /etc/ssl/private/www.example.com.key
    csr_path: /etc/ssl/www.example.com.csr

- name: One that our own CA signs
  x509_certificate:
    path: /etc/ssl/db.example.com.pem
    provider: ownca
    csr_path: /etc/ssl/db.example.com.csr
    ownca_path: /etc/ssl/ca.pem
    ownca_privatekey_path: /etc/ssl/private/ca.key
    ownca_not_after: +90d
"#;
}

/// What the certificate is made of.
struct Ingredients {
    key: PrivateKey,
    request: Option<Request>,
    authority: Option<Certificate>,
}

impl Module for X509Certificate {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let path = self.path.expand(host)?;
        let mut outcome = Outcome::new()
            .with("filename", path.to_string_lossy().as_ref())
            .with("privatekey", self.privatekey_path.as_ref().map(HostPath::as_str))
            .with("csr", self.csr_path.as_ref().map(HostPath::as_str));
        let found = host.inode(&path)?;
        let keep = |host: &mut System, outcome: Outcome| -> Result<Outcome> {
            match self.backup && !found.is_absent() {
                true => Ok(outcome.with("backup_file", back_up(host, &path)?.to_string_lossy().as_ref())),
                false => Ok(outcome),
            }
        };
        if self.state == Presence::Absent {
            outcome = keep(host, outcome)?;
            if !found.is_absent() {
                host.place(&found, found.clone().removed())?;
            }
            return Ok(outcome);
        }
        let (from, until) = self.times(host)?;
        let digest = self.digest()?;
        // In a dry run, what is made of what is not known yet is not known either, but it is made.
        let ingredients = match self.ingredients(host) {
            Ok(ingredients) => Some(ingredients),
            Err(Error::Unknown(_)) => None,
            Err(error) => return Err(error),
        };
        let issue = ingredients.as_ref().map(|ingredients| self.issue(ingredients, digest));
        let stays = match &issue {
            Some(issue) if !self.force => self.stays(host, &path, issue, (from, until))?,
            _ => false,
        };
        if !stays {
            outcome = keep(host, outcome)?;
            let unknown = "a certificate that has not been made yet";
            MadeFile { file: &self.file, permissions: 0o644, unknown }.put(host, &found, || {
                let issue = issue.as_ref().ok_or_else(|| Error::failed("there is no key"))?;
                let made = issue.signed(from, until).map_err(failed)?;
                Ok(made.text().map_err(failed)?.into_bytes())
            })?;
        }
        let there = host.inode(&path)?;
        let want = self.file.applied_to(host, there.clone())?;
        host.place(&there, want)?;
        self.file.marks().settle(host, &path)?;
        if self.provider == Some(Provider::Ownca) {
            outcome = outcome
                .with("ca_cert", self.ownca_path.as_ref().map(HostPath::as_str))
                .with("ca_privatekey", self.ownca_privatekey_path.as_ref().map(HostPath::as_str));
        }
        self.told(host, outcome, &path)
    }
}

impl X509Certificate {
    fn provider(&self) -> Result<Provider> {
        match self.provider {
            Some(Provider::Acme) => {
                Err(Error::failed("the provider 'acme' is not supported; 'selfsigned' and 'ownca' are"))
            }
            Some(provider) => Ok(provider),
            // Playbooks look for these words.
            None => Err(Error::failed("state is present but all of the following are missing: provider")),
        }
    }

    fn times(&self, host: &System) -> Result<(SystemTime, SystemTime)> {
        let (from, until) = match self.provider()? {
            Provider::Ownca => (&self.ownca_not_before, &self.ownca_not_after),
            _ => (&self.selfsigned_not_before, &self.selfsigned_not_after),
        };
        let read = |text: &str| {
            moment::read(text, host.now())
                .ok_or_else(|| Error::failed(format!("The time spec \"{text}\" is not valid")))
        };
        Ok((read(from)?, read(until)?))
    }

    fn digest(&self) -> Result<Digest> {
        let word = match self.provider()? {
            Provider::Ownca => &self.ownca_digest,
            _ => &self.selfsigned_digest,
        };
        Digest::named(word)
            .ok_or_else(|| Error::failed(format!("The digest {word} is not supported with the provider")))
    }

    fn ingredients(&self, host: &mut System) -> Result<Ingredients> {
        let request = either(host, "certificate signing request", &self.csr_path, &self.csr_content)?;
        let request = request.map(|bytes| Request::parse(&bytes).map_err(failed)).transpose()?;
        let key = either(host, "private key", &self.privatekey_path, &self.privatekey_content)?;
        let key = key
            .map(|bytes| KeyText::parse(&bytes, self.privatekey_passphrase.as_deref()).map_err(failed))
            .transpose()?
            .map(|found| found.key);
        if request.as_ref().is_some_and(|request| !request.is_signed()) {
            return Err(Error::failed("the certificate signing request is not signed with its own key"));
        }
        if let (Some(request), Some(key)) = (&request, &key)
            && request.public_key() != key.public_key().map_err(failed)?
        {
            return Err(Error::failed("the certificate signing request is not for the private key"));
        }
        if self.provider()? != Provider::Ownca {
            let key = key.ok_or_else(|| {
                Error::failed(
                    "One of privatekey_path and privatekey_content must be specified for the selfsigned provider.",
                )
            })?;
            return Ok(Ingredients { key, request, authority: None });
        }
        let missing = |what: &str| Error::failed(format!("{what} must be specified for the ownca provider."));
        if request.is_none() {
            return Err(missing("csr_path or csr_content"));
        }
        let authority = either(host, "CA certificate", &self.ownca_path, &self.ownca_content)?
            .ok_or_else(|| missing("One of ownca_path and ownca_content"))?;
        let authority = Certificate::parse(&authority).map_err(failed)?;
        let key =
            either(host, "CA private key", &self.ownca_privatekey_path, &self.ownca_privatekey_content)?
                .ok_or_else(|| missing("One of ownca_privatekey_path and ownca_privatekey_content"))?;
        let key = KeyText::parse(&key, self.ownca_privatekey_passphrase.as_deref()).map_err(failed)?.key;
        if key.public_key().map_err(failed)? != authority.public_key() {
            // Playbooks look for these words.
            return Err(Error::failed("The CA private key does not belong to the CA certificate"));
        }
        Ok(Ingredients { key, request, authority: Some(authority) })
    }

    fn issue<'a>(&self, ingredients: &'a Ingredients, digest: Digest) -> Issue<'a> {
        let subject_key = match &ingredients.authority {
            Some(_) => self.ownca_create_subject_key_identifier,
            None => self.selfsigned_create_subject_key_identifier,
        };
        Issue {
            request: ingredients.request.as_ref(),
            issuer: Issuer { key: &ingredients.key, certificate: ingredients.authority.as_ref() },
            digest,
            subject_key: match subject_key {
                SubjectKey::CreateIfNotProvided => Some(false),
                SubjectKey::AlwaysCreate => Some(true),
                SubjectKey::NeverCreate => None,
            },
            authority_key: self.ownca_create_authority_key_identifier,
        }
    }

    fn stays(
        &self,
        host: &mut System,
        path: &Path,
        issue: &Issue<'_>,
        times: (SystemTime, SystemTime),
    ) -> Result<bool> {
        if host.follow(path)?.is_none() {
            return Ok(false);
        }
        let Ok(there) = Certificate::parse(&host.read(path)?) else { return Ok(false) };
        let seconds =
            |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let (from, until) = there.validity();
        let same_times = (seconds(from), seconds(until)) == (seconds(times.0), seconds(times.1));
        Ok((self.ignore_timestamps || same_times) && issue.is_done_by(&there).unwrap_or(false))
    }

    /// What the certificate tells; in a dry run that would make it, nobody knows.
    fn told(&self, host: &mut System, outcome: Outcome, path: &Path) -> Result<Outcome> {
        let all = |outcome: Outcome, unknown: Unknown| {
            let outcome = ["notBefore", "notAfter", "serial_number"]
                .into_iter()
                .fold(outcome, |outcome, key| outcome.with(key, unknown.clone()));
            if self.return_content { outcome.with("certificate", unknown) } else { outcome }
        };
        let bytes = match host.read(path) {
            Ok(bytes) => bytes,
            Err(Error::Unknown(unknown)) => return Ok(all(outcome, host.caused(unknown))),
            Err(error) => return Err(error),
        };
        let certificate = Certificate::parse(&bytes).map_err(failed)?;
        let (from, until) = certificate.validity();
        let serial = num_bigint::BigInt::parse_bytes(certificate.serial().as_bytes(), 16);
        let outcome = outcome
            .with("notBefore", moment::write(from))
            .with("notAfter", moment::write(until))
            .with("serial_number", serial.map(Value::integer));
        Ok(match self.return_content {
            true => outcome.with("certificate", String::from_utf8_lossy(&bytes).as_ref()),
            false => outcome,
        })
    }
}

/// What a file holds, or what was given instead of it.
fn either(
    host: &mut System,
    what: &str,
    path: &Option<HostPath>,
    content: &Option<String>,
) -> Result<Option<Vec<u8>>> {
    match (path, content) {
        (Some(_), Some(_)) => Err(Error::failed(format!("the {what} is given both by its path and itself"))),
        (None, content) => Ok(content.clone().map(String::into_bytes)),
        (Some(path), None) => {
            let path = path.expand(host)?;
            if host.follow(&path)?.is_none() {
                // Playbooks look for these words.
                return Err(Error::failed(format!("The {what} file {} does not exist", path.display())));
            }
            host.read(&path).map(Some)
        }
    }
}

fn failed(error: pki::Error) -> Error {
    Error::failed(error.to_string())
}
