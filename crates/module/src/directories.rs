use std::path::Path;

use system::{Error, Kind, Result, System};

use crate::{Mode, attributes};

/// Makes a directory and those above it that are missing, each with this owner, group and mode. Directories that are
/// there stay as they are. Says whether it made any.
///
/// # Errors
/// Something else is in the way, or the host refuses.
pub fn make_directories(
    host: &mut System,
    path: &Path,
    owner: Option<&str>,
    group: Option<&str>,
    mode: Option<&Mode>,
) -> Result<bool> {
    let mut missing = Vec::new();
    for ancestor in path.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        match host.follow(ancestor)? {
            None => missing.push(ancestor),
            Some(found) if found.is_directory() => break,
            Some(found) => {
                let message = format!(
                    "{} is there already and is a {}, not a directory",
                    ancestor.display(),
                    found.state()
                );
                return Err(Error::failed(message));
            }
        }
    }
    for directory in missing.iter().rev() {
        let now = host.inode(directory)?;
        if !now.is_absent() {
            return Err(Error::failed(format!(
                "{} is a link that leads nowhere, not a directory",
                directory.display()
            )));
        }
        let want = attributes(host, now.clone().into_kind(Kind::Directory), owner, group, mode)?;
        host.place(&now, want)?;
    }
    Ok(!missing.is_empty())
}
