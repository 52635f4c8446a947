use protocol::BlobId;
use sha2::Digest;

/// The SHA-1 of some bytes in lower-case hexadecimal digits: what results call `checksum`.
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex(&sha1::Sha1::digest(bytes))
}

/// The SHA-256 of some bytes in lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha2::Sha256::digest(bytes))
}

/// The SHA-224 of some bytes in lower-case hexadecimal digits.
pub fn sha224_hex(bytes: &[u8]) -> String {
    hex(&sha2::Sha224::digest(bytes))
}

/// The SHA-384 of some bytes in lower-case hexadecimal digits.
pub fn sha384_hex(bytes: &[u8]) -> String {
    hex(&sha2::Sha384::digest(bytes))
}

/// The SHA-512 of some bytes in lower-case hexadecimal digits.
pub fn sha512_hex(bytes: &[u8]) -> String {
    hex(&sha2::Sha512::digest(bytes))
}

/// The SHA3-256 of some bytes in lower-case hexadecimal digits.
pub fn sha3_256_hex(bytes: &[u8]) -> String {
    hex(&sha3::Sha3_256::digest(bytes))
}

/// The SHA3-384 of some bytes in lower-case hexadecimal digits.
pub fn sha3_384_hex(bytes: &[u8]) -> String {
    hex(&sha3::Sha3_384::digest(bytes))
}

/// The SHA3-512 of some bytes in lower-case hexadecimal digits.
pub fn sha3_512_hex(bytes: &[u8]) -> String {
    hex(&sha3::Sha3_512::digest(bytes))
}

/// The MD5 of some bytes in lower-case hexadecimal digits.
pub fn md5_hex(bytes: &[u8]) -> String {
    hex(&md5::Md5::digest(bytes))
}

/// The name that bytes have on the wire.
pub fn blob_id(bytes: &[u8]) -> BlobId {
    BlobId(sha2::Sha256::digest(bytes).into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
