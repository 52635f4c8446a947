use std::path::PathBuf;
use std::time::SystemTime;

use diag::{Error, Result};
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};

use super::known_hosts::{self, KnownHosts, Verdict};
use super::pattern;

/// What to do with the key of a host that is not known (`StrictHostKeyChecking`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Refuse it. This is also `ask`, as there is nobody to ask.
    Refuse,
    /// Accept and remember it, but refuse one that has changed.
    AcceptNew,
    /// Accept and remember it, and accept even one that has changed.
    AcceptAny,
}

/// Judges the key that a host shows.
#[derive(Debug)]
pub(super) struct HostKeyCheck {
    strictness: Strictness,
    /// The name to look up, lower case and without a port: `HostKeyAlias`, or the host connected to.
    name: String,
    /// The port, if it is a part of what is looked up.
    port: Option<u16>,
    user_files: Vec<PathBuf>,
    hash_names: bool,
    known: KnownHosts,
    known_without_port: KnownHosts,
}

impl HostKeyCheck {
    /// Reads what is known about a host.
    pub(super) fn new(
        strictness: Strictness,
        name: String,
        port: Option<u16>,
        user_files: Vec<PathBuf>,
        global_files: Vec<PathBuf>,
        hash_names: bool,
    ) -> HostKeyCheck {
        let files = [user_files.clone(), global_files].concat();
        let port = port.filter(|port| *port != 22);
        let known_without_port = match port {
            Some(_) => KnownHosts::read(&files, &name),
            None => KnownHosts::default(),
        };
        let mut check = HostKeyCheck {
            strictness,
            name,
            port,
            user_files,
            hash_names,
            known: KnownHosts::default(),
            known_without_port,
        };
        check.known = KnownHosts::read(&files, &check.looked_up());
        check
    }

    /// How known_hosts files write the host.
    fn looked_up(&self) -> String {
        match self.port {
            Some(port) => format!("[{}]:{port}", self.name),
            None => self.name.clone(),
        }
    }

    /// `ours`, with the types that the host's key is known for at the front, so that the server does not show a key
    /// of another type, which would look like a stranger's.
    pub(super) fn ordered(&self, ours: &[Algorithm]) -> Vec<Algorithm> {
        let known = if self.known.is_empty() { &self.known_without_port } else { &self.known };
        let known = known.algorithms();
        let is_known = |algorithm: &&Algorithm| {
            known.iter().any(|known| {
                known == *algorithm
                    || matches!((known, algorithm), (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }))
            })
        };
        let (first, rest): (Vec<&Algorithm>, Vec<&Algorithm>) = ours.iter().partition(is_known);
        first.into_iter().chain(rest).cloned().collect()
    }

    /// Whether a certificate of the host could be checked.
    pub(super) fn wants_certificate(&self) -> bool {
        self.known.has_authorities()
    }

    /// Judges what the host has shown. True means that it is what was known or may be believed; false that it has
    /// been let in although it has changed, so that no password must be given to it.
    ///
    /// # Errors
    /// When it must not be used: the reason, and what to do.
    pub(super) fn judge(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool> {
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.judge_key(key),
            PublicKeyOrCertificate::Certificate(certificate) => match self.judge_certificate(certificate) {
                Err(_) if self.strictness == Strictness::AcceptAny => Ok(false),
                judged => judged.map(|()| true),
            },
        }
    }

    fn judge_key(&mut self, key: &PublicKey) -> Result<bool> {
        let fingerprint = key.fingerprint(HashAlg::Sha256);
        let kind = key.algorithm();
        let host = self.looked_up();
        match self.known.judge(key) {
            Verdict::Known => Ok(true),
            Verdict::Revoked(place) => Err(Error::new(format!("the host key of '{host}' is revoked"))
                .cause(format!("{kind} {fingerprint} is marked @revoked at {place}"))
                .hint("the host must get a new key; don't connect before it has one")),
            Verdict::Changed(_) if self.strictness == Strictness::AcceptAny => Ok(false),
            Verdict::Changed(place) => Err(Error::new(format!("the host key of '{host}' has changed"))
                .cause(format!("the host shows {kind} {fingerprint}, and {place} holds another key"))
                .hint(format!(
                    "if the host was reinstalled, remove the old key with: ssh-keygen -R '{host}' -f {}",
                    place.file.display()
                ))
                .hint("if not, somebody may be listening between you and the host: find out first")),
            Verdict::Unknown if self.known_without_port.judge(key) == Verdict::Known => Ok(true),
            Verdict::Unknown if self.strictness == Strictness::Refuse => {
                let scan = match self.port {
                    Some(port) => format!("ssh-keyscan -p {port} {}", self.name),
                    None => format!("ssh-keyscan {}", self.name),
                };
                let file = self
                    .user_files
                    .first()
                    .map_or("~/.ssh/known_hosts".to_owned(), |file| file.display().to_string());
                Err(Error::new(format!("the host key of '{host}' is not known"))
                    .cause(format!("the host shows {kind} {fingerprint}"))
                    .hint(format!(
                        "compare the fingerprint with the host's, then add the key: {scan} >> {file}"
                    ))
                    .hint("or trust new hosts at first sight with '-o StrictHostKeyChecking=accept-new'"))
            }
            Verdict::Unknown => {
                if let Some(file) = self.user_files.first() {
                    match known_hosts::remember(file, &host, key, self.hash_names) {
                        // The key is believed for this once all the same, as OpenSSH does.
                        Ok(()) | Err(_) => {}
                    }
                }
                Ok(true)
            }
        }
    }

    fn judge_certificate(&self, certificate: &Certificate) -> Result<()> {
        let host = self.looked_up();
        let refused = |reason: String| {
            Error::new(format!("the host certificate of '{host}' is not valid"))
                .cause(reason)
                .hint("have the host's certificate renewed by its authority")
        };
        let key = PublicKey::from(certificate.public_key().clone());
        let authority = PublicKey::from(certificate.signature_key().clone());
        if let Some(place) = self.known.revoked(&key).or_else(|| self.known.revoked(&authority)) {
            return Err(refused(format!("its key or its authority's is marked @revoked at {place}")));
        }
        if !self.known.authorities().any(|known| known.key_data() == authority.key_data()) {
            let fingerprint = authority.fingerprint(HashAlg::Sha256);
            return Err(refused(format!("its authority {fingerprint} is not among the known ones")));
        }
        if certificate.cert_type() != CertType::Host {
            return Err(refused("it is a user's certificate".to_owned()));
        }
        if certificate.critical_options().iter().next().is_some() {
            return Err(refused("it has critical options, and none are known for hosts".to_owned()));
        }
        let principals = certificate.valid_principals();
        if !principals.is_empty()
            && !principals.iter().any(|principal| pattern::matches(principal, &self.name))
        {
            return Err(refused(format!("it is for {}", principals.join(", "))));
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let fingerprint = authority.fingerprint(HashAlg::Sha256);
        certificate.validate_at(now, [&fingerprint]).map_err(|_| {
            let (after, before) = (certificate.valid_after(), certificate.valid_before());
            match after <= now && now < before {
                true => refused("its signature is wrong".to_owned()),
                false => refused(format!(
                    "it is valid from {after} to {before}, and now is {now} (seconds since 1970)"
                )),
            }
        })
    }
}
