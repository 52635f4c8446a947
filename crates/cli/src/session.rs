use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Errors, Result};
use engine::TemplateLanguage;
use inventory::{Inventory, LoadOptions};
use playbook::{DuplicateKeys, Loader, Playbook};
use template::{Extensions, Templates};
use vault::Secrets;

use crate::arguments::SourceArguments;
use crate::commands;
use crate::config::{self, Config};
use crate::exit::{self, Ended};
use crate::{extra_vars, inventory_options, settings, vault_passwords};

/// What is read before anything runs: configuration, vault passwords, playbooks, inventory.
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) templates: Arc<Templates>,
    pub(crate) loader: Loader,
    /// How much is told, from 0 to 6.
    pub(crate) verbosity: u8,
}

impl Session {
    /// Reads the configuration and the vault passwords.
    ///
    /// # Errors
    /// One of them can't be read.
    pub(crate) fn open(source: &SourceArguments) -> Result<Session> {
        let config = Config::load()?;
        exit::tell_all(&config.warnings);
        let secrets = vault_passwords::read(&config, &source.vault)?;
        Session::with(config, Arc::new(secrets), source)
    }

    /// With a configuration and vault passwords that were read before.
    ///
    /// # Errors
    /// The extra variables can't be read.
    pub(crate) fn with(config: Config, secrets: Arc<Secrets>, source: &SourceArguments) -> Result<Session> {
        let extensions = config.list(&config::JINJA2_EXTENSIONS).unwrap_or_default();
        let extensions = Extensions::named(extensions.iter().map(String::as_str));
        let templates =
            Arc::new(Templates::with_extensions(extensions).as_strict_as(settings::strictness(&config)?));
        let mut loader = Loader::new(Arc::new(TemplateLanguage(Arc::clone(&templates))));
        loader.modules =
            Some(actions::manuals().map(|manual| manual.name.to_owned()).collect::<BTreeSet<String>>());
        loader.lookups = Some(Templates::lookup_names().map(str::to_owned).collect());
        loader.secrets = Secrets::clone(&secrets);
        loader.duplicate_keys = match config.text(&config::DUPLICATE_YAML_DICT_KEY).as_deref() {
            Some("error") => DuplicateKeys::Refuse,
            Some("ignore") => DuplicateKeys::Ignore,
            _ => DuplicateKeys::Warn,
        };
        loader.roles_path = config.search_path(&config::ROLES_PATH);
        let said = config.origin(&config::PRIVATE_ROLE_VARS) != "default";
        loader.private_roles = config.flag(&config::PRIVATE_ROLE_VARS)?.filter(|_| said);
        loader.collections_path = config.search_path(&config::COLLECTIONS_PATH);
        config.paths(&config::LIBRARY).iter().for_each(|folder| loader.search_modules(folder));
        config.paths(&config::MODULE_UTILS).iter().for_each(|folder| loader.share_module_utils(folder));
        loader.extra_vars = Arc::new(extra_vars::read(&source.extra_vars, &loader)?);
        let verbosity = config.number(&config::VERBOSITY)?.unwrap_or(0);
        Ok(Session { config, secrets, templates, loader, verbosity })
    }

    /// Searches folders of the command line, several with `:` between them, for modules of the user's own.
    pub(crate) fn search_modules(&self, folders: &[String]) {
        let folders =
            folders.iter().flat_map(|folders| folders.split(':')).filter(|folder| !folder.is_empty());
        folders.for_each(|folder| self.loader.search_modules(Path::new(folder)));
    }

    /// Reads playbooks, tells warnings, and gives all errors of all of them together. Wrong arguments that are sure
    /// to end the run are among them, but not under Ansible's names: there, arguments fail their task when it runs.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn playbooks(&self, paths: &[PathBuf]) -> Result<Vec<Playbook>, Ended> {
        let mut errors = Errors::new();
        let mut playbooks = Vec::new();
        for path in paths {
            let wrong = match () {
                () if !path.exists() => "could not be found",
                () if path.is_dir() => "does not appear to be a file",
                () => "",
            };
            if !wrong.is_empty() {
                let error = Error::new(format!("the playbook: {} {wrong}", path.display()));
                return Err(Ended::Unusable(error.into()));
            }
            let (playbook, mut found) = self.loader.load_what_is_right(path);
            if !commands::called_as_ansible() {
                let schema_of = |name: &str| Some(actions::find(name)?.manual.schema.clone());
                found.extend(graph::check_arguments(&playbook, &schema_of));
            }
            // What is missing because it is wrong would only lead to more errors.
            if !found.any() {
                match graph::Graph::of(&playbook, &self.loader, &self.templates) {
                    Ok(_) => exit::tell(&found),
                    Err(wrong) => found.extend(wrong),
                }
            }
            if found.any() {
                errors.extend(in_order(found));
            }
            playbooks.push(playbook);
        }
        if errors.any() { Err(Ended::Wrong(errors)) } else { Ok(playbooks) }
    }

    /// A word of the command line that may be a template over extra variables.
    ///
    /// # Errors
    /// The template fails.
    pub(crate) fn rendered(&self, text: &str) -> Result<String> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let text = value::Text::trusted(text, None);
        Ok(self.loader.language.render(&text, &self.loader.extra_vars)?.to_string())
    }

    /// Reads the inventory and tells warnings.
    ///
    /// # Errors
    /// A source can't be read.
    pub(crate) fn inventory(&self, sources: &[String], playbooks: &[PathBuf]) -> Result<Inventory, Ended> {
        let sources = match sources {
            [] => self.default_inventory(),
            sources => sources.to_vec(),
        };
        let folder = |path: &PathBuf| match path.canonicalize() {
            Ok(path) => path.parent().map(Path::to_path_buf),
            // It is in no file; what lies beside it counts all the same.
            Err(_) => path.parent()?.canonicalize().ok(),
        };
        let options = LoadOptions {
            playbook_dirs: playbooks.iter().filter_map(folder).collect(),
            ..inventory_options::of(self)?
        };
        let (inventory, warnings) = Inventory::load(&sources, options).map_err(Ended::Unusable)?;
        let mut told = Errors::new();
        told.extend(warnings);
        exit::tell(&told);
        Ok(inventory)
    }

    fn default_inventory(&self) -> Vec<String> {
        match self.config.text(&config::INVENTORY) {
            Some(text) => text
                .split(',')
                .map(|path| self.config.path(&config::INVENTORY, path.trim()).to_string_lossy().into_owned())
                .collect(),
            None if Path::new("/etc/ansible/hosts").exists() => vec!["/etc/ansible/hosts".into()],
            None => Vec::new(),
        }
    }
}

/// As somebody who reads the files from top to bottom meets them.
fn in_order(errors: Errors) -> Vec<Error> {
    let mut errors: Vec<Error> = errors.into_iter().collect();
    errors.sort_by_key(|error| error.span().map(|span| (span.source().name().to_path_buf(), span.start())));
    errors
}
