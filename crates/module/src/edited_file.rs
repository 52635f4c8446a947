use std::path::Path;

use system::{Content, Error, Inode, Kind, Result, System};

use crate::{HostPath, NewContent, Written, make_directories};

/// A file of which a module changes a part.
#[derive(Clone, Debug)]
pub struct EditedFile {
    now: Inode,
    content: Vec<u8>,
}

impl EditedFile {
    /// Reads a file, symbolic links followed, so that what they lead to is changed. It need not be there.
    ///
    /// # Errors
    /// It is a directory or can't be read.
    pub fn open(host: &mut System, path: &HostPath) -> Result<EditedFile> {
        let path = path.expand(host)?;
        let real = host.real_path(&path)?;
        let mut now = host.inode(&real)?;
        let content = match now.kind {
            Kind::Absent => Vec::new(),
            Kind::Directory => {
                return Err(
                    Error::failed(format!("Path {} is a directory !", path.display())).with("rc", 256)
                );
            }
            _ => host.read(&real)?,
        };
        if now.is_file() {
            now.kind = Kind::File(Content::Bytes(content.as_slice().into()));
        }
        Ok(EditedFile { now, content })
    }

    /// Where it is, symbolic links followed.
    pub fn path(&self) -> &Path {
        &self.now.path
    }

    /// Whether it is there already.
    pub fn exists(&self) -> bool {
        !self.now.is_absent()
    }

    /// What is in it; nothing if it is not there.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Itself, if it is there or may be made; `what` is the word for it in the failure, for which playbooks look.
    ///
    /// # Errors
    /// It is not there and `create` is false.
    pub fn or_create(self, what: &str, create: bool) -> Result<EditedFile> {
        if !create && !self.exists() {
            let message = format!("{what} {} does not exist !", self.path().display());
            return Err(Error::failed(message).with("rc", 257));
        }
        Ok(self)
    }

    /// Writes it, with the directories above it if it is new.
    ///
    /// # Errors
    /// Those of [`NewContent::put`].
    pub fn write(self, host: &mut System, mut new: NewContent<'_>) -> Result<Written> {
        if self.exists() && new.bytes.as_ref() == Some(&self.content) {
            new.bytes = None;
        }
        if new.bytes.is_some()
            && !self.exists()
            && let Some(parent) = self.now.path.parent()
        {
            make_directories(host, parent, None, None, None)?;
        }
        new.put(host, &self.now)
    }
}
