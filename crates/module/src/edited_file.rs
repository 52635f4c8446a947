use std::path::Path;

use system::{Content, Error, Inode, Kind, Result, System};

use crate::{FileMarks, HostPath, NewContent, Written, decode_text, encode_text, make_directories};

/// A file of which a module changes a part.
#[derive(Clone, Debug)]
pub struct EditedFile {
    now: Inode,
    /// As UTF-8, or as the bytes that they are in a file that is to be UTF-8 anyway.
    content: Vec<u8>,
    encoding: String,
}

impl EditedFile {
    /// Reads a file, symbolic links followed, so that what they lead to is changed. It need not be there. Of a file in
    /// another encoding than UTF-8 the content is its text.
    ///
    /// # Errors
    /// It is a directory, can't be read, or is not in this encoding.
    pub fn open(host: &mut System, path: &HostPath, encoding: &str) -> Result<EditedFile> {
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
        let content = match is_utf_8(encoding) {
            true => content,
            false => decode_text(host, &content, encoding)?
                .ok_or_else(|| Error::failed(format!("{} is not written in {encoding}", real.display())))?
                .into_bytes(),
        };
        Ok(EditedFile { now, content, encoding: encoding.to_owned() })
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

    /// Writes it in its encoding, with the directories above it if it is new, and marks it.
    ///
    /// # Errors
    /// Those of [`NewContent::put`] and [`FileMarks::settle`]; or a character does not exist in the encoding.
    pub fn write(self, host: &mut System, mut new: NewContent<'_>, marks: FileMarks<'_>) -> Result<Written> {
        if self.exists() && new.bytes.as_ref() == Some(&self.content) {
            new.bytes = None;
        }
        if new.bytes.is_some()
            && !self.exists()
            && let Some(parent) = self.now.path.parent()
        {
            make_directories(host, parent, None, None, None)?;
        }
        if let Some(bytes) = new.bytes.as_mut().filter(|_| !is_utf_8(&self.encoding)) {
            *bytes = encode_text(host, &String::from_utf8_lossy(bytes), &self.encoding)?
                .ok_or_else(|| Error::failed(format!("the text can't be written in {}", self.encoding)))?;
        }
        let written = new.put(host, &self.now)?;
        marks.settle(host, &self.now.path)?;
        Ok(written)
    }
}

/// Bytes that are no UTF-8 stay as they are in a file that is said to be.
fn is_utf_8(encoding: &str) -> bool {
    matches!(encoding.to_ascii_lowercase().replace('_', "-").as_str(), "utf-8" | "utf8")
}
