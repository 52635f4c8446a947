use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diag::{Error, Result};
use vault::{Secret, Secrets};

use crate::arguments::VaultArguments;
use crate::config::{self, Config};
use crate::{exit, prompt};

/// Where vault passwords come from, in the order in which they are tried.
#[derive(Default)]
pub(crate) struct Sources {
    /// As `[LABEL@]SOURCE`: a file, a program, or `prompt`.
    pub(crate) ids: Vec<String>,
    /// Files and programs without a label.
    pub(crate) files: Vec<PathBuf>,
    /// Whether to ask.
    pub(crate) ask: bool,
    /// Whether passwords that are asked for are new, and so are asked for twice.
    pub(crate) new: bool,
}

/// The vault passwords of the configuration and the command line.
///
/// # Errors
/// None of them can be had; a warning is told for each that can't while there are others.
pub(crate) fn read(config: &Config, arguments: &VaultArguments) -> Result<Secrets> {
    Sources::of(config, arguments)?.read(config)
}

impl Sources {
    /// What configuration and command line name.
    ///
    /// # Errors
    /// A setting is of the wrong kind.
    pub(crate) fn of(config: &Config, arguments: &VaultArguments) -> Result<Sources> {
        let configured = config.text(&config::VAULT_IDENTITY_LIST).unwrap_or_default();
        let configured = configured.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        let file = config
            .text(&config::VAULT_PASSWORD_FILE)
            .filter(|file| !file.is_empty())
            .map(|file| config.path(&config::VAULT_PASSWORD_FILE, &file));
        Ok(Sources {
            ids: configured.chain(arguments.vault_id.iter().cloned()).collect(),
            files: file.into_iter().chain(arguments.vault_password_file.iter().cloned()).collect(),
            ask: arguments.ask_vault_password || config.flag(&config::ASK_VAULT_PASS)?.unwrap_or(false),
            new: false,
        })
    }

    /// Whether nothing is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.files.is_empty() && !self.ask
    }

    /// Gets the passwords.
    ///
    /// # Errors
    /// None of them can be had; a warning is told for each that can't while there are others.
    pub(crate) fn read(&self, config: &Config) -> Result<Secrets> {
        let mut secrets = Secrets::new().match_labels(config.flag(&config::VAULT_ID_MATCH)?.unwrap_or(false));
        let mut failed = None;
        let mut take = |found: Result<Secret>, secrets: &mut Secrets| match found {
            Ok(secret) => secrets.push(secret),
            Err(error) => failed = Some(error),
        };
        for id in &self.ids {
            let (label, from) = split(id);
            let found = match from {
                "prompt" => self.asked(label, &format!(" ({label})")),
                "prompt_ask_vault_pass" => self.asked(label, ""),
                path => from_file(Path::new(path), label, &secrets),
            };
            take(found, &mut secrets);
        }
        for file in &self.files {
            take(from_file(file, Secrets::DEFAULT_LABEL, &secrets), &mut secrets);
        }
        if self.ask {
            take(self.asked(Secrets::DEFAULT_LABEL, ""), &mut secrets);
        }
        match failed {
            Some(error) if secrets.is_empty() => Err(error),
            _ => Ok(secrets),
        }
    }

    fn asked(&self, label: &str, of: &str) -> Result<Secret> {
        let what = if self.new { "New vault password" } else { "Vault password" };
        let password = prompt::password(&format!("{what}{of}: "))?;
        if self.new
            && prompt::password(&format!("Confirm new vault password{of}: "))?.expose() != password.expose()
        {
            return Err(Error::new("Passwords do not match"));
        }
        if password.expose().is_empty() {
            return Err(Error::new(format!("Invalid vault password was provided for {label}: it is empty")));
        }
        Ok(Secret::new(label, password.expose().as_bytes()))
    }
}

/// The label and the source of a vault id.
fn split(id: &str) -> (&str, &str) {
    match id.split_once('@') {
        Some((label, from)) if !label.is_empty() => (label, from),
        Some((_, from)) => (Secrets::DEFAULT_LABEL, from),
        None => (Secrets::DEFAULT_LABEL, id),
    }
}

/// The password of a file or program; a warning tells right away if it can't be had, for others may do.
fn from_file(path: &Path, label: &str, known: &Secrets) -> Result<Secret> {
    let path = config::expand_home(path);
    let path = std::path::absolute(&path).unwrap_or(path);
    if !path.exists() {
        let error = Error::new(format!("The vault password file {} was not found", path.display()));
        warn(&format!("Error getting vault password file ({label})"), &error);
        return Err(error);
    }
    password_of(&path, label, known).map(|password| Secret::new(label, password)).inspect_err(|error| {
        warn(&format!("Error in vault password file loading ({label})"), error);
    })
}

fn warn(what: &str, error: &Error) {
    exit::tell(&Error::warning(format!("{what}: {}", error.summary())).into());
}

/// The password in a file, which may be encrypted with one that is `known`, or what the file says if it is a program. One
/// whose name ends in `-client` is told the label.
fn password_of(path: &Path, label: &str, known: &Secrets) -> Result<Vec<u8>> {
    use std::os::unix::fs::PermissionsExt;
    let unreadable = |error: std::io::Error| {
        Error::new(format!("Could not read vault password file {}", path.display())).cause(error)
    };
    let metadata = path.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Error::new(format!(
            "The vault password file provided '{}' can not be a directory",
            path.display()
        )));
    }
    let is_program = metadata.permissions().mode() & 0o111 != 0;
    let mut bytes = if is_program {
        said_by(path, label)?
    } else {
        let bytes = std::fs::read(path).map_err(unreadable)?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if vault::is_vaulted(text) => vault::decrypt(text, known)?.0,
            _ => bytes,
        }
    };
    bytes.truncate(bytes.trim_ascii_end().len());
    bytes.drain(..bytes.len() - bytes.trim_ascii_start().len());
    if bytes.is_empty() {
        let kind = if is_program { "script" } else { "file" };
        return Err(Error::new(format!(
            "Invalid vault password was provided from {kind} ({})",
            path.display()
        )));
    }
    Ok(bytes)
}

/// The code by which a client says that it does not know the label.
const UNKNOWN_LABEL: i32 = 2;

fn said_by(path: &Path, label: &str) -> Result<Vec<u8>> {
    let is_client = path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("-client"));
    let mut program = Command::new(path);
    if is_client {
        program.args(["--vault-id", label]);
    }
    let kind = if is_client { "client script" } else { "script" };
    let shown = path.display();
    let output = program.stdin(Stdio::inherit()).output().map_err(|error| {
        let message = format!("Problem running vault password {kind} {shown}");
        Error::new(message).cause(error).hint("if it is no program, take its execute permission away")
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let error = match output.status.code() {
        Some(UNKNOWN_LABEL) if is_client => Error::new(format!(
            "Vault password client script {shown} did not find a secret for vault-id={label}"
        )),
        code => {
            let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
            Error::new(format!("Vault password {kind} {shown} returned non-zero ({code})"))
        }
    };
    Err(if said.is_empty() { error } else { error.cause(said) })
}
