use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Errors, Result};
use engine::TemplateLanguage;
use inventory::{Inventory, LoadOptions, Merge};
use playbook::{Loader, Playbook};
use template::Templates;
use vault::{Secret, Secrets};

use crate::arguments::SourceArguments;
use crate::config::{self, Config};
use crate::exit::{self, Ended};
use crate::{extra_vars, prompt};

/// What is read before anything runs: configuration, vault passwords, playbooks, inventory.
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) templates: Arc<Templates>,
    pub(crate) loader: Loader,
}

impl Session {
    /// Reads the configuration and the vault passwords.
    ///
    /// # Errors
    /// One of them can't be read.
    pub(crate) fn open(source: &SourceArguments) -> Result<Session> {
        let config = Config::load()?;
        let secrets = secrets(&config, source)?;
        let templates = Arc::new(Templates::new());
        let mut loader = Loader::new(Arc::new(TemplateLanguage(Arc::clone(&templates))));
        loader.modules =
            Some(actions::manuals().map(|manual| manual.name.to_owned()).collect::<BTreeSet<String>>());
        loader.lookups = Some(Templates::lookup_names().map(str::to_owned).collect());
        loader.secrets = secrets.clone();
        loader.roles_path = match config.paths(&config::ROLES_PATH) {
            paths if paths.is_empty() => default_paths("roles"),
            paths => paths,
        };
        loader.collections_path = match config.paths(&config::COLLECTIONS_PATH) {
            paths if paths.is_empty() => default_paths("collections"),
            paths => paths,
        };
        loader.extra_vars = Arc::new(extra_vars::read(&source.extra_vars, &loader)?);
        Ok(Session { config, secrets: Arc::new(secrets), templates, loader })
    }

    /// Reads playbooks, tells warnings, and gives all errors of all of them together.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn playbooks(&self, paths: &[PathBuf]) -> Result<Vec<Playbook>, Ended> {
        let mut errors = Errors::new();
        let mut playbooks = Vec::new();
        for path in paths {
            if !path.exists() {
                let error = Error::new(format!("the playbook {} does not exist", path.display()));
                return Err(Ended::Unusable(error.into()));
            }
            let (playbook, mut found) = self.loader.load_what_is_right(path);
            found.extend(graph::check_arguments(&playbook, &|name| {
                Some(actions::find(name)?.manual.schema.clone())
            }));
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

    /// Reads the inventory and tells warnings.
    ///
    /// # Errors
    /// A source can't be read.
    pub(crate) fn inventory(&self, sources: &[String], playbooks: &[PathBuf]) -> Result<Inventory, Ended> {
        let sources = match sources {
            [] => self.default_inventory(),
            sources => sources.to_vec(),
        };
        let folder = |path: &PathBuf| path.canonicalize().ok()?.parent().map(Path::to_path_buf);
        let merge = match self.config.text(&config::HASH_BEHAVIOUR).as_deref() {
            Some("merge") => Merge::Recursive,
            _ => Merge::Replace,
        };
        let options = LoadOptions {
            secrets: Arc::clone(&self.secrets),
            playbook_dirs: playbooks.iter().filter_map(folder).collect(),
            merge,
            ..LoadOptions::default()
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

fn default_paths(kind: &str) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".ansible").join(kind));
    let shared = PathBuf::from("/usr/share/ansible").join(kind);
    let system = Some(PathBuf::from("/etc/ansible/roles")).filter(|_| kind == "roles");
    home.into_iter().chain([shared]).chain(system).collect()
}

/// The vault passwords of the command line, else of the configuration.
fn secrets(config: &Config, source: &SourceArguments) -> Result<Secrets> {
    let mut secrets = Secrets::new().match_labels(config.flag(&config::VAULT_ID_MATCH)?.unwrap_or(false));
    let configured = config.text(&config::VAULT_IDENTITY_LIST).unwrap_or_default();
    let configured = configured.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
    for id in configured.chain(source.vault_id.iter().cloned()) {
        let (label, from) = match id.split_once('@') {
            Some((label, from)) if !label.is_empty() => (label, from),
            Some((_, from)) => (Secrets::DEFAULT_LABEL, from),
            None => (Secrets::DEFAULT_LABEL, id.as_str()),
        };
        secrets.push(match from {
            "prompt" | "prompt_ask_vault_pass" => Secret::new(
                label,
                prompt::password(&format!("Vault password ({label}): "))?.expose().as_bytes(),
            ),
            path => Secret::new(label, password_of(Path::new(path), label)?),
        });
    }
    let files = source.vault_password_file.clone();
    let files = match config.text(&config::VAULT_PASSWORD_FILE) {
        Some(file) if files.is_empty() => vec![config.path(&config::VAULT_PASSWORD_FILE, &file)],
        _ => files,
    };
    for file in files {
        secrets.push(Secret::new(Secrets::DEFAULT_LABEL, password_of(&file, Secrets::DEFAULT_LABEL)?));
    }
    if source.ask_vault_password || config.flag(&config::ASK_VAULT_PASS)?.unwrap_or(false) {
        let password = prompt::password("Vault password: ")?;
        secrets.push(Secret::new(Secrets::DEFAULT_LABEL, password.expose().as_bytes()));
    }
    Ok(secrets)
}

/// The password in a file, or what the file says if it is a program. One whose name ends in `-client` is told the label.
fn password_of(path: &Path, label: &str) -> Result<Vec<u8>> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |error: std::io::Error| {
        Error::new(format!("can't get the vault password from {}", path.display())).cause(error)
    };
    let executable = path.metadata().map_err(failed)?.permissions().mode() & 0o111 != 0;
    let mut bytes = if executable {
        let mut program = std::process::Command::new(path.canonicalize().map_err(failed)?);
        if path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("-client")) {
            program.args(["--vault-id", label]);
        }
        let output = program.stdin(std::process::Stdio::inherit()).output().map_err(failed)?;
        if !output.status.success() {
            return Err(Error::new(format!("{} gave no vault password", path.display()))
                .cause(String::from_utf8_lossy(&output.stderr).trim()));
        }
        output.stdout
    } else {
        std::fs::read(path).map_err(failed)?
    };
    while bytes.last().is_some_and(u8::is_ascii_whitespace) {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(Error::new(format!("the vault password in {} is empty", path.display())));
    }
    Ok(bytes)
}
