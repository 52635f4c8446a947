use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use diag::{Error, Result};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use tar::{Archive, Builder, EntryType, Header};

use crate::files;

/// Whether a file is a tar archive, compressed with gzip or not at all.
pub(crate) fn is_archive(path: &Path) -> bool {
    let Ok(mut archive) = open(path) else { return false };
    archive.entries().is_ok_and(|mut entries| matches!(entries.next(), Some(Ok(_))))
}

fn open(path: &Path) -> Result<Archive<Box<dyn Read>>> {
    let failed = |error| Error::new(format!("can't read '{}'", path.display())).cause(error);
    let mut file = File::open(path).map_err(failed)?;
    let mut magic = Vec::new();
    Read::by_ref(&mut file).take(6).read_to_end(&mut magic).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let file = BufReader::new(file);
    if magic.starts_with(&[0x1f, 0x8b]) {
        return Ok(Archive::new(Box::new(MultiGzDecoder::new(file))));
    }
    if magic.starts_with(b"BZh") || magic.starts_with(b"\xfd7zXZ\0") {
        let message = format!("'{}' is compressed with something other than gzip", path.display());
        return Err(Error::new(message).hint("only tar archives and those compressed with gzip can be read"));
    }
    Ok(Archive::new(Box::new(file)))
}

/// The paths of all members.
///
/// # Errors
/// It is no archive.
pub(crate) fn names(path: &Path) -> Result<Vec<PathBuf>> {
    let failed =
        |error| Error::new(format!("the file '{}' is not a tar archive", path.display())).cause(error);
    let mut archive = open(path)?;
    let mut names = Vec::new();
    for entry in archive.entries().map_err(failed)? {
        names.push(entry.and_then(|entry| Ok(entry.path()?.into_owned())).map_err(failed)?);
    }
    Ok(names)
}

/// The content of those files that are named and there.
///
/// # Errors
/// It is no archive.
pub(crate) fn contents(path: &Path, wanted: &[&str]) -> Result<BTreeMap<String, Vec<u8>>> {
    let failed =
        |error| Error::new(format!("the file '{}' is not a tar archive", path.display())).cause(error);
    let mut archive = open(path)?;
    let mut contents = BTreeMap::new();
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = entry.path().map_err(failed)?.into_owned();
        let name = name.strip_prefix(".").unwrap_or(&name).to_string_lossy().into_owned();
        if wanted.contains(&name.as_str()) && entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(failed)?;
            contents.insert(name, content);
        }
    }
    Ok(contents)
}

/// Unpacks into an empty folder. `place` says where a member goes, below the folder, if anywhere.
///
/// Nothing is ever written outside the folder: names that lead out of it are refused, so are links, and links are made
/// after everything else, so that nothing is written through them.
///
/// # Errors
/// It is no archive, something in it leads out of the folder (of `what`, as `role`), or can't be written.
pub(crate) fn unpack(
    path: &Path,
    folder: &Path,
    what: &str,
    mut place: impl FnMut(&Path) -> Option<PathBuf>,
) -> Result<()> {
    let failed =
        |error| Error::new(format!("the file '{}' is not a tar archive", path.display())).cause(error);
    let mut links = Vec::new();
    let mut copies = Vec::new();
    let mut archive = open(path)?;
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let name = entry.path().map_err(failed)?.into_owned();
        let Some(relative) = place(&name) else { continue };
        if !files::is_below(&relative) {
            return Err(escape(&name, folder, what));
        }
        let target = folder.join(&relative);
        match kind {
            EntryType::Directory => files::create_folder(&target)?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                if let Some(parent) = target.parent() {
                    files::create_folder(parent)?;
                }
                let unwritable =
                    |error| Error::new(format!("can't write '{}'", target.display())).cause(error);
                let mut file = File::create(&target).map_err(unwritable)?;
                std::io::copy(&mut entry, &mut file).map_err(unwritable)?;
                files::set_mode(&target, entry.header().mode().unwrap_or(0o644) & 0o100 != 0)?;
            }
            EntryType::Symlink => {
                let to = entry.link_name().map_err(failed)?.unwrap_or_default().into_owned();
                let from = relative.parent().unwrap_or(Path::new(""));
                if to.is_absolute() || files::resolved(&from.join(&to)).is_none() {
                    return Err(escape(&to, folder, what));
                }
                links.push((target, to));
            }
            EntryType::Link => {
                let to = entry.link_name().map_err(failed)?.unwrap_or_default().into_owned();
                let Some(to) = place(&to).filter(|to| files::is_below(to)) else {
                    return Err(escape(&to, folder, what));
                };
                copies.push((folder.join(to), target));
            }
            _ => {
                let message = format!("'{}' is neither a file nor a folder nor a link", name.display());
                return Err(Error::new(message));
            }
        }
    }
    for (from, to) in copies {
        files::copy(&from, &to)?;
    }
    for (link, to) in links {
        if let Some(parent) = link.parent() {
            files::create_folder(parent)?;
        }
        std::os::unix::fs::symlink(&to, &link)
            .map_err(|error| Error::new(format!("can't make the link '{}'", link.display())).cause(error))?;
    }
    leads_out(folder, folder, what)
}

/// Links that stay inside when looked at alone may lead out one after the other; where they really go is seen only now.
fn leads_out(folder: &Path, root: &Path, what: &str) -> Result<()> {
    let failed = |error| Error::new(format!("can't read '{}'", folder.display())).cause(error);
    let real = root.canonicalize().map_err(failed)?;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let metadata = path.symlink_metadata().map_err(failed)?;
        if metadata.is_symlink() {
            if path.canonicalize().is_ok_and(|target| !target.starts_with(&real)) {
                return Err(escape(&path, root, what));
            }
        } else if metadata.is_dir() {
            leads_out(&path, root, what)?;
        }
    }
    Ok(())
}

/// Packs a folder with all that is in it, as it is.
///
/// # Errors
/// It can't be read, or the archive can't be written.
pub(crate) fn pack_folder(folder: &Path, archive: &Path) -> Result<()> {
    let failed = |error| Error::new(format!("can't write '{}'", archive.display())).cause(error);
    let mut builder = Builder::new(File::create(archive).map_err(failed)?);
    builder.follow_symlinks(false);
    builder.append_dir_all("", folder).map_err(failed)?;
    builder.finish().map_err(failed)
}

fn escape(name: &Path, folder: &Path, what: &str) -> Error {
    Error::new(format!("'{}' is not a subpath of the {what} '{}'", name.display(), folder.display()))
}

/// Writes a compressed archive, whose files belong to nobody in particular.
pub(crate) struct Writer {
    builder: Builder<GzEncoder<File>>,
    path: PathBuf,
    time: u64,
}

impl Writer {
    /// Begins an archive.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn create(path: &Path) -> Result<Writer> {
        let file = File::create(path)
            .map_err(|error| Error::new(format!("can't write '{}'", path.display())).cause(error))?;
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Ok(Writer {
            builder: Builder::new(GzEncoder::new(file, Compression::default())),
            path: path.to_path_buf(),
            time: time.map(|time| time.as_secs()).unwrap_or_default(),
        })
    }

    fn header(&self, kind: EntryType, size: u64, executable: bool) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(if executable { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(self.time);
        header
    }

    /// Adds a file.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn file(&mut self, name: &str, content: &[u8], executable: bool) -> Result<()> {
        let mut header = self.header(EntryType::Regular, content.len() as u64, executable);
        let added = self.builder.append_data(&mut header, name, content);
        added.map_err(|error| self.failed(&error))
    }

    /// Adds a folder.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn folder(&mut self, name: &str) -> Result<()> {
        let mut header = self.header(EntryType::Directory, 0, true);
        let added = self.builder.append_data(&mut header, format!("{name}/"), std::io::empty());
        added.map_err(|error| self.failed(&error))
    }

    /// Adds a link.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn link(&mut self, name: &str, to: &Path) -> Result<()> {
        let mut header = self.header(EntryType::Symlink, 0, false);
        let added = self.builder.append_link(&mut header, name, to);
        added.map_err(|error| self.failed(&error))
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn finish(self) -> Result<()> {
        let path = self.path.clone();
        let finished = self.builder.into_inner().and_then(GzEncoder::finish);
        finished
            .map(drop)
            .map_err(|error| Error::new(format!("can't write '{}'", path.display())).cause(error))
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::new(format!("can't write '{}'", self.path.display())).cause(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(fill: impl FnOnce(&mut Builder<Vec<u8>>)) -> tempfile::NamedTempFile {
        let mut builder = Builder::new(Vec::new());
        fill(&mut builder);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), builder.into_inner().unwrap()).unwrap();
        file
    }

    /// Adds a member whose name the library itself would refuse.
    fn add(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, to: &str, content: &[u8]) {
        let mut header = Header::new_gnu();
        let field = &mut header.as_gnu_mut().unwrap().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_link_name_literal(to).unwrap();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }

    fn unpacked(archive: &Path) -> (tempfile::TempDir, Result<()>) {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let result = unpack(archive, &inner, "role", |name| Some(name.to_path_buf()));
        (folder, result)
    }

    #[test]
    fn nothing_is_written_outside() {
        let cases: [(EntryType, &str, &str); 6] = [
            (EntryType::Regular, "../out", ""),
            (EntryType::Regular, "/tmp/capstan-out", ""),
            (EntryType::Regular, "a/../../out", ""),
            (EntryType::Symlink, "link", "/etc"),
            (EntryType::Symlink, "a/link", "../../out"),
            (EntryType::Link, "hard", "../out"),
        ];
        for (kind, name, to) in cases {
            let archive = packed(|builder| add(builder, kind, name, to, b""));
            let (folder, result) = unpacked(archive.path());
            let error = result.unwrap_err();
            assert!(error.message().contains("is not a subpath of the role"), "{name}: {error}");
            assert!(!folder.path().join("out").exists(), "{name}");
            assert!(!Path::new("/tmp/capstan-out").exists());
        }
    }

    #[test]
    fn files_are_never_written_through_links() {
        let archive = packed(|builder| {
            add(builder, EntryType::Symlink, "folder", "real", b"");
            add(builder, EntryType::Regular, "folder/file", "", b"content");
        });
        let (folder, result) = unpacked(archive.path());
        assert!(result.is_err());
        assert!(!folder.path().join("inner/real").exists());
    }

    #[test]
    fn links_that_lead_out_together_are_refused() {
        let archive = packed(|builder| {
            add(builder, EntryType::Directory, "a/b", "", b"");
            add(builder, EntryType::Symlink, "up", "a/b", b"");
            add(builder, EntryType::Symlink, "x", "up/../../..", b"");
        });
        let (_folder, result) = unpacked(archive.path());
        assert!(result.is_err());
    }

    #[test]
    fn files_links_and_modes_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar.gz");
        let mut writer = Writer::create(&path).unwrap();
        writer.folder("bin").unwrap();
        writer.file("bin/run", b"#!/bin/sh\n", true).unwrap();
        writer.link("run", Path::new("bin/run")).unwrap();
        writer.finish().unwrap();
        let (unpacked, result) = unpacked(&path);
        result.unwrap();
        let inner = unpacked.path().join("inner");
        assert_eq!(std::fs::read(inner.join("run")).unwrap(), b"#!/bin/sh\n");
        assert!(files::is_executable(&inner.join("bin/run").metadata().unwrap()));
    }
}
