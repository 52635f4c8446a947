use std::path::{Path, PathBuf};

use diag::{Error, Result};

use crate::collection::Name;
use crate::collection::manifest::Manifest;
use crate::collection::metadata::{Metadata, file_in};
use crate::files;
use crate::version::Version;

/// A collection that is installed.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Its name.
    pub name: Name,
    /// Its version, if it has one.
    pub version: Option<Version>,
    /// Its folder.
    pub folder: PathBuf,
    /// What it needs.
    pub(crate) dependencies: indexmap::IndexMap<String, String>,
}

impl Installed {
    /// Its version, or `*`.
    pub fn shown_version(&self) -> String {
        self.version.as_ref().map_or_else(|| "*".into(), ToString::to_string)
    }

    /// The collection in a folder; nothing if there is none. Of one under development, `galaxy.yml` counts.
    pub(crate) fn read(name: Name, folder: &Path, warn: &mut dyn FnMut(Error)) -> Result<Option<Installed>> {
        let made =
            |version, dependencies| Installed { name, version, folder: folder.to_path_buf(), dependencies };
        let manifest = folder.join("MANIFEST.json");
        if manifest.is_file() {
            let text = std::fs::read(&manifest)
                .map_err(|error| Error::new(format!("can't read '{}'", manifest.display())).cause(error))?;
            let manifest = Manifest::parse(&text, folder)?;
            let version = manifest.version()?;
            return Ok(Some(made(version, manifest.collection_info.dependencies.unwrap_or_default())));
        }
        match file_in(folder) {
            Some(path) => {
                let metadata = Metadata::read(&path, warn)?;
                Ok(Some(made(metadata.version, metadata.dependencies)))
            }
            None => {
                warn(Error::warning(format!(
                    "Collection at '{}' does not have a MANIFEST.json file, nor has it galaxy.yml: cannot detect version.",
                    folder.display()
                )));
                Ok(Some(made(None, indexmap::IndexMap::new())))
            }
        }
    }
}

/// The folder with collections in it of one that is searched for collections.
pub(crate) fn collections_folder(path: &Path) -> PathBuf {
    if path.file_name().is_some_and(|name| name == "ansible_collections") {
        path.to_path_buf()
    } else {
        path.join("ansible_collections")
    }
}

/// The collections below one folder that is searched for them, by name.
///
/// # Errors
/// The folder can't be read. What is wrong with a collection in it is told to `warn`.
pub fn installed(path: &Path, warn: &mut dyn FnMut(Error)) -> Result<Vec<Installed>> {
    let root = collections_folder(&files::absolute(path));
    let mut found = Vec::new();
    for namespace in folders(&root)? {
        for folder in folders(&namespace)? {
            let parts =
                [&namespace, &folder].map(|path| path.file_name().unwrap_or_default().to_string_lossy());
            let Some(name) = Name::parse(&parts.join(".")) else { continue };
            match Installed::read(name, &folder, warn) {
                Ok(collection) => found.extend(collection),
                Err(error) => warn(error.into_warning()),
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// One collection below a folder that is searched for them, if it is there.
///
/// # Errors
/// What is there is no collection.
pub fn find(path: &Path, name: &Name, warn: &mut dyn FnMut(Error)) -> Result<Option<Installed>> {
    let folder = collections_folder(&files::absolute(path)).join(&name.namespace).join(&name.name);
    if folder.is_dir() { Installed::read(name.clone(), &folder, warn) } else { Ok(None) }
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| Error::new(format!("can't read '{}'", folder.display())).cause(error);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
