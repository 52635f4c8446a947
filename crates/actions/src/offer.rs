use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use protocol::{Blob, BlobId, Bytes};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::BlobSource;

/// Bytes that a module may need, as they are described to it, and where they are.
pub(crate) struct Offer {
    pub(crate) blob: Blob,
    source: BlobSource,
}

impl Offer {
    /// Bytes in memory.
    pub(crate) fn bytes(bytes: Vec<u8>) -> Offer {
        let blob = Blob {
            id: BlobId(Sha256::digest(&bytes).into()),
            sha1: hex(&Sha1::digest(&bytes)),
            size: bytes.len() as u64,
            bytes: (bytes.len() <= Blob::INLINE).then(|| Bytes::from(bytes.clone())),
        };
        Offer { blob, source: BlobSource::Bytes(bytes.into()) }
    }

    /// A file, which is read once for its hashes, and again if the host needs it.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn file(path: &Path) -> io::Result<Offer> {
        let mut file = File::open(path)?;
        let mut piece = vec![0; Blob::PIECE];
        let mut start = Vec::new();
        let (mut id, mut sha1, mut size) = (Sha256::new(), Sha1::new(), 0);
        loop {
            let count = match file.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            id.update(&piece[..count]);
            sha1.update(&piece[..count]);
            size += count as u64;
            if start.len() <= Blob::INLINE {
                start.extend_from_slice(&piece[..count]);
            }
        }
        let small = size <= Blob::INLINE as u64;
        let blob = Blob {
            id: BlobId(id.finalize().into()),
            sha1: hex(&sha1.finalize()),
            size,
            bytes: small.then(|| Bytes::from(start)),
        };
        Ok(Offer { blob, source: BlobSource::File(path.to_path_buf()) })
    }

    /// The bytes, if they are in memory.
    pub(crate) fn content(&self) -> &[u8] {
        match &self.source {
            BlobSource::Bytes(bytes) => bytes,
            BlobSource::File(_) => &[],
        }
    }

    /// What the runner may ask for; nothing, if the bytes travel with the request.
    pub(crate) fn into_blob(self) -> Option<(BlobId, BlobSource)> {
        self.blob.bytes.is_none().then_some((self.blob.id, self.source))
    }
}

/// The SHA-1 of a file, as results give it.
///
/// # Errors
/// It can't be read.
pub(crate) fn sha1_of_file(path: &Path) -> io::Result<String> {
    Ok(Offer::file(path)?.blob.sha1)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
