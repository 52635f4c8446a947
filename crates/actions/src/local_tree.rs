use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use diag::Error;
use module::{TransferredFile, TransferredKind};
use protocol::BlobId;
use value::Value;

use crate::call::is_vault;
use crate::offer::Offer;
use crate::{BlobSource, Call, Failure};

/// Files of the controller, described for the module that places them on the host.
#[derive(Default)]
pub(crate) struct LocalTree {
    pub(crate) files: Vec<TransferredFile>,
    pub(crate) blobs: Vec<(BlobId, BlobSource)>,
    /// Whether any of them was in a vault.
    pub(crate) secret: bool,
}

/// How files are taken.
#[derive(Clone, Copy)]
pub(crate) struct Taking {
    /// Whether symbolic links below a directory are replaced by what they lead to.
    pub(crate) follow: bool,
    /// Whether vaults are opened.
    pub(crate) decrypt: bool,
}

impl LocalTree {
    /// One file, which has no name below the destination.
    pub(crate) fn file(call: &Call<'_>, path: &Path, taking: Taking) -> Result<LocalTree, Failure> {
        let mut tree = LocalTree::default();
        tree.add_file(call, path, String::new(), taking)?;
        Ok(tree)
    }

    /// A directory and what is below it, under the name `relative`, or directly in the destination if that is empty.
    pub(crate) fn directory(
        call: &Call<'_>,
        path: &Path,
        relative: &str,
        taking: Taking,
    ) -> Result<LocalTree, Failure> {
        let mut tree = LocalTree::default();
        tree.add_directory(call, path, relative.to_owned(), taking, &mut Vec::new())?;
        Ok(tree)
    }

    /// The argument for the module, and what it may ask for.
    pub(crate) fn into_argument(self) -> (Value, Vec<(BlobId, BlobSource)>) {
        (Value::list(self.files), self.blobs)
    }

    fn add_file(
        &mut self,
        call: &Call<'_>,
        path: &Path,
        relative: String,
        taking: Taking,
    ) -> Result<(), Failure> {
        let unreadable = |error| call.unreadable(path, error);
        let permissions = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o7777;
        let offer = if taking.decrypt && starts_as_vault(path).map_err(unreadable)? {
            self.secret = true;
            Offer::bytes(call.read_file(path)?.0)
        } else {
            Offer::file(path).map_err(unreadable)?
        };
        let kind = TransferredKind::File(offer.blob.clone());
        self.files.push(TransferredFile { relative, kind, mode: Some(permissions) });
        self.blobs.extend(offer.into_blob());
        Ok(())
    }

    /// `above` are the real paths of the directories that led here: a link back to one of them leads nowhere else.
    fn add_directory(
        &mut self,
        call: &Call<'_>,
        path: &Path,
        relative: String,
        taking: Taking,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), Failure> {
        let unreadable = |error| call.unreadable(path, error);
        let real = fs::canonicalize(path).map_err(unreadable)?;
        if above.contains(&real) {
            let error = Error::new(format!("{} leads back to a directory that it is in", path.display()));
            return Err(call.failure(error.hint("copy links as links: 'local_follow: false'")));
        }
        above.push(real);
        let permissions = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o7777;
        self.files.push(TransferredFile {
            relative: relative.clone(),
            kind: TransferredKind::Directory,
            mode: Some(permissions),
        });
        let mut names = fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>())
            .map_err(unreadable)?;
        names.sort();
        for name in names {
            let child = path.join(&name);
            let Some(name) = name.to_str() else {
                return Err(call.unreadable(&child, "its name is not UTF-8 text"));
            };
            let relative = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
            let kind =
                fs::symlink_metadata(&child).map_err(|error| call.unreadable(&child, error))?.file_type();
            if kind.is_symlink() && !taking.follow {
                let target = fs::read_link(&child).map_err(|error| call.unreadable(&child, error))?;
                let Some(target) = target.to_str() else {
                    return Err(call.unreadable(&child, "what it links to is not UTF-8 text"));
                };
                let kind = TransferredKind::Link(target.to_owned());
                self.files.push(TransferredFile { relative, kind, mode: None });
                continue;
            }
            let kind = fs::metadata(&child).map_err(|error| call.unreadable(&child, error))?.file_type();
            if kind.is_dir() {
                self.add_directory(call, &child, relative, taking, above)?;
            } else if kind.is_file() {
                self.add_file(call, &child, relative, taking)?;
            } else {
                return Err(call.unreadable(&child, "it is neither a file nor a directory"));
            }
        }
        above.pop();
        Ok(())
    }
}

fn starts_as_vault(path: &Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    fs::File::open(path)?.take(64).read_to_end(&mut start)?;
    Ok(is_vault(&start))
}
