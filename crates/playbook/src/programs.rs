//! Modules of the user's own: programs in `library` folders and in collections.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// The folders that hold modules, and the Python files that modules share. Those of the playbook and of roles join as
/// these are read.
#[derive(Debug, Default)]
pub(crate) struct Programs(RwLock<Folders>);

#[derive(Debug, Default)]
struct Folders {
    /// What was found, by name; what was found first counts.
    modules: HashMap<String, PathBuf>,
    /// Folders that were searched.
    searched: Vec<PathBuf>,
    /// Folders of what Python modules share.
    utilities: Vec<PathBuf>,
}

/// Files that lie beside modules and are none.
const OTHERS: &[&str] =
    &["pyc", "pyo", "swp", "bak", "rpm", "md", "txt", "rst", "yml", "yaml", "ini", "json", "ps1", "cs"];

/// How deep modules may be in folders of folders.
const DEPTH: usize = 8;

impl Programs {
    /// Searches a folder.
    pub(crate) fn search(&self, folder: &Path) {
        let mut folders = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !folders.searched.iter().any(|searched| searched == folder) {
            folders.searched.push(folder.to_path_buf());
            add(folder, DEPTH, &mut folders.modules);
        }
    }

    /// Searches the folders that stand beside a playbook or in a role.
    pub(crate) fn search_beside(&self, folder: &Path) {
        self.search(&folder.join("library"));
        self.share(&folder.join("module_utils"));
    }

    /// Remembers a folder of what Python modules share.
    pub(crate) fn share(&self, folder: &Path) {
        let mut folders = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if folder.is_dir() && !folders.utilities.iter().any(|known| known == folder) {
            folders.utilities.push(folder.to_path_buf());
        }
    }

    pub(crate) fn named(&self, name: &str) -> Option<PathBuf> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).modules.get(name).cloned()
    }

    pub(crate) fn utilities(&self) -> Vec<PathBuf> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).utilities.clone()
    }
}

fn add(folder: &Path, depth: usize, modules: &mut HashMap<String, PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth > 0 {
                add(&path, depth - 1, modules);
            }
        } else if let Some(name) = name_of(&path) {
            modules.entry(name).or_insert(path);
        }
    }
}

fn name_of(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let other = OTHERS.contains(&extension) || extension.ends_with('~');
    (!other && name != "__init__" && !name.starts_with('.')).then(|| name.to_owned())
}

/// The module of a collection below one of these folders, each of which holds `ansible_collections`.
pub(crate) fn in_collection(name: &str, collections_path: &[PathBuf]) -> Option<PathBuf> {
    let mut parts = name.splitn(3, '.');
    let (namespace, collection, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let below: PathBuf = rest.split('.').collect();
    collections_path.iter().find_map(|path| {
        let path = match path.file_name() {
            Some(last) if last == "ansible_collections" => path.clone(),
            _ => path.join("ansible_collections"),
        };
        let whole = path.join(namespace).join(collection).join("plugins/modules").join(&below);
        let mut found: Vec<PathBuf> = std::fs::read_dir(whole.parent()?)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.is_file() && name_of(path).as_deref() == whole.file_name().and_then(|name| name.to_str())
            })
            .collect();
        found.sort();
        found.into_iter().next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_found_by_its_name_without_the_ending() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        for path in ["library/hello.sh", "library/deep/other", "library/readme.md", "module_utils/x.py"] {
            write(path);
        }
        write("ansible_collections/a/b/plugins/modules/hello.py");
        let programs = Programs::default();
        programs.search_beside(folder.path());
        assert_eq!(programs.named("hello"), Some(folder.path().join("library/hello.sh")));
        assert_eq!(programs.named("other"), Some(folder.path().join("library/deep/other")));
        assert_eq!(programs.named("readme"), None);
        assert_eq!(programs.utilities(), [folder.path().join("module_utils")]);
        let paths = [folder.path().to_path_buf()];
        assert!(in_collection("a.b.hello", &paths).unwrap().ends_with("b/plugins/modules/hello.py"));
        assert_eq!(in_collection("a.b.other", &paths), None);
    }
}
