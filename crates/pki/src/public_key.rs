use der::Encode;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::{Error, Result};

/// A public key, as certificates have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(pub(crate) SubjectPublicKeyInfoOwned);

impl PublicKey {
    /// Its bytes in DER.
    ///
    /// # Errors
    /// It can't be written, which does not happen to one that was read.
    pub fn to_der(&self) -> Result<Vec<u8>> {
        self.0.to_der().map_err(Error::of("the public key can't be written"))
    }

    /// What tells it from others: RFC 5280, section 4.2.1.2, the first way.
    pub fn identifier(&self) -> Vec<u8> {
        use sha1::Digest as _;
        sha1::Sha1::digest(self.0.subject_public_key.raw_bytes()).to_vec()
    }
}
