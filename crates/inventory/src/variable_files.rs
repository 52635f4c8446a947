use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use diag::{Error, Errors};
use yaml::NodeKind;

use crate::input::Input;
use crate::lock::lock;
use crate::options::LoadOptions;
use crate::variables::Variables;

/// What may stand behind the name of a group or host; the first file that is there counts.
const EXTENSIONS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// Whether a directory holds files for groups or for hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Group,
    Host,
}

impl Kind {
    fn directory(self) -> &'static str {
        match self {
            Kind::Group => "group_vars",
            Kind::Host => "host_vars",
        }
    }
}

/// The files of `group_vars` and `host_vars`, each read when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct VariableFiles {
    read: Mutex<HashMap<(PathBuf, Kind, String), Loaded>>,
    listed: Mutex<HashMap<(PathBuf, Kind), Names>>,
    warnings: Mutex<Vec<Error>>,
}

/// The names in a directory.
type Names = Arc<BTreeSet<String>>;

type Loaded = Result<Variables, Arc<Errors>>;

impl VariableFiles {
    /// The variables of a group or host in the files beside `base`.
    ///
    /// # Errors
    ///
    /// A file can't be read; all such errors.
    pub(crate) fn variables(
        &self,
        base: &Path,
        kind: Kind,
        name: &str,
        options: &LoadOptions,
    ) -> Result<Variables, Errors> {
        // Such a name would lead out of the directory.
        if name.starts_with('/') || name.split('/').any(|part| part == "..") {
            return Ok(Variables::default());
        }
        let names = self.list(base, kind);
        if names.is_empty() {
            return Ok(Variables::default());
        }
        let key = (base.to_owned(), kind, name.to_owned());
        let known = lock(&self.read).get(&key).cloned();
        let loaded = known.unwrap_or_else(|| {
            let loaded = self.load(&base.join(kind.directory()), name, &names, options).map_err(Arc::new);
            lock(&self.read).insert(key, loaded.clone());
            loaded
        });
        loaded.map_err(|errors| (*errors).clone())
    }

    /// The warnings of the files read since the last call.
    pub(crate) fn take_warnings(&self) -> Vec<Error> {
        std::mem::take(&mut *lock(&self.warnings))
    }

    /// Forgets what was read.
    pub(crate) fn forget(&self) {
        lock(&self.read).clear();
        lock(&self.listed).clear();
    }

    /// The names in a directory, listed once: most hosts have no file, and asking for each costs more.
    fn list(&self, base: &Path, kind: Kind) -> Names {
        let key = (base.to_owned(), kind);
        if let Some(names) = lock(&self.listed).get(&key) {
            return Arc::clone(names);
        }
        let directory = base.join(kind.directory());
        let names: BTreeSet<String> = match std::fs::read_dir(&directory) {
            Ok(entries) => entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect(),
            Err(cause) => {
                if directory.exists() {
                    let warning =
                        Error::warning(format!("'{}' can't be listed, and is left out", directory.display()));
                    lock(&self.warnings).push(warning.cause(cause));
                }
                BTreeSet::new()
            }
        };
        let names = Arc::new(names);
        lock(&self.listed).insert(key, Arc::clone(&names));
        names
    }

    fn load(
        &self,
        directory: &Path,
        name: &str,
        names: &BTreeSet<String>,
        options: &LoadOptions,
    ) -> Result<Variables, Errors> {
        let found = EXTENSIONS.iter().map(|extension| format!("{name}{extension}")).find(|file| {
            // A group's name may hold a slash, and then lies deeper.
            names.contains(file) || file.contains('/') && directory.join(file).exists()
        });
        let Some(found) = found else { return Ok(Variables::default()) };
        let path = directory.join(found);
        let mut files = Vec::new();
        if path.is_dir() {
            files_below(&path, &mut files)?
        } else {
            files.push(path)
        }
        let (mut variables, mut errors) = (Variables::default(), Errors::new());
        for file in files {
            match self.load_file(&file, options) {
                Ok(others) => variables.extend(&others, options.merge),
                Err(error) => errors.push(error),
            }
        }
        if errors.any() { Err(errors) } else { Ok(variables) }
    }

    fn load_file(&self, file: &Path, options: &LoadOptions) -> diag::Result<Variables> {
        let document = Input::read(file, &options.secrets)?.yaml()?;
        lock(&self.warnings).extend(document.warnings);
        let Some(root) = document.root.filter(|root| !root.is_null()) else {
            return Ok(Variables::default());
        };
        match &root.kind {
            NodeKind::Map(entries) => Ok(Variables::from_entries(entries)),
            _ => Err(root.wrong_type("a file of variables", "a mapping of names to values")),
        }
    }
}

/// The files of a directory that holds the variables of one group or host, in order of their names.
fn files_below(directory: &Path, files: &mut Vec<PathBuf>) -> diag::Result<()> {
    let unreadable = |cause| Error::new(format!("'{}' can't be listed", directory.display())).cause(cause);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name());
    }
    names.sort();
    for name in names {
        let text = name.to_string_lossy();
        if text.starts_with('.') || text.ends_with('~') {
            continue;
        }
        let path = directory.join(&name);
        let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy()));
        if path.is_dir() {
            if extension.is_none() {
                files_below(&path, files)?;
            }
        } else if extension.is_none_or(|extension| EXTENSIONS.contains(&extension.as_str())) {
            files.push(path);
        }
    }
    Ok(())
}
