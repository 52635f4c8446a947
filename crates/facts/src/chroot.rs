use std::path::Path;

use crate::facts::Facts;
use crate::reader::Reader;

/// Whether the root directory is not that of the host's first process.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let named = reader.host.environment("debian_chroot").is_some_and(|name| !name.is_empty());
    let mut number = |path: &str| {
        let found = reader.host.stat(Path::new(path)).ok()?.metadata?;
        Some((found.device, found.inode))
    };
    let own = number("/");
    let is_chroot = named
        || match number("/proc/1/root/.") {
            Some(first) => Some(first) != own,
            // Only root may look there. The root of a file system has one of few numbers: of ext4, btrfs, and xfs.
            None => own.is_some_and(|(_, inode)| !matches!(inode, 2 | 256 | 128)),
        };
    Facts::new().with("is_chroot", is_chroot)
}
