use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Errors, Result};

use crate::candidate::Candidate;
use crate::host::HostSource;
use crate::ignored::Ignored;
use crate::inventory::Inventory;
use crate::options::LoadOptions;
use crate::reader::{self, Plugin};

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
        let plugins = self.plugins();
        let mut any = false;
        for source in self.sources.clone() {
            let told = failures.len();
            let read = self.read_source(&source, &plugins, &ignored, &mut failures);
            any |= read;
            if failures.len() > told && self.options.fail_if_any_unreadable {
                return Err(stopped(failures, "Completely failed to parse inventory source", Some(&source)));
            }
        }
        if !any && self.options.fail_if_all_unreadable {
            let message = "No inventory was parsed, please check your configuration and options.";
            return Err(stopped(failures, message, None));
        }
        let mut warnings = self.registry.take_warnings();
        warnings.extend(failures.into_iter().map(Error::into_warning));
        if !any && !self.options.quiet_if_all_unreadable {
            warnings.push(Error::warning("No inventory was parsed, only implicit localhost is available"));
        }
        self.registry.source = None;
        self.registry.settle();
        self.forget();
        for name in self.registry.hosts.keys().filter(|name| self.registry.groups.contains_key(&***name)) {
            warnings.push(Error::warning(format!("Found both group and host with same name: {name}")));
        }
        Ok(warnings)
    }

    /// The plugins that sources are tried with. A name that is none of ours is warned of.
    fn plugins(&mut self) -> Vec<&'static Plugin> {
        let Some(names) = &self.options.plugins else { return reader::default_plugins().to_vec() };
        let mut plugins = Vec::new();
        for name in names {
            match reader::find(name) {
                Some(plugin) => plugins.push(plugin),
                None => self.registry.warnings.push(
                    Error::warning(format!("Failed to load inventory plugin, skipping {name}")).hint(
                        "inventory plugins written in Python are not run; use an executable script instead",
                    ),
                ),
            }
        }
        plugins
    }

    /// Reads one source, and says whether it was one.
    fn read_source(
        &mut self,
        source: &str,
        plugins: &[&'static Plugin],
        ignored: &Ignored,
        failures: &mut Vec<Error>,
    ) -> bool {
        let path = Path::new(source);
        if source.contains(',') && !path.exists() {
            let candidate = Candidate::new(source, path.to_owned(), &self.options.secrets);
            let origin = HostSource { file: source.into(), directory: None };
            return self.try_plugins(&candidate, origin, plugins, failures);
        }
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if path.is_dir() {
            self.add_base(path.clone());
            let told = failures.len();
            let any = self.read_directory(&path, plugins, ignored, failures);
            if !any && failures.len() == told {
                failures.push(unreadable(&path).hint("the directory holds no inventory"));
            }
            return any;
        }
        if let Some(directory) = path.parent() {
            self.add_base(directory.to_owned());
        }
        self.read_file(&path, plugins, failures)
    }

    fn add_base(&mut self, base: PathBuf) {
        if !self.bases.contains(&base) {
            self.bases.push(base);
        }
    }

    fn read_directory(
        &mut self,
        directory: &Path,
        plugins: &[&'static Plugin],
        ignored: &Ignored,
        failures: &mut Vec<Error>,
    ) -> bool {
        let entries = std::fs::read_dir(directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(cause) => {
                failures.push(unreadable(directory).cause(cause));
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
                self.read_directory(&path, plugins, ignored, failures)
            } else {
                self.read_file(&path, plugins, failures)
            };
        }
        any
    }

    fn read_file(&mut self, path: &Path, plugins: &[&'static Plugin], failures: &mut Vec<Error>) -> bool {
        let origin = HostSource { file: path.to_owned(), directory: path.parent().map(Path::to_owned) };
        let name = path.to_string_lossy();
        let candidate = Candidate::new(&name, path.to_owned(), &self.options.secrets);
        self.try_plugins(&candidate, origin, plugins, failures)
    }

    /// Tries plugins on a source until one can read it. If none can, the complaint of the one that it was most likely
    /// written for is told, for those of the others would only hide it.
    fn try_plugins(
        &mut self,
        candidate: &Candidate,
        origin: HostSource,
        plugins: &[&'static Plugin],
        failures: &mut Vec<Error>,
    ) -> bool {
        let mut complaints: Vec<(&str, Errors)> = Vec::new();
        self.registry.source = Some(Arc::new(origin));
        if let Err(cause) = std::fs::metadata(&candidate.path)
            && !candidate.is_list()
        {
            failures.push(unreadable(&candidate.path).cause(cause));
            return false;
        }
        for plugin in plugins {
            if !(plugin.accepts)(candidate, &self.options) {
                continue;
            }
            match self.attempt(plugin, candidate) {
                Ok(()) => {
                    // A script that fails, and is all comments to the next plugin, would be an empty inventory.
                    complaints.retain(|(name, _)| *name == "script");
                    let told = complaints.into_iter().flat_map(|(name, errors)| explained(name, errors));
                    self.registry.warnings.extend(told.map(Error::into_warning));
                    return true;
                }
                Err(errors) => complaints.push((plugin.name, errors)),
            }
        }
        let likeliest = reader::likeliest(candidate, &self.options).name;
        if complaints.iter().any(|(name, _)| *name == likeliest) {
            complaints.retain(|(name, _)| *name == likeliest);
        }
        for (name, errors) in complaints {
            failures.extend(explained(name, errors));
        }
        failures.push(unreadable(Path::new(&candidate.name)));
        false
    }

    /// Reads a source with one plugin, or leaves the inventory as it was.
    fn attempt(&mut self, plugin: &Plugin, candidate: &Candidate) -> Result<(), Errors> {
        let before = self.registry.clone();
        (plugin.read)(candidate, self).inspect_err(|_| self.registry = before)
    }
}

/// What a plugin says about a source that it can't read.
fn explained(plugin: &str, errors: Errors) -> impl Iterator<Item = Error> {
    let context = format!("Failed to parse inventory with '{plugin}' plugin");
    errors.into_iter().map(move |error| error.context(&context))
}

fn unreadable(path: &Path) -> Error {
    Error::new(format!("Unable to parse {} as an inventory source", path.display()))
}

/// What was wrong, and that it is a reason to stop.
fn stopped(failures: Vec<Error>, message: &str, source: Option<&str>) -> Errors {
    let mut errors = Errors::new();
    errors.extend(failures.into_iter().map(Error::into_warning));
    errors.push(Error::new(match source {
        Some(source) => format!("{message} {source}"),
        None => message.to_owned(),
    }));
    errors
}
