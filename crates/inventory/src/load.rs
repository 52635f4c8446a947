use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Errors, Result};
use fancy_regex::Regex;

use crate::host::HostSource;
use crate::input::Input;
use crate::inventory::Inventory;
use crate::options::LoadOptions;
use crate::reader;

/// Ends of the names of files that an inventory directory may hold beside inventories.
const IGNORED_EXTENSIONS: [&str; 12] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];

/// Directories beside inventories that hold something else.
const OTHER_DIRECTORIES: [&str; 3] = ["group_vars", "host_vars", "vars_plugins"];

impl Inventory {
    /// Reads sources, each a file, a directory, an executable, or a list with a comma in it. Later sources add to the
    /// earlier, and override their variables. Gives the inventory, and everything that is no reason to stop: a source
    /// that can't be read is left out and is among these, unless the options say otherwise.
    ///
    /// # Errors
    ///
    /// The options make an unreadable source an error, or hold a pattern that is not a regular expression.
    pub fn load(
        sources: &[impl AsRef<str>],
        options: LoadOptions,
    ) -> Result<(Inventory, Vec<Error>), Errors> {
        let mut inventory = Inventory::empty(options);
        inventory.sources = sources.iter().map(|source| source.as_ref().to_owned()).collect();
        let warnings = inventory.read_sources()?;
        Ok((inventory, warnings))
    }

    /// Reads the sources again, and adds again what was added while the run is on.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::load`]; the inventory is then as it was.
    pub fn refresh(&mut self) -> Result<Vec<Error>, Errors> {
        let mut fresh = Inventory::empty(self.options.clone());
        fresh.sources.clone_from(&self.sources);
        let warnings = fresh.read_sources()?;
        for addition in std::mem::take(&mut self.added) {
            fresh.apply(&addition);
            fresh.added.push(addition);
        }
        *self = fresh;
        Ok(warnings)
    }

    fn read_sources(&mut self) -> Result<Vec<Error>, Errors> {
        let ignored = Ignored::new(&self.options)?;
        let mut failures = Vec::new();
        let mut any = false;
        for source in self.sources.clone() {
            any |= self.read_source(&source, &ignored, &mut failures);
        }
        let mut warnings = self.registry.take_warnings();
        if !failures.is_empty() {
            if self.options.fail_if_any_unreadable || self.options.fail_if_all_unreadable && !any {
                let mut errors = Errors::new();
                errors.extend(failures);
                return Err(errors);
            }
            warnings.extend(failures);
        } else if self.options.fail_if_all_unreadable && !any {
            return Err(Error::new("there is no inventory").hint("give one with -i").into());
        }
        self.registry.source = None;
        self.registry.settle();
        self.forget();
        for name in self.registry.hosts.keys().filter(|name| self.registry.groups.contains_key(&***name)) {
            warnings.push(Error::warning(format!("'{name}' is the name of both a host and a group")));
        }
        Ok(warnings)
    }

    /// Reads one source, and says whether it was one.
    fn read_source(&mut self, source: &str, ignored: &Ignored, failures: &mut Vec<Error>) -> bool {
        let path = Path::new(source);
        if source.contains(',') && !path.exists() {
            let origin = HostSource { file: source.into(), directory: None };
            return self.attempt(origin, failures, |inventory| {
                reader::host_list::read(source, &mut inventory.registry).map_err(Errors::from)
            });
        }
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if path.is_dir() {
            self.add_base(path.clone());
            return self.read_directory(&path, ignored, failures);
        }
        if let Some(directory) = path.parent() {
            self.add_base(directory.to_owned());
        }
        self.read_file(&path, failures)
    }

    fn add_base(&mut self, base: PathBuf) {
        if !self.bases.contains(&base) {
            self.bases.push(base);
        }
    }

    fn read_directory(&mut self, directory: &Path, ignored: &Ignored, failures: &mut Vec<Error>) -> bool {
        let entries = std::fs::read_dir(directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(cause) => {
                failures.push(Error::new(format!("'{}' can't be listed", directory.display())).cause(cause));
                return false;
            }
        };
        let mut names: Vec<_> = entries.into_iter().map(|entry| entry.file_name()).collect();
        names.sort();
        let mut any = false;
        for name in names {
            if ignored.covers(&name.to_string_lossy()) {
                continue;
            }
            let path = directory.join(name);
            any |= if path.is_dir() {
                self.read_directory(&path, ignored, failures)
            } else {
                self.read_file(&path, failures)
            };
        }
        any
    }

    fn read_file(&mut self, path: &Path, failures: &mut Vec<Error>) -> bool {
        let origin = HostSource { file: path.to_owned(), directory: path.parent().map(Path::to_owned) };
        self.attempt(origin, failures, |inventory| {
            if is_script(path) {
                return reader::script::read(path, &mut inventory.registry);
            }
            let input = Input::read(path, &inventory.options.secrets)?;
            match format(path, &input) {
                Format::Yaml => reader::yaml::read(&input, &mut inventory.registry),
                Format::Toml => reader::toml::read(&input, &mut inventory.registry),
                Format::Ini => reader::ini::read(&input, &mut inventory.registry),
            }
        })
    }

    /// Reads a source, or leaves the inventory as it was.
    fn attempt(
        &mut self,
        origin: HostSource,
        failures: &mut Vec<Error>,
        read: impl FnOnce(&mut Inventory) -> Result<(), Errors>,
    ) -> bool {
        let before = self.registry.clone();
        let name = origin.file.display().to_string();
        self.registry.source = Some(Arc::new(origin));
        match read(self) {
            Ok(()) => true,
            Err(errors) => {
                self.registry = before;
                let left_out = format!("the inventory '{name}' can't be read");
                failures.extend(
                    errors
                        .into_iter()
                        .map(|error| if error.span().is_some() { error } else { error.context(&left_out) }),
                );
                false
            }
        }
    }
}

/// The names in a directory that are no inventories.
struct Ignored {
    extensions: Vec<String>,
    patterns: Vec<Regex>,
}

impl Ignored {
    fn new(options: &LoadOptions) -> Result<Ignored> {
        let extensions = match &options.ignored_extensions {
            Some(extensions) => extensions.clone(),
            None => IGNORED_EXTENSIONS.map(str::to_owned).to_vec(),
        };
        let compile = |pattern: &String| {
            Regex::new(pattern)
                .map_err(|cause| Error::new(format!("'{pattern}' is not a regular expression")).cause(cause))
        };
        let patterns = options.ignored_patterns.iter().map(compile).collect::<Result<_>>()?;
        Ok(Ignored { extensions, patterns })
    }

    fn covers(&self, name: &str) -> bool {
        name.starts_with('.')
            || OTHER_DIRECTORIES.contains(&name)
            || self
                .extensions
                .iter()
                .any(|extension| !extension.is_empty() && name.ends_with(extension.as_str()))
            || self.patterns.iter().any(|pattern| pattern.is_match(name).unwrap_or(false))
    }
}

enum Format {
    Ini,
    Toml,
    Yaml,
}

/// What a file most likely is: its extension says so, or else whether it reads as a mapping of groups. One format is
/// decided on, so that a mistake gives the error of that format, and not of every other one too.
fn format(path: &Path, input: &Input) -> Format {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yml" | "yaml" | "json") => return Format::Yaml,
        Some("toml") => return Format::Toml,
        Some(_) => return Format::Ini,
        None => {}
    }
    let first =
        input.text().lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let looks_like_yaml =
        first.is_some_and(|line| line == "---" || line.starts_with('{') || line.ends_with(':'));
    let is_mapping = || matches!(input.yaml(), Ok(document) if document.root.as_ref().is_some_and(|root| root.entries().is_some()));
    if looks_like_yaml || first.is_some_and(|line| !line.starts_with('[')) && is_mapping() {
        Format::Yaml
    } else {
        Format::Ini
    }
}

/// Whether a file is to be run: it is executable, and not merely a text that lost its permissions on the way.
fn is_script(path: &Path) -> bool {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    let mut start = [0; 4];
    let executable = std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    executable && read.is_ok() && (start.starts_with(b"#!") || start == *b"\x7fELF")
}
