use std::fs;
use std::io::Read;
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
    files: Vec<TransferredFile>,
    blobs: Vec<(BlobId, BlobSource)>,
    /// Whether any of them was in a vault.
    pub(crate) secret: bool,
}

/// How files are taken.
#[derive(Clone, Copy)]
pub(crate) struct Taking {
    /// Whether symbolic links below a directory are replaced by what they lead to. A link that leads nowhere, or back to
    /// a directory that it is in, stays a link.
    pub(crate) follow: bool,
    /// Whether vaults are opened.
    pub(crate) decrypt: bool,
}

/// A file, directory or link that was found.
struct Found {
    path: PathBuf,
    relative: String,
    kind: Kind,
}

enum Kind {
    File,
    Directory,
    Link(String),
}

impl LocalTree {
    /// One file, which has no name below the destination.
    ///
    /// # Errors
    /// It can't be read or decrypted.
    pub(crate) async fn file(call: &Call<'_>, path: &Path, taking: Taking) -> Result<LocalTree, Failure> {
        let found = Found { path: path.to_owned(), relative: String::new(), kind: Kind::File };
        LocalTree::default().with(call, vec![found], taking).await
    }

    /// A directory and what is below it, under the name `relative`, or directly in the destination if that is empty.
    ///
    /// # Errors
    /// Something can't be read or decrypted, has a name that is no text, or is neither file, directory nor link.
    pub(crate) async fn directory(
        call: &Call<'_>,
        path: &Path,
        relative: &str,
        taking: Taking,
    ) -> Result<LocalTree, Failure> {
        let mut found = Vec::new();
        find(call, path, relative.to_owned(), taking, &mut Vec::new(), &mut found)?;
        LocalTree::default().with(call, found, taking).await
    }

    /// The argument for the module, and what it may ask for.
    pub(crate) fn into_argument(self) -> (Value, Vec<(BlobId, BlobSource)>) {
        (Value::list(self.files), self.blobs)
    }

    async fn with(
        mut self,
        call: &Call<'_>,
        found: Vec<Found>,
        taking: Taking,
    ) -> Result<LocalTree, Failure> {
        for Found { path, relative, kind } in found {
            let unreadable = |error| call.unreadable(&path, error);
            let (kind, mode) = match kind {
                Kind::Link(target) => (TransferredKind::Link(target), None),
                Kind::Directory => {
                    (TransferredKind::Directory, Some(permissions(&path).map_err(unreadable)?))
                }
                Kind::File => {
                    let mode = permissions(&path).map_err(unreadable)?;
                    let offer = if taking.decrypt && starts_as_vault(&path).map_err(unreadable)? {
                        self.secret = true;
                        Offer::bytes(opened(call, &path)?)
                    } else {
                        Offer::file(path.clone()).await.map_err(unreadable)?
                    };
                    let kind = TransferredKind::File(offer.blob.clone());
                    self.blobs.extend(offer.into_blob());
                    (kind, Some(mode))
                }
            };
            self.files.push(TransferredFile { relative, kind, mode });
        }
        Ok(self)
    }
}

/// Finds a directory and what is below it. `above` are the real paths of the directories that led here: a link back to
/// one of them leads nowhere else, so it stays a link.
fn find(
    call: &Call<'_>,
    path: &Path,
    relative: String,
    taking: Taking,
    above: &mut Vec<PathBuf>,
    found: &mut Vec<Found>,
) -> Result<(), Failure> {
    let unreadable = |error| call.unreadable(path, error);
    above.push(fs::canonicalize(path).map_err(unreadable)?);
    found.push(Found { path: path.to_owned(), relative: relative.clone(), kind: Kind::Directory });
    let mut names = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>())
        .map_err(unreadable)?;
    // What is in the directory itself comes before what is in those below it, as in Ansible.
    names.sort_by_cached_key(|name| (path.join(name).is_dir(), name.clone()));
    for name in names {
        let path = path.join(&name);
        let unreadable = |error| call.unreadable(&path, error);
        let Some(name) = name.to_str() else {
            return Err(call.unreadable(&path, "its name is not UTF-8 text"));
        };
        let relative = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
        if fs::symlink_metadata(&path).map_err(unreadable)?.is_symlink()
            && !(taking.follow && leads_on(&path, above))
        {
            let target = fs::read_link(&path).map_err(unreadable)?;
            let Some(target) = target.to_str() else {
                return Err(call.unreadable(&path, "what it links to is not UTF-8 text"));
            };
            found.push(Found { kind: Kind::Link(target.to_owned()), path, relative });
            continue;
        }
        let kind = fs::metadata(&path).map_err(unreadable)?.file_type();
        if kind.is_dir() {
            find(call, &path, relative, taking, above, found)?;
        } else if kind.is_file() {
            found.push(Found { path, relative, kind: Kind::File });
        } else {
            return Err(call.unreadable(&path, "it is neither a file nor a directory"));
        }
    }
    above.pop();
    Ok(())
}

/// Whether a link leads to something that is there, and not back to one of the directories that led to it.
fn leads_on(link: &Path, above: &[PathBuf]) -> bool {
    fs::canonicalize(link).is_ok_and(|real| !above.contains(&real))
}

/// What is in a vault that goes to the host.
fn opened(call: &Call<'_>, path: &Path) -> Result<Vec<u8>, Failure> {
    match call.read_file(path) {
        Ok((bytes, _)) => Ok(bytes),
        Err(Failure::Task(error)) if error.is_of_environment() => {
            // Playbooks look for these words.
            let message = "A vault password or secret must be specified to decrypt";
            let refused = Error::new(format!("{message} {}", path.display())).at_some(error.span());
            let hints = error.hints().iter().map(String::as_str);
            Err(Failure::Task(hints.fold(refused, Error::hint)))
        }
        Err(other) => Err(other),
    }
}

fn permissions(path: &Path) -> std::io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}

fn starts_as_vault(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    fs::File::open(path)?.take(64).read_to_end(&mut start)?;
    Ok(is_vault(&start))
}
