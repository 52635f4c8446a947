use std::path::PathBuf;

use system::{Content, Error, Inode, Kind, Result, System};

use crate::{Mode, attributes, back_up};

/// What shall be in a file, and what file modules' arguments say of putting it there.
#[derive(Clone, Debug, Default)]
pub struct NewContent<'a> {
    /// The bytes; `None` if the content stays and only owner and permissions may change.
    pub bytes: Option<Vec<u8>>,
    /// A program that has to accept the bytes first; `%s` stands for a file with them.
    pub validate: Option<&'a str>,
    /// Whether a file that is there is kept under another name.
    pub backup: bool,
    /// Owner, by name or number; `None` leaves it as it is.
    pub owner: Option<&'a str>,
    /// Group, by name or number; `None` leaves it as it is.
    pub group: Option<&'a str>,
    /// Permissions; `None` leaves them as they are.
    pub mode: Option<&'a Mode>,
}

/// What came of putting a content into a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Where the file that was there is kept.
    pub backup: Option<PathBuf>,
    /// Whether owner or permissions changed.
    pub attributes_changed: bool,
}

impl NewContent<'_> {
    /// Puts it in the place of what was found at `now`, in one step. The bytes are taken for different from what is
    /// there: whoever calls this has compared them.
    ///
    /// # Errors
    /// There is no such user or group, the program rejects the bytes, or the host refuses.
    pub fn put(self, host: &mut System, now: &Inode) -> Result<Written> {
        let mut written = Written::default();
        let kept = attributes(host, now.clone(), self.owner, self.group, self.mode)?;
        let umask = host.identity().umask;
        let told = |inode: &Inode| (inode.owner, inode.group, inode.effective_permissions(umask));
        written.attributes_changed = !now.is_absent() && told(&kept) != told(now);
        let want = match self.bytes {
            None => kept,
            Some(bytes) => {
                if let Some(line) = self.validate {
                    host.validate(line, &bytes)?;
                }
                if self.backup && host.follow(&now.path)?.is_some_and(|found| found.is_file()) {
                    written.backup = match back_up(host, &now.path) {
                        // What is not known can't be copied, but it will be.
                        Err(Error::Unknown(_)) => None,
                        backup => Some(backup?),
                    };
                }
                let new = now.clone().into_kind(Kind::File(Content::Bytes(bytes.into())));
                attributes(host, new, self.owner, self.group, self.mode)?
            }
        };
        let path = want.path.clone();
        if host.place(now, want)? && (self.owner.is_some() || self.group.is_some()) {
            // A replaced file keeps its owner only where the user may do that; one that is asked for is a must.
            let made = host.inode(&path)?;
            let owned = attributes(host, made.clone(), self.owner, self.group, self.mode)?;
            host.place(&made, owned)?;
        }
        Ok(written)
    }
}
