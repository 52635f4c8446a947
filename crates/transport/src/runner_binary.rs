use std::io::Write;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

/// The runner, as it is carried to hosts: a static executable, not compressed.
#[derive(Clone, Debug)]
pub struct RunnerBinary {
    bytes: Arc<[u8]>,
    sha256: String,
    architecture: String,
    kept: bool,
    compressed: Arc<OnceLock<Option<Arc<[u8]>>>>,
}

impl RunnerBinary {
    /// An executable for hosts whose `uname -m` says `architecture`.
    pub fn new(bytes: impl Into<Arc<[u8]>>, architecture: impl Into<String>) -> RunnerBinary {
        let bytes = bytes.into();
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        RunnerBinary {
            bytes,
            sha256,
            architecture: architecture.into(),
            kept: true,
            compressed: Arc::default(),
        }
    }

    /// Nothing of the runner is to stay on hosts (`CAPSTAN_KEEP_RUNNER=0`): it is uploaded each time, and started
    /// with `--remove-self`.
    pub fn not_kept(mut self) -> RunnerBinary {
        self.kept = false;
        self
    }

    /// The executable.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn shared_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.bytes)
    }

    /// The SHA-256 of the executable, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What `uname -m` says where it can run.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// Whether hosts keep it for the next run.
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// The executable as gzip, made once for all hosts; `None` if that fails, and it travels as it is.
    pub(crate) fn gzip(&self) -> Option<Arc<[u8]>> {
        self.compressed
            .get_or_init(|| {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(&self.bytes).ok()?;
                encoder.finish().ok().map(Arc::from)
            })
            .clone()
    }
}
