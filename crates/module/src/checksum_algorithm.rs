use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{md5_hex, sha1_hex, sha224_hex, sha256_hex, sha384_hex, sha512_hex};

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChecksumAlgorithm {
    /// MD5.
    Md5,
    /// SHA-1.
    #[default]
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl ChecksumAlgorithm {
    /// The checksum of some bytes in lower-case hexadecimal digits.
    pub fn hex(self, bytes: &[u8]) -> String {
        match self {
            ChecksumAlgorithm::Md5 => md5_hex(bytes),
            ChecksumAlgorithm::Sha1 => sha1_hex(bytes),
            ChecksumAlgorithm::Sha224 => sha224_hex(bytes),
            ChecksumAlgorithm::Sha256 => sha256_hex(bytes),
            ChecksumAlgorithm::Sha384 => sha384_hex(bytes),
            ChecksumAlgorithm::Sha512 => sha512_hex(bytes),
        }
    }
}
