//! Private keys, signing requests and certificates: made, read and written.
//!
//! Bytes go in and come out; nothing here touches a file, and nothing but random numbers comes from outside.

mod certificate;
mod curve;
mod encrypted_pem;
mod error;
mod extensions;
mod general_name;
mod name;
mod pem;
mod private_key;
mod private_key_text;
mod public_key;
mod random;
mod request;
mod signature;
mod ssh_key_pair;
mod ssh_public_key;

pub use certificate::{Certificate, Issue, Issuer};
pub use curve::Curve;
pub use error::{Error, Result};
pub use extensions::{DistributionPoint, Extensions, WantedExtensions};
pub use name::{DistinguishedName, attribute_word};
pub use private_key::{KeyKind, PrivateKey};
pub use private_key_text::{KeyFormat, KeyText};
pub use public_key::PublicKey;
pub use request::{Request, WantedRequest};
pub use signature::Digest;
pub use ssh_key_pair::SshKeyPair;
pub use ssh_public_key::SshPublicKey;
