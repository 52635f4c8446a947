use std::path::Path;

use system::Kind;

use crate::facts::Facts;
use crate::reader::Reader;

/// Whether the root directory is not that of the host's first process.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let named = reader.host.environment("debian_chroot").is_some_and(|name| !name.is_empty());
    Facts::new().with("is_chroot", named || is_other_root(reader))
}

fn is_other_root(reader: &mut Reader) -> bool {
    let Some(own) = reader.host.stat(Path::new("/")).ok().and_then(|found| found.metadata) else {
        return false;
    };
    match reader.host.stat(Path::new("/proc/1/root/.")) {
        // A dry run that has predicted something follows links itself, and can't follow this one, which the kernel alone can.
        Ok(found) if matches!(found.inode.kind, Kind::Link(_)) => false,
        Ok(found) if found.metadata.is_some() => {
            found.metadata.is_some_and(|first| (first.device, first.inode) != (own.device, own.inode))
        }
        // Only root may look there. The root of a file system has one of few numbers: of ext4, btrfs, and xfs.
        _ => !matches!(own.inode, 2 | 256 | 128),
    }
}
