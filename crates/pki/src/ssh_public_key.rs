use ssh_key::{HashAlg, PublicKey};

/// A public key of OpenSSH: a line with its kind, its digits, and a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshPublicKey(PublicKey);

impl SshPublicKey {
    /// `None` for what is no such line.
    pub fn parse(line: &str) -> Option<SshPublicKey> {
        PublicKey::from_openssh(line.trim()).ok().map(SshPublicKey)
    }

    /// Whether it is the same key, whatever its comment is.
    pub fn is_same(&self, other: &SshPublicKey) -> bool {
        self.0.key_data() == other.0.key_data()
    }

    /// What stands behind it.
    pub fn comment(&self) -> String {
        self.0.comment().to_string()
    }

    /// `SHA256:` and the digits.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }
}
