//! Files whose contents nobody may be shown, not even when they go or are kept under another name.

use std::path::{Path, PathBuf};

use system::{Content, Error, Kind, Result, System};
use value::Unknown;

use crate::backup::backup_path;
use crate::{FileArguments, MadeFile};

/// [`back_up`](crate::back_up), without showing what is in the file.
///
/// # Errors
/// The file can't be read or the copy can't be written.
pub fn back_up_secret(host: &mut System, path: &Path) -> Result<PathBuf> {
    let backup = backup_path(host, path)?;
    let Some(file) = host.follow(path)? else {
        return Err(Error::failed(format!("{} does not exist", path.display())));
    };
    let bytes = host.read(path)?;
    let mut now = host.inode(&backup)?;
    (now.owner, now.group) = (file.owner, file.group);
    let umask = host.identity().umask;
    let copy = MadeFile {
        file: &FileArguments::default(),
        permissions: file.effective_permissions(umask),
        unknown: "a copy of a secret, which is not shown",
    };
    copy.put(host, &now, || Ok(bytes))?;
    Ok(backup)
}

/// Removes what is at a path, if anything is, without showing what was in it.
///
/// # Errors
/// The host refuses.
pub fn remove_secret(host: &mut System, path: &Path) -> Result<()> {
    let mut now = host.inode(path)?;
    let want = now.clone().removed();
    if now.is_absent() {
        return Ok(());
    }
    if now.is_file() {
        now.kind = Kind::File(Content::Unknown(Unknown::new("a secret that goes, which is not shown")));
    }
    host.place(&now, want).map(drop)
}
