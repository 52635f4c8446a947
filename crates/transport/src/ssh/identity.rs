use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Certificate, PrivateKey, PublicKey};

use super::account::mode;
use crate::Secret;

/// What a private key file gives.
pub(super) struct KeyFile {
    /// The public half, if it can be known; also of a key that is still encrypted.
    pub(super) public: Option<PublicKey>,
    /// The key, or why it can't be used.
    pub(super) private: Result<Arc<PrivateKey>, Trouble>,
    /// The certificates that go with it.
    pub(super) certificates: Vec<Certificate>,
}

/// Why a private key file can't be used, and what to do about it.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) cause: String,
    pub(super) hint: Option<String>,
}

impl KeyFile {
    /// Reads a private key file with what lies beside it. `None` if there is nothing of that name.
    pub(super) fn read(
        path: &Path,
        passphrase: Option<&Secret>,
        certificate_files: &[PathBuf],
    ) -> Option<KeyFile> {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let text = std::fs::read_to_string(path);
        let public = russh::keys::load_public_key(beside(".pub")).ok();
        if text.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) && public.is_none()
        {
            return None;
        }
        let (contained, private) = match text {
            Ok(text) => decode(path, &text, passphrase),
            Err(error) => (None, Err(Trouble { cause: format!("{}: {error}", path.display()), hint: None })),
        };
        let public = contained.or(public);
        let certificates = certificate_files
            .iter()
            .cloned()
            .chain([beside("-cert.pub")])
            .filter_map(|file| russh::keys::load_openssh_certificate(file).ok())
            .filter(|certificate| {
                public.as_ref().is_some_and(|key| key.key_data() == certificate.public_key())
            })
            .collect();
        Some(KeyFile { public, private, certificates })
    }
}

fn decode(
    path: &Path,
    text: &str,
    passphrase: Option<&Secret>,
) -> (Option<PublicKey>, Result<Arc<PrivateKey>, Trouble>) {
    let trouble =
        |cause: &str, hint: Option<String>| Trouble { cause: format!("{}: {cause}", path.display()), hint };
    // OpenSSH's own format tells the public half even of an encrypted key.
    let public = PrivateKey::from_openssh(text).ok().map(|key| key.public_key().clone());
    if let Ok(mode) = mode(path).map(|mode| mode & 0o777)
        && mode & 0o077 != 0
    {
        let cause = format!("others may read this private key (mode {mode:04o}), so it is not used");
        return (public, Err(trouble(&cause, Some(format!("chmod 600 {}", path.display())))));
    }
    match russh::keys::decode_secret_key(text, None) {
        Ok(key) => (Some(key.public_key().clone()), Ok(Arc::new(key))),
        Err(plain) => {
            let encrypted = matches!(plain, russh::keys::Error::KeyIsEncrypted) || text.contains("ENCRYPTED");
            match passphrase {
                Some(passphrase) => match russh::keys::decode_secret_key(text, Some(passphrase.expose())) {
                    Ok(key) => (Some(key.public_key().clone()), Ok(Arc::new(key))),
                    Err(_) if encrypted || public.is_some() => {
                        (public, Err(trouble("the passphrase does not fit this private key", None)))
                    }
                    Err(error) => (public, Err(trouble(&error.to_string(), None))),
                },
                None if encrypted => {
                    let hint = format!("add it to the agent: ssh-add {}", path.display());
                    (
                        public,
                        Err(trouble("this private key is encrypted, and no passphrase is given", Some(hint))),
                    )
                }
                None => (
                    public,
                    Err(trouble(&format!("this is no private key that can be read ({plain})"), None)),
                ),
            }
        }
    }
}
