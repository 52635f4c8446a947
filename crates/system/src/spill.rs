use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};
use value::Unknown;

use crate::{Content, Inode, Kind};

/// How many bytes of predicted contents are kept in memory.
const BOUND: usize = 64 * 1024 * 1024;

/// Predicted contents for which there is no room in memory: in a file without a name, which only this process can read and
/// which is gone when it ends, however it ends.
#[derive(Debug)]
pub(crate) struct Spill {
    bound: usize,
    /// Bytes of the contents in memory, by path.
    held: HashMap<PathBuf, usize>,
    /// All of these together.
    total: usize,
    /// Where the others are in the file: offset and length.
    spilled: HashMap<PathBuf, (u64, usize)>,
    file: Option<File>,
    end: u64,
}

impl Default for Spill {
    fn default() -> Spill {
        Spill::with_bound(BOUND)
    }
}

impl Spill {
    fn with_bound(bound: usize) -> Spill {
        Spill { bound, held: HashMap::new(), total: 0, spilled: HashMap::new(), file: None, end: 0 }
    }

    /// The inode as it is to be kept: without its content if that has gone to the file. Where no file can be made, it
    /// stays.
    pub(crate) fn keep(&mut self, inode: Inode) -> Inode {
        self.forget(&inode.path);
        let Kind::File(Content::Bytes(bytes)) = &inode.kind else { return inode };
        if bytes.len() + self.total > self.bound
            && let Some(place) = self.write(bytes)
        {
            self.spilled.insert(inode.path.clone(), place);
            return Inode { kind: Kind::File(Content::Bytes(Arc::from([]))), ..inode };
        }
        self.total += bytes.len();
        self.held.insert(inode.path.clone(), bytes.len());
        inode
    }

    /// Nothing is predicted of a path any more.
    pub(crate) fn forget(&mut self, path: &Path) {
        self.total -= self.held.remove(path).unwrap_or_default();
        self.spilled.remove(path);
    }

    /// The inode with its content, wherever that is.
    pub(crate) fn whole(&self, inode: &Inode) -> Inode {
        let Some((offset, length)) = self.spilled.get(&inode.path) else { return inode.clone() };
        let mut bytes = vec![0; *length];
        let read = self.file.as_ref().map(|file| file.read_exact_at(&mut bytes, *offset));
        let content = match read {
            Some(Ok(())) => Content::Bytes(bytes.into()),
            _ => Content::Unknown(Unknown::new("it was put aside, and could not be read again")),
        };
        Inode { kind: Kind::File(content), ..inode.clone() }
    }

    fn write(&mut self, bytes: &[u8]) -> Option<(u64, usize)> {
        if self.file.is_none() {
            self.file = unnamed_file();
        }
        let offset = self.end;
        self.file.as_ref()?.write_all_at(bytes, offset).ok()?;
        self.end += bytes.len() as u64;
        Some((offset, bytes.len()))
    }
}

/// On a disk if possible: `/tmp` may be memory itself.
fn unnamed_file() -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let open = |folder| rustix::fs::openat(CWD, Path::new(folder), flags, Mode::RUSR | Mode::WUSR).ok();
    ["/var/tmp", "/tmp"].into_iter().find_map(open).map(File::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    #[test]
    fn contents_beyond_the_bound_go_to_a_file_and_come_back() {
        let mut spill = Spill::with_bound(10);
        let file = |path: &str, content: &str| Inode::absent(path).with_content(content.as_bytes());
        let wanted =
            [file("/a", "12345"), file("/b", "67890"), file("/c", "beyond"), file("/d", "beyond, too")];
        let kept: Vec<Inode> = wanted.iter().map(|inode| spill.keep(inode.clone())).collect();
        assert_eq!(spill.total, 10);
        assert_eq!(spill.spilled.len(), 2);
        assert_ne!(kept[2], wanted[2]);
        for (kept, wanted) in kept.iter().zip(&wanted) {
            assert_eq!(spill.whole(kept), *wanted);
        }
        // A path that is written again counts once.
        let again = spill.keep(file("/a", "1"));
        assert_eq!(spill.whole(&again), file("/a", "1"));
        let shorter = spill.keep(file("/c", "1234"));
        assert_eq!((shorter.clone(), spill.spilled.len()), (file("/c", "1234"), 1));
        let permissions = spill.file.as_ref().map(|file| {
            use std::os::unix::fs::PermissionsExt;
            file.metadata().unwrap().permissions().mode() & 0o777
        });
        assert!(permissions.is_none_or(|bits| bits == 0o600));
    }
}
