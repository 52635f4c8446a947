use std::path::Path;

use crate::{Identity, Inode, Result, Stat, System};

/// What the user may do with a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Read it, or list the directory.
    pub read: bool,
    /// Write to it.
    pub write: bool,
    /// Execute it, or enter the directory.
    pub execute: bool,
}

impl Access {
    /// What permission bits allow. Only the user's own group counts as a group.
    pub(crate) fn by_permissions(inode: &Inode, identity: Identity) -> Access {
        let bits = inode.effective_permissions(identity.umask);
        if identity.uid == 0 {
            return Access { read: true, write: true, execute: inode.is_directory() || bits & 0o111 != 0 };
        }
        let class = match inode {
            _ if inode.owner == identity.uid => bits >> 6,
            _ if inode.group == identity.gid => bits >> 3,
            _ => bits,
        };
        Access { read: class & 4 != 0, write: class & 2 != 0, execute: class & 1 != 0 }
    }
}

impl System {
    /// What the user may do with a path, symbolic links followed: nothing if nothing is there.
    pub fn access(&mut self, path: &Path) -> Result<Access> {
        let Some(found) = self.follow(path)? else { return Ok(Access::default()) };
        match self.stat(&found.path)? {
            Stat { metadata: Some(_), inode } => Ok(self.backend_access(&inode.path)),
            Stat { metadata: None, inode } => Ok(Access::by_permissions(&inode, self.identity())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn the_first_class_that_fits_decides() {
        let file = |permissions, owner, group| Inode {
            path: "/x".into(),
            kind: Kind::File(crate::Content::OnHost(0)),
            permissions: Some(permissions),
            owner,
            group,
        };
        let may = |inode: &Inode, uid| Access::by_permissions(inode, Identity { uid, gid: 7, umask: 0o022 });
        let access = |read, write, execute| Access { read, write, execute };
        assert_eq!(may(&file(0o077, 5, 7), 5), access(false, false, false));
        assert_eq!(may(&file(0o640, 5, 7), 6), access(true, false, false));
        assert_eq!(may(&file(0o641, 5, 8), 6), access(false, false, true));
        assert_eq!(may(&file(0o000, 5, 5), 0), access(true, true, false));
        assert_eq!(may(&file(0o100, 5, 5), 0), access(true, true, true));
    }
}
