use std::path::{Path, PathBuf};

use diag::{Error, Result};

use crate::archive::Writer;
use crate::collection::contents::{self, Member};
use crate::collection::manifest::{Item, Manifest, to_json};
use crate::collection::metadata::{Metadata, file_in};
use crate::files;
use crate::progress::Progress;

/// A collection of a folder, as it is to be written somewhere.
pub(crate) struct Prepared {
    members: Vec<Member>,
    manifest: Vec<u8>,
    files: Vec<u8>,
}

/// Finds what belongs to the collection in a folder.
///
/// # Errors
/// Something can't be read.
pub(crate) fn prepare(folder: &Path, metadata: &Metadata, progress: &dyn Progress) -> Result<Prepared> {
    let members = contents::of(folder, metadata, &mut |warning| progress.warn(warning))?;
    let mut items = vec![Item::folder(".")];
    for member in &members {
        items.push(if member.is_folder {
            Item::folder(&member.name)
        } else {
            Item::file(&member.name, files::hash_of(&member.path)?)
        });
    }
    let (manifest, files) = Manifest::of(metadata, items)?;
    Ok(Prepared { members, manifest: to_json(&manifest)?, files })
}

impl Prepared {
    /// Writes it into an empty folder.
    ///
    /// # Errors
    /// Something can't be read or written.
    pub(crate) fn install(&self, folder: &Path) -> Result<()> {
        for (name, content) in [("MANIFEST.json", &self.manifest), ("FILES.json", &self.files)] {
            files::write(&folder.join(name), content)?;
        }
        for member in &self.members {
            let target = folder.join(&member.name);
            match &member.link {
                Some(to) => std::os::unix::fs::symlink(to, &target).map_err(|error| {
                    Error::new(format!("can't make the link '{}'", target.display())).cause(error)
                })?,
                None if member.is_folder => files::create_folder(&target)?,
                None => files::copy(&member.path, &target)?,
            }
        }
        Ok(())
    }

    /// Writes it to an archive, whole or not at all.
    ///
    /// # Errors
    /// Something can't be read or written.
    pub(crate) fn pack(&self, path: &Path) -> Result<()> {
        let scratch = files::scratch(path.parent())?;
        let unfinished = scratch.path().join("archive");
        let mut writer = Writer::create(&unfinished)?;
        writer.file("MANIFEST.json", &self.manifest, false)?;
        writer.file("FILES.json", &self.files, false)?;
        for member in &self.members {
            match &member.link {
                Some(to) => writer.link(&member.name, to)?,
                None if member.is_folder => writer.folder(&member.name)?,
                None => {
                    let (content, executable) = contents::content(member)?;
                    writer.file(&member.name, &content, executable)?;
                }
            }
        }
        writer.finish()?;
        files::put(&unfinished, path)
    }
}

/// Builds the archive of the collection in a folder, and gives its path.
///
/// # Errors
/// There is no collection, or the archive is there already and this is not forced, or can't be written.
pub fn build(folder: &Path, output: &Path, force: bool, progress: &dyn Progress) -> Result<PathBuf> {
    let folder = files::absolute(folder);
    let path = file_in(&folder).ok_or_else(|| {
        Error::new(format!(
            "The collection galaxy.yml path '{}' does not exist.",
            folder.join("galaxy.yml").display()
        ))
    })?;
    let output = files::absolute(output);
    if !output.exists() {
        files::create_folder(&output)?;
    } else if output.is_file() {
        return Err(Error::new(format!(
            "- the output collection directory {} is a file - aborting",
            output.display()
        )));
    }
    let metadata = Metadata::read(&path, &mut |warning| progress.warn(warning))?;
    let version = metadata.version.as_ref().ok_or_else(|| {
        Error::new(format!("the collection {} needs a version to be built", metadata.name))
            .hint("write one into its galaxy.yml")
    })?;
    let file = format!("{}-{}-{version}.tar.gz", metadata.name.namespace, metadata.name.name);
    let archive = output.join(file);
    if archive.is_dir() {
        return Err(Error::new(format!(
            "The output collection artifact '{}' already exists, but is a directory - aborting",
            archive.display()
        )));
    }
    if archive.exists() && !force {
        return Err(Error::new(format!(
            "The file '{}' already exists. You can use --force to re-create the collection artifact.",
            archive.display()
        )));
    }
    prepare(&folder, &metadata, progress)?.pack(&archive)?;
    progress.say(&format!("Created collection for {} at {}", metadata.name, archive.display()));
    Ok(archive)
}
