use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair};
use ssh_key::{HashAlg, LineEnding};
use zeroize::Zeroizing;

use crate::{Curve, Error, KeyFormat, KeyKind, KeyText, PrivateKey, Result, random};

/// A key of OpenSSH, private and public.
#[derive(Clone, Debug)]
pub struct SshKeyPair {
    key: ssh_key::PrivateKey,
    /// Whether a passphrase protects it where it was read.
    pub encrypted: bool,
    /// How it is written where it was read; `None` for OpenSSH's own format.
    pub format: Option<KeyFormat>,
}

impl SshKeyPair {
    /// Makes a new one.
    ///
    /// # Errors
    /// No key can have so few or so many bits.
    pub fn generate(kind: KeyKind, comment: &str) -> Result<SshKeyPair> {
        SshKeyPair::of(&PrivateKey::generate(kind)?, comment)
    }

    fn of(key: &PrivateKey, comment: &str) -> Result<SshKeyPair> {
        let data = match key {
            PrivateKey::Rsa(key) => KeypairData::Rsa(RsaKeypair::try_from(key.as_ref()).map_err(failed)?),
            PrivateKey::P256(key) => KeypairData::Ecdsa(EcdsaKeypair::NistP256 {
                public: key.public_key().into(),
                private: key.clone().into(),
            }),
            PrivateKey::P384(key) => KeypairData::Ecdsa(EcdsaKeypair::NistP384 {
                public: key.public_key().into(),
                private: key.clone().into(),
            }),
            PrivateKey::P521(key) => KeypairData::Ecdsa(EcdsaKeypair::NistP521 {
                public: key.public_key().into(),
                private: key.clone().into(),
            }),
            PrivateKey::Ed25519(key) => KeypairData::Ed25519(Ed25519Keypair::from(key.as_ref())),
        };
        let key = ssh_key::PrivateKey::new(data, comment).map_err(failed)?;
        Ok(SshKeyPair { key, encrypted: false, format: None })
    }

    /// Reads a private key in OpenSSH's format, or one of those of OpenSSL, which have no comment.
    ///
    /// # Errors
    /// It is none, or the passphrase is wrong or missing.
    pub fn parse(bytes: &[u8], passphrase: Option<&str>) -> Result<SshKeyPair> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::new("there is no private key"))?;
        if !text.contains("BEGIN OPENSSH PRIVATE KEY") {
            let found = KeyText::parse(bytes, passphrase)?;
            let pair = SshKeyPair::of(&found.key, "")?;
            return Ok(SshKeyPair { encrypted: found.encrypted, format: Some(found.format), ..pair });
        }
        let key = ssh_key::PrivateKey::from_openssh(text).map_err(failed)?;
        let encrypted = key.is_encrypted();
        let key = match passphrase.filter(|passphrase| !passphrase.is_empty()) {
            _ if !encrypted => key,
            None => return Err(Error::passphrase("the private key is protected by a passphrase")),
            Some(passphrase) => {
                key.decrypt(passphrase).map_err(|_| Error::passphrase("the passphrase is wrong"))?
            }
        };
        Ok(SshKeyPair { key, encrypted, format: None })
    }

    /// What kind of key it is; `None` for one that is not made here.
    pub fn kind(&self) -> Option<KeyKind> {
        match self.key.key_data() {
            KeypairData::Rsa(key) => Some(KeyKind::Rsa(key.key_size() as usize)),
            KeypairData::Ecdsa(EcdsaKeypair::NistP256 { .. }) => Some(KeyKind::Elliptic(Curve::P256)),
            KeypairData::Ecdsa(EcdsaKeypair::NistP384 { .. }) => Some(KeyKind::Elliptic(Curve::P384)),
            KeypairData::Ecdsa(EcdsaKeypair::NistP521 { .. }) => Some(KeyKind::Elliptic(Curve::P521)),
            KeypairData::Ed25519(_) => Some(KeyKind::Ed25519),
            _ => None,
        }
    }

    /// What stands behind it.
    pub fn comment(&self) -> String {
        self.key.comment().to_string()
    }

    /// The same with another comment.
    pub fn with_comment(mut self, comment: &str) -> SshKeyPair {
        self.key.set_comment(comment);
        self
    }

    /// What stands in the file of the private key.
    ///
    /// # Errors
    /// Keys of this kind can't be written this way.
    pub fn private_text(
        &self,
        format: Option<KeyFormat>,
        passphrase: Option<&str>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        if let Some(format) = format {
            return self.private_key()?.written(format, passphrase);
        }
        let text = match passphrase.filter(|passphrase| !passphrase.is_empty()) {
            None => self.key.to_openssh(LineEnding::LF),
            Some(passphrase) => {
                let sealed = self.key.encrypt(&mut random::generator()?, passphrase);
                sealed.map_err(failed)?.to_openssh(LineEnding::LF)
            }
        };
        Ok(Zeroizing::new(text.map_err(failed)?.as_bytes().to_vec()))
    }

    fn private_key(&self) -> Result<PrivateKey> {
        let wrong = |_| Error::new("the private key is not on its curve");
        match self.key.key_data() {
            KeypairData::Rsa(key) => {
                let key = rsa::RsaPrivateKey::try_from(key).map_err(failed)?;
                Ok(PrivateKey::Rsa(Box::new(key)))
            }
            KeypairData::Ecdsa(key) => {
                let secret = key.private_key_bytes();
                match key {
                    EcdsaKeypair::NistP256 { .. } => {
                        p256::SecretKey::from_slice(secret).map(PrivateKey::P256).map_err(wrong)
                    }
                    EcdsaKeypair::NistP384 { .. } => {
                        p384::SecretKey::from_slice(secret).map(PrivateKey::P384).map_err(wrong)
                    }
                    EcdsaKeypair::NistP521 { .. } => {
                        p521::SecretKey::from_slice(secret).map(PrivateKey::P521).map_err(wrong)
                    }
                }
            }
            KeypairData::Ed25519(key) => {
                let seed = key.private.to_bytes();
                Ok(PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))))
            }
            _ => Err(Error::new("keys of this kind can't be written")),
        }
    }

    /// The public key on one line, with its comment.
    ///
    /// # Errors
    /// It can't be written, which does not happen to whole keys.
    pub fn public_line(&self) -> Result<String> {
        self.key.public_key().to_openssh().map(|line| line.trim_end().to_owned()).map_err(failed)
    }

    /// `SHA256:` and the digits.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }
}

fn failed(error: ssh_key::Error) -> Error {
    Error::new(format!("the key of OpenSSH: {error}"))
}
