use std::io::Read;
use std::path::{Component, Path, PathBuf};

use diag::{Error, Result};
use sha2::{Digest, Sha256};

/// A path that stays below the folder that it counts from: no `..`, not absolute.
pub(crate) fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Where a relative path ends up, or nothing if it leaves the folder that it counts from.
pub(crate) fn resolved(path: &Path) -> Option<PathBuf> {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => result.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !result.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(result)
}

/// The path from the root, without `.` and `..`; links are not followed.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                result.pop();
            }
            part => result.push(part),
        }
    }
    result
}

/// The SHA-256 of what can be read, in hexadecimal digits.
pub(crate) fn hash(mut from: impl Read) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The SHA-256 of a file.
///
/// # Errors
/// It can't be read.
pub(crate) fn hash_of(path: &Path) -> Result<String> {
    let failed = |error| Error::new(format!("can't read '{}'", path.display())).cause(error);
    hash(std::fs::File::open(path).map_err(failed)?).map_err(failed)
}

/// Writes a file, and the folders that it needs.
///
/// # Errors
/// It can't be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    std::fs::write(path, content)
        .map_err(|error| Error::new(format!("can't write '{}'", path.display())).cause(error))
}

/// Makes a folder and those above it.
///
/// # Errors
/// It can't be made.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)
        .map_err(|error| Error::new(format!("can't make the folder '{}'", path.display())).cause(error))
}

/// Removes all that is in a folder.
///
/// # Errors
/// It can't be read, or something can't be removed.
pub(crate) fn clear_folder(path: &Path) -> Result<()> {
    let failed = |error| Error::new(format!("can't read the folder '{}'", path.display())).cause(error);
    for entry in std::fs::read_dir(path).map_err(failed)? {
        remove(&entry.map_err(failed)?.path())?;
    }
    Ok(())
}

/// Removes a folder with all that is in it, or a link.
///
/// # Errors
/// It can't be removed.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    let removed = if is_folder { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    removed.map_err(|error| Error::new(format!("can't remove '{}'", path.display())).cause(error))
}

/// Puts a finished folder in the place of what is there.
///
/// # Errors
/// What is there can't be removed, or the folder can't be moved.
pub(crate) fn put(finished: &Path, place: &Path) -> Result<()> {
    if place.symlink_metadata().is_ok() {
        remove(place)?;
    }
    std::fs::rename(finished, place)
        .map_err(|error| Error::new(format!("can't make '{}'", place.display())).cause(error))
}

/// A folder that is gone when it is no longer needed, beside what it is to become or with everything temporary.
///
/// # Errors
/// It can't be made.
pub(crate) fn scratch(beside: Option<&Path>) -> Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".capstan-galaxy-");
    let made = match beside {
        Some(folder) => {
            create_folder(folder)?;
            builder.tempdir_in(folder)
        }
        None => builder.tempdir(),
    };
    made.map_err(|error| Error::new("can't make a temporary folder").cause(error))
}

/// Copies a file, executable if it was, readable by everybody.
///
/// # Errors
/// It can't be read or written.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed =
        |error| Error::new(format!("can't copy '{}' to '{}'", from.display(), to.display())).cause(error);
    let executable = is_executable(&from.metadata().map_err(failed)?);
    std::fs::copy(from, to).map_err(failed)?;
    set_mode(to, executable)
}

/// Whether its owner may run a file.
pub(crate) fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

/// Makes a file readable by everybody, and executable or not.
///
/// # Errors
/// The system refuses.
pub(crate) fn set_mode(path: &Path, executable: bool) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .map_err(|error| Error::new(format!("can't set the mode of '{}'", path.display())).cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_below_their_folder_only() {
        assert_eq!(resolved(Path::new("a/../b/./c")), Some(PathBuf::from("b/c")));
        assert_eq!(resolved(Path::new("a/../../b")), None);
        assert_eq!(resolved(Path::new("/a")), None);
        assert!(!is_below(Path::new("a/../b")));
    }
}
