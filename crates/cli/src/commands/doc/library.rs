//! The manuals that lie on this machine: in collections, and in folders of the user's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diag::{Error, Result};

use super::kind::Kind;
use super::page::Page;
use super::source_file;
use crate::config::{self, Config};

/// Where manuals are looked for.
pub(crate) struct Library {
    pub(crate) config: Config,
    /// What stands for a playbook's folder.
    pub(crate) playbook_dir: Option<PathBuf>,
    /// Folders of modules that the command line names.
    pub(crate) module_path: Vec<PathBuf>,
    /// Folders of roles that the command line names.
    pub(crate) roles_path: Vec<PathBuf>,
}

/// Files that are no module and no plugin, whatever folder they are in.
const IGNORED_ENDINGS: [&str; 12] =
    ["pyc", "pyo", "md", "txt", "rst", "rpm", "swp", "bak", "ini", "output", "json", "orig"];

impl Library {
    /// The folders of collections, by the name of the collection; the first one of a name counts.
    pub(crate) fn collections(&self) -> BTreeMap<String, PathBuf> {
        let mut folders: Vec<PathBuf> =
            self.playbook_dir.iter().map(|folder| folder.join("collections")).collect();
        folders.extend(self.config.search_path(&config::COLLECTIONS_PATH));
        let mut found = BTreeMap::new();
        for folder in folders {
            let inner = folder.join("ansible_collections");
            let root = if inner.is_dir() { inner } else { folder };
            for namespace in folders_in(&root) {
                for collection in folders_in(&namespace) {
                    let name = format!("{}.{}", file_name(&namespace), file_name(&collection));
                    found.entry(name).or_insert(collection);
                }
            }
        }
        found
    }

    /// The files of a kind in a collection, by their names with the collection's before it.
    pub(crate) fn in_collection(&self, collection: &str, kind: Kind) -> BTreeMap<String, PathBuf> {
        let collections = self.collections();
        let folder = collections.get(collection).map(|path| path.join("plugins").join(kind.folder()));
        let found = folder.map(|folder| files_in(&folder, kind)).unwrap_or_default();
        found.into_iter().map(|(name, file)| (format!("{collection}.{name}"), file)).collect()
    }

    /// The files of a kind in folders of the user's own, by name.
    pub(crate) fn own_files(&self, kind: Kind) -> BTreeMap<String, PathBuf> {
        let mut folders = if kind == Kind::Module { self.module_path.clone() } else { Vec::new() };
        folders.extend(self.playbook_dir.iter().map(|folder| folder.join(kind.folder_beside())));
        let variable = match kind {
            Kind::Module => "ANSIBLE_LIBRARY".to_owned(),
            _ => format!("ANSIBLE_{}_PLUGINS", kind.name().to_uppercase()),
        };
        let setting =
            config::settings().into_iter().find(|setting| setting.environment.contains(&variable.as_str()));
        folders.extend(setting.map(|setting| self.config.search_path(setting)).unwrap_or_default());
        let mut found = BTreeMap::new();
        for folder in folders {
            for (name, file) in files_in(&folder, kind) {
                let short = name.rsplit('.').next().unwrap_or(&name).to_owned();
                found.entry(short).or_insert(file);
            }
        }
        found
    }

    /// The manual in a file, if there is one.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn page(&self, file: &Path, name: &str, kind: Kind) -> Result<Page> {
        let mut page = source_file::read(file, name, kind, &|fragment| self.fragment(fragment))?;
        page.collection = collection_of(name).map(str::to_owned);
        Ok(page)
    }

    /// A text that manuals share: `name`, `name.part`, or one of a collection.
    fn fragment(&self, name: &str) -> Option<value::Value> {
        let parts: Vec<&str> = name.split('.').collect();
        let (folders, rest) = match parts.as_slice() {
            [namespace, collection, rest @ ..] if !rest.is_empty() => {
                let collection = format!("{namespace}.{collection}");
                let folder = self.collections().get(&collection)?.join("plugins/doc_fragments");
                (vec![folder], rest.to_vec())
            }
            rest => {
                let setting =
                    config::settings().into_iter().find(|setting| setting.name == "DOC_FRAGMENT_PLUGIN_PATH");
                let mut folders = setting.map(|setting| self.config.search_path(setting)).unwrap_or_default();
                folders.extend(self.playbook_dir.iter().map(|folder| folder.join("doc_fragments")));
                (folders, rest.to_vec())
            }
        };
        let (file, constant) = match rest.as_slice() {
            [file] => (*file, "DOCUMENTATION".to_owned()),
            [file, part] => (*file, part.to_uppercase()),
            _ => return None,
        };
        let mut files = folders.iter().map(|folder| folder.join(format!("{file}.py")));
        files.find_map(|file| source_file::fragment(&file, &constant))
    }

    /// The folders of roles, by name: those of the command line, beside the playbook, of the configuration, and of
    /// collections. `wanted` are the collections to look at; all of them and the roles in none if there are none.
    pub(crate) fn roles(&self, wanted: &[String]) -> BTreeMap<String, PathBuf> {
        let mut found = BTreeMap::new();
        if wanted.is_empty() {
            let mut folders = self.roles_path.clone();
            folders
                .extend(self.playbook_dir.iter().flat_map(|folder| [folder.join("roles"), folder.clone()]));
            folders.extend(self.config.search_path(&config::ROLES_PATH));
            for role in folders.iter().flat_map(|folder| folders_in(folder)) {
                if has_specification(&role) {
                    found.entry(file_name(&role)).or_insert(role);
                }
            }
        }
        for (collection, folder) in self.collections() {
            if !wanted.is_empty() && !wanted.contains(&collection) {
                continue;
            }
            for role in folders_in(&folder.join("roles")) {
                if has_specification(&role) {
                    found.entry(format!("{collection}.{}", file_name(&role))).or_insert(role);
                }
            }
        }
        found
    }

    /// Makes sure that there is such a collection.
    ///
    /// # Errors
    /// There is none, or the name can't be one of a collection.
    pub(crate) fn check_collection(&self, name: &str) -> Result<()> {
        if ["ansible.builtin", "ansible.legacy"].contains(&name) {
            return Ok(());
        }
        if name.split('.').count() != 2 {
            return Err(Error::new(format!("Invalid collection name: '{name}'"))
                .hint("it is written as namespace.collection"));
        }
        let collections = self.collections();
        if collections.contains_key(name) {
            return Ok(());
        }
        let text = format!("Cannot use supplied collection '{name}': unable to locate collection {name}");
        Err(Error::new(text).hint_some(diag::did_you_mean(name, collections.keys().map(String::as_str))))
    }
}

/// The collection in a name, if it has one.
pub(crate) fn collection_of(name: &str) -> Option<&str> {
    let dot = name.match_indices('.').nth(1)?.0;
    Some(&name[..dot])
}

fn has_specification(role: &Path) -> bool {
    ["argument_specs", "main"]
        .iter()
        .flat_map(|name| ["yml", "yaml"].map(|ending| role.join(format!("meta/{name}.{ending}"))))
        .any(|file| file.is_file())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    sorted_entries(folder).into_iter().filter(|path| path.is_dir()).collect()
}

/// The files of a kind in a folder and those below it, by name: `file`, `folder.file`. Which filters and tests a file
/// in Python holds, only Python knows; of those, the YAML files count.
fn files_in(folder: &Path, kind: Kind) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for path in sorted_entries(folder) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let below = files_in(&path, kind).into_iter();
            found.extend(below.map(|(below, file)| (format!("{name}.{below}"), file)));
            continue;
        }
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        let is_yaml = ["yml", "yaml"].contains(&ending.as_str());
        let several = matches!(kind, Kind::Filter | Kind::Test);
        let is_wanted = match kind {
            Kind::Filter | Kind::Test => is_yaml,
            Kind::Module => !IGNORED_ENDINGS.contains(&ending.as_str()),
            _ => ending == "py" || is_yaml,
        };
        if !is_wanted || name.starts_with('_') || name.starts_with('.') {
            continue;
        }
        // What a YAML file describes counts before the description.
        if several || !is_yaml || !found.contains_key(&name) {
            found.insert(name, path);
        }
    }
    found
}
