use system::{Content, Inode, Kind, Result, State, System};
use value::Unknown;

use crate::FileArguments;

/// A file with a content that comes about only when it is made, such as a key: a dry run can't know it, but knows that
/// the file is there, whose it is, and who may read it.
pub struct MadeFile<'a> {
    /// Owner, group and permissions.
    pub file: &'a FileArguments,
    /// The permission bits of a new file where the arguments say nothing of them.
    pub permissions: u32,
    /// Why a dry run can't know the content.
    pub unknown: &'static str,
}

impl MadeFile<'_> {
    /// Makes the content and puts it in the place of what was found at `now`, in one step.
    ///
    /// # Errors
    /// There is no such user or group, the content can't be made, or the host refuses.
    pub fn put(self, host: &mut System, now: &Inode, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<bool> {
        let unknown = host.caused(Unknown::new(self.unknown));
        let mut want = now.clone().into_kind(Kind::File(Content::Unknown(unknown)));
        want.permissions = want.permissions.or(Some(self.permissions));
        let want = self.file.applied_to(host, want)?;
        host.place_by(now, want, |backend, now, want| {
            Inode::bring_about(backend, now, &want.clone().with_content(make()?))
        })
    }
}
