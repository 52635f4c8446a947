use std::fmt;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// The SHA-256 of some bytes: their name on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BlobId(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl fmt::Display for BlobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// A file's content that the controller has. Small ones travel with the request; others only when the runner asks for
/// them because the host lacks those bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// The name by which the runner asks.
    pub id: BlobId,
    /// Its SHA-1, which is what results call `checksum`, in lower-case hexadecimal digits.
    pub sha1: String,
    /// Its size in bytes.
    pub size: u64,
    /// The bytes, if they are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<ByteBuf>,
}

impl Blob {
    /// Up to this size, in bytes, a blob travels with its request: asking would cost more than sending.
    pub const INLINE: usize = 32 * 1024;
    /// The size of a piece, in bytes, in which others travel.
    pub const PIECE: usize = 256 * 1024;
}
