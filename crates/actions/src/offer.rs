use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use protocol::{Blob, BlobId, Bytes};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::BlobSource;

/// Bytes that a module may need, as they are described to it, and where they are.
pub(crate) struct Offer {
    pub(crate) blob: Blob,
    source: BlobSource,
}

/// Device, inode, size, time of the last change: a file for which they are the same has the same content.
type Stamp = (u64, u64, u64, i64, i64);

/// Large files that were described already: one file often goes to many hosts.
static LARGE_FILES: LazyLock<Mutex<HashMap<Stamp, Blob>>> = LazyLock::new(Mutex::default);

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
    pub(crate) async fn file(path: PathBuf) -> io::Result<Offer> {
        tokio::task::spawn_blocking(move || Offer::read(&path)).await.map_err(io::Error::other)?
    }

    fn read(path: &Path) -> io::Result<Offer> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let source = BlobSource::File(path.to_path_buf());
        if metadata.len() <= Blob::INLINE as u64 {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let Offer { blob, .. } = Offer::bytes(bytes);
            return Ok(Offer { blob, source });
        }
        // Whoever needs the same file meanwhile waits instead of reading it too.
        let mut known = LARGE_FILES.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&metadata);
        let blob = match known.get(&stamp) {
            Some(blob) => blob.clone(),
            None => {
                let blob = describe(file)?;
                known.insert(stamp, blob.clone());
                blob
            }
        };
        Ok(Offer { blob, source })
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

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.dev(), metadata.ino(), metadata.len(), metadata.ctime(), metadata.ctime_nsec())
}

fn describe(mut file: File) -> io::Result<Blob> {
    let mut piece = vec![0; Blob::PIECE];
    let (mut id, mut sha1, mut size) = (Sha256::new(), Sha1::new(), 0);
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                id.update(&piece[..count]);
                sha1.update(&piece[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Blob { id: BlobId(id.finalize().into()), sha1: hex(&sha1.finalize()), size, bytes: None })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_described_as_its_bytes_are() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 5, Blob::INLINE, Blob::INLINE + 1, Blob::PIECE * 2 + 7] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let path = folder.path().join("file");
            std::fs::write(&path, &bytes).unwrap();
            let offer = Offer::file(path.clone()).await.unwrap();
            assert_eq!(offer.blob, Offer::bytes(bytes).blob, "{size}");
            assert_eq!(offer.into_blob().is_none(), size <= Blob::INLINE, "{size}");
        }
    }

    #[tokio::test]
    async fn a_changed_file_is_described_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![b'a'; Blob::PIECE]).unwrap();
        let first = Offer::file(path.clone()).await.unwrap().blob;
        assert_eq!(Offer::file(path.clone()).await.unwrap().blob, first);
        // A new inode, as every careful writer makes one.
        let other = folder.path().join("other");
        std::fs::write(&other, vec![b'b'; Blob::PIECE]).unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_ne!(Offer::file(path).await.unwrap().blob.id, first.id);
    }
}
