use diag::{Error, Result};
use vault::{Secret, Secrets};

use crate::config::{self, Config};
use crate::exit::Ended;

/// What is needed to encrypt: the secret, and what its text is labelled with.
pub(super) struct Encryption {
    secret: Secret,
    label: Option<String>,
    salt: Option<String>,
}

impl Encryption {
    /// With the secret of that label, or the only one there is.
    ///
    /// # Errors
    /// There is none of that label, or several and no label.
    pub(super) fn new(config: &Config, secrets: &Secrets, label: Option<&str>) -> Result<Encryption, Ended> {
        let configured = config.text(&config::VAULT_ENCRYPT_IDENTITY).filter(|label| !label.is_empty());
        let label = label.map(str::to_owned).or(configured);
        let labels: Vec<&str> = secrets.iter().map(Secret::label).collect();
        let secret = match label.as_deref() {
            Some(label) => secrets.get(label).ok_or_else(|| {
                Error::new(format!(
                    "Did not find a match for --encrypt-vault-id={label} in the known vault-ids ['{}']",
                    labels.join("', '")
                ))
            })?,
            None if labels.len() > 1 => {
                let message = format!(
                    "The vault-ids {} are available to encrypt. Specify the vault-id to encrypt with \
                     --encrypt-vault-id",
                    labels.join(",")
                );
                return Err(Ended::Misused(Error::new(message).into()));
            }
            None => secrets
                .iter()
                .next()
                .ok_or_else(|| Error::new("A vault password is required to use Ansible's Vault"))?,
        };
        Ok(Encryption::with(config, secret, Some(secret.label())))
    }

    /// With this secret, under this label.
    pub(super) fn with(config: &Config, secret: &Secret, label: Option<&str>) -> Encryption {
        let salt = config.text(&config::VAULT_ENCRYPT_SALT).filter(|salt| !salt.is_empty());
        Encryption { secret: secret.clone(), label: label.map(str::to_owned), salt }
    }

    /// The vaulted text of a content.
    ///
    /// # Errors
    /// It is vaulted already, or there are no random numbers.
    pub(super) fn encrypt(&self, content: &[u8]) -> Result<String> {
        if vault::is_vaulted(content) {
            return Err(Error::new("input is already encrypted"));
        }
        let label = self.label.as_deref();
        match &self.salt {
            Some(salt) => vault::encrypt_with_salt(content, &self.secret, label, salt.as_bytes()),
            None => vault::encrypt(content, &self.secret, label),
        }
    }
}
