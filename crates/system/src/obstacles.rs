use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::overlay::Place;
use crate::{Content, Error, Inode, Kind, Result, System};

/// How long a file system may take to tell how full it is.
const PATIENCE: Duration = Duration::from_secs(2);

impl System {
    /// Whether a path can be changed so, as far as the host can be asked beforehand: a dry run then fails as the run
    /// would, and a run before anything is half done.
    ///
    /// # Errors
    /// It can't, in the words in which [`Inode::bring_about`](crate::State::bring_about) would tell it.
    pub(crate) fn check_obstacles(&mut self, now: &Inode, want: &Inode) -> Result<()> {
        let path = &want.path;
        let doing = match &want.kind {
            Kind::Absent => "can't remove",
            Kind::Directory if now.kind == want.kind => return self.check_attributes(now, want),
            Kind::Directory => "can't make the directory",
            Kind::Link(_) => "can't make the link",
            Kind::HardLink(_) => "can't make the hard link",
            Kind::File(_) | Kind::Other(_) => "can't write",
        };
        if now.kind == want.kind || (now.is_file() && matches!(want.kind, Kind::File(Content::OnHost(_)))) {
            return self.check_attributes(now, want);
        }
        let failed = |error: io::Error| Error::io(doing, path, error);
        if !self.overwrites() || now.is_absent() {
            self.check_parent(path, doing)?;
        }
        if !now.is_absent() && !self.overwrites() {
            self.check_removable(path).map_err(failed)?;
            if now.is_directory() {
                self.check_removable_below(path)?;
            }
        }
        self.check_unchanged(now)?;
        if let Kind::File(Content::Bytes(bytes)) = &want.kind {
            self.check_space(path, bytes.len() as u64).map_err(failed)?;
        }
        Ok(())
    }

    /// That the directory of a path is there, and that something may be put into it.
    fn check_parent(&mut self, path: &Path, doing: &str) -> Result<()> {
        let parent = match path.parent() {
            // A bare name is in the working directory.
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            Some(parent) => parent.to_owned(),
            None => PathBuf::from("/"),
        };
        match self.follow(&parent)? {
            None => Err(Error::failed(format!("the directory {} does not exist", parent.display()))),
            Some(inode) if !inode.is_directory() => {
                Err(Error::failed(format!("{} is not a directory", parent.display())))
            }
            Some(_) if self.is_on_host(&parent) => {
                let allowed = self.backend_mut().may_write(&parent);
                allowed.map_err(|error| Error::io(doing, path, error))
            }
            // A directory that is only predicted can't be asked.
            Some(_) => Ok(()),
        }
    }

    /// That what is at a path may get another owner or other permissions.
    fn check_attributes(&mut self, now: &Inode, want: &Inode) -> Result<()> {
        let path = &want.path;
        if !self.is_on_host(path) {
            return Ok(());
        }
        let doing = match (now.owner, now.group) == (want.owner, want.group) {
            true => "can't change the permissions of",
            false => "can't change the owner of",
        };
        match self.backend_mut().may_write(path) {
            // The owner may change what he may not write to.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied || is_immutable(&error) => {
                Err(Error::io(doing, path, error))
            }
            _ => Ok(()),
        }
    }

    /// That what is at a path is nothing that can be neither replaced nor removed.
    fn check_removable(&mut self, path: &Path) -> io::Result<()> {
        match self.is_on_host(path).then(|| self.backend_mut().obstacle(path)).flatten() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// That all that is in a directory can be removed, so that it does not go by half.
    fn check_removable_below(&mut self, directory: &Path) -> Result<()> {
        if !self.is_on_host(directory) {
            return Ok(());
        }
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| Error::io("can't remove", &path, error)
        };
        let names = self.backend_mut().list(directory).map_err(failed(directory))?;
        if names.is_empty() {
            return Ok(());
        }
        self.backend_mut().may_write(directory).map_err(failed(directory))?;
        for path in names.into_iter().map(|name| directory.join(name)) {
            self.check_removable(&path).map_err(failed(&path))?;
            if self.is_on_host(&path) {
                let found = self.backend_mut().metadata(&path).map_err(failed(&path))?;
                if found.is_some_and(|found| found.file_type == crate::FileType::Directory) {
                    self.check_removable_below(&path)?;
                }
            }
        }
        Ok(())
    }

    /// That a file has what it had when somebody read it to edit it.
    fn check_unchanged(&mut self, now: &Inode) -> Result<()> {
        let Kind::File(Content::Bytes(read)) = &now.kind else { return Ok(()) };
        if !self.is_on_host(&now.path) {
            return Ok(());
        }
        match self.backend_mut().read(&now.path) {
            Ok(found) if found[..] == read[..] => Ok(()),
            _ => Err(Error::failed(format!(
                "{} was changed by another program while it was being edited; nothing has been written",
                now.path.display()
            ))),
        }
    }

    /// That there is room for a file beside the one that it replaces.
    fn check_space(&mut self, path: &Path, size: u64) -> io::Result<()> {
        let mut existing = path.parent().unwrap_or(path);
        while !self.is_on_host(existing) {
            let Some(parent) = existing.parent() else { return Ok(()) };
            existing = parent;
        }
        // A file system that does not tell may have room.
        let Ok(found) = self.backend_mut().file_system(existing, PATIENCE) else { return Ok(()) };
        let available = found.free_blocks.saturating_mul(found.fragment_size);
        match found.blocks > 0 && available < size {
            true => Err(rustix::io::Errno::NOSPC.into()),
            false => Ok(()),
        }
    }

    /// Whether what the host has at a path is what a dry run counts with.
    fn is_on_host(&mut self, path: &Path) -> bool {
        self.overlay().is_none_or(|overlay| overlay.place(path) == Place::AsOnHost)
            && matches!(self.backend_mut().metadata(path), Ok(Some(_)))
    }
}

/// `EPERM`, which is not told from `EACCES` by its kind.
fn is_immutable(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::PERM.raw_os_error())
}
