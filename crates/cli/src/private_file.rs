use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use diag::{Error, Result};

/// The name that stands for standard input and output.
pub(crate) const STANDARD_STREAM: &str = "-";

/// What a file holds, or standard input.
///
/// # Errors
/// It can't be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    if path.as_os_str() == STANDARD_STREAM {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| Error::new("can't read the standard input").cause(error))?;
        return Ok(bytes);
    }
    std::fs::read(path)
        .map_err(|error| Error::new(format!("Unable to read source file ({})", path.display())).cause(error))
}

/// Puts bytes into a file in one step, or writes them to standard output. The file is for its owner alone unless
/// `keep_permissions`; what it held before is overwritten on the disk.
///
/// # Errors
/// It can't be written.
pub(crate) fn write(path: &Path, bytes: &[u8], keep_permissions: bool) -> Result<()> {
    if path.as_os_str() == STANDARD_STREAM {
        return std::io::stdout()
            .lock()
            .write_all(bytes)
            .map_err(|error| Error::new("can't write to the standard output").cause(error));
    }
    let failed = |error: std::io::Error| {
        Error::new(format!("the destination '{}' is not writable", path.display())).cause(error)
    };
    // A link stays a link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    let before = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file);
    if let Some(before) = before.as_ref().filter(|_| keep_permissions) {
        // Only root may give a file away; for others it is theirs already.
        let _ = std::os::unix::fs::chown(file.path(), Some(before.uid()), Some(before.gid()));
        let mode = PermissionsExt::from_mode(before.mode() & 0o7777);
        file.as_file().set_permissions(mode).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    // What other names still show must stay.
    let old = before
        .filter(|before| before.nlink() == 1)
        .and_then(|_| OpenOptions::new().write(true).open(&path).ok());
    file.persist(&path).map_err(|error| failed(error.error))?;
    if let Some(old) = old {
        overwrite(&old);
    }
    Ok(())
}

/// A file that only its owner may read, and that is overwritten and removed when it is dropped.
pub(crate) struct PrivateFile(PathBuf);

impl PrivateFile {
    /// A new file with these bytes in `folder`, which is made if it is missing; its name ends as `like`'s does, so that
    /// editors know what it is.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn new(folder: &Path, like: &Path, bytes: &[u8]) -> Result<PrivateFile> {
        let failed =
            |error: std::io::Error| Error::new(format!("can't write into {}", folder.display())).cause(error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let ending =
            like.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
        let mut file =
            tempfile::Builder::new().prefix("tmp").suffix(&ending).tempfile_in(folder).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        let (_, path) = file.keep().map_err(|error| failed(error.error))?;
        Ok(PrivateFile(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Ok(file) = OpenOptions::new().write(true).open(&self.0) {
            overwrite(&file);
        }
        // Somebody may have removed it already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Overwrites what a file holds; the best that can be done on file systems that write elsewhere.
fn overwrite(file: &File) {
    let mut left = file.metadata().map_or(0, |metadata| metadata.len());
    let zeros = [0; 8192];
    let mut file = file;
    while left > 0 {
        let length = usize::try_from(left).map_or(zeros.len(), |left| left.min(zeros.len()));
        if file.write_all(&zeros[..length]).is_err() {
            break;
        }
        left -= length as u64;
    }
    let _ = file.sync_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn files_are_private_unless_permissions_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        write(&path, b"new", true).unwrap();
        assert_eq!((mode(&path), read(&path).unwrap()), (0o640, b"new".to_vec()));
        write(&path, b"newer", false).unwrap();
        assert_eq!((mode(&path), read(&path).unwrap()), (0o600, b"newer".to_vec()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_stay_links_and_other_names_keep_what_they_show() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link, other] = ["file", "link", "other"].map(|name| folder.path().join(name));
        std::fs::write(&path, "old").unwrap();
        std::fs::hard_link(&path, &other).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, b"new", true).unwrap();
        assert!(link.is_symlink());
        assert_eq!(read(&path).unwrap(), b"new");
        assert_eq!(read(&other).unwrap(), b"old");
    }

    #[test]
    fn private_files_go_when_they_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let file = PrivateFile::new(folder.path(), Path::new("vars.yml"), b"secret").unwrap();
        let path = file.path().to_path_buf();
        assert_eq!((mode(&path), path.extension().unwrap().to_str()), (0o600, Some("yml")));
        drop(file);
        assert!(!path.exists());
    }
}
