use std::path::Path;
use std::time::Duration;

use crate::{Error, Result, System};

/// What the kernel calls itself and the machine: uname(2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Kernel {
    /// The operating system: `Linux`.
    pub system: String,
    /// The host's name in the network.
    pub host_name: String,
    /// The kernel's release: `6.1.0-18-amd64`.
    pub release: String,
    /// The kernel's build: `#1 SMP ...`.
    pub version: String,
    /// The machine's architecture: `x86_64`.
    pub machine: String,
}

/// How full a file system is: statvfs(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FileSystem {
    /// The block size for efficient reading, in bytes.
    pub block_size: u64,
    /// The unit of the numbers of blocks, in bytes.
    pub fragment_size: u64,
    /// All blocks.
    pub blocks: u64,
    /// Blocks that root can still fill.
    pub free_blocks: u64,
    /// Blocks that an ordinary user can still fill.
    pub available_blocks: u64,
    /// All inodes.
    pub inodes: u64,
    /// Inodes that an ordinary user can still make.
    pub available_inodes: u64,
}

impl System {
    /// What the kernel calls itself and the machine.
    pub fn kernel(&mut self) -> Kernel {
        self.note("kernel", "uname");
        self.backend_mut().kernel()
    }

    /// How full the file system is that holds a path.
    ///
    /// # Errors
    /// Nothing is there, or the file system does not answer within `timeout`: a network file system whose server is gone.
    pub fn file_system(&mut self, path: &Path, timeout: Duration) -> Result<FileSystem> {
        self.note("file system", path.to_string_lossy());
        let failed = |error| Error::io("can't look at the file system of", path, error);
        self.backend_mut().file_system(path, timeout).map_err(failed)
    }

    /// All variables of the environment: the runner's and, before those, the task's.
    pub fn variables(&self) -> std::collections::BTreeMap<String, String> {
        let own = self.task_environment().iter().cloned();
        self.backend_ref().variables().into_iter().chain(own).collect()
    }
}
