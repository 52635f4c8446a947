use std::path::{Path, PathBuf};

use clap::Args;
use diag::{Error, Result};
use galaxy::{Lock, Locked, Locking, ServerOptions, Servers, Skeleton};

use crate::config::{self, Config, Setting, expand_home};
use crate::exit::{Ended, manner};

/// Which servers to ask, and how.
#[derive(Debug, Clone, Args)]
pub(super) struct ServerArguments {
    /// The server: its name in the configuration, or its address.
    #[arg(short, long, value_name = "SERVER")]
    server: Option<String>,
    #[arg(long, hide = true)]
    api_version: Option<u8>,
    /// The token for the server; better written into the file that GALAXY_TOKEN_PATH names.
    #[arg(long, visible_alias = "api-key", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Do not check the certificates of servers.
    #[arg(short = 'c', long)]
    ignore_certs: bool,
    /// Seconds to wait for an answer.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Nothing is kept of what servers say, so there is nothing to clear.
    #[arg(long, hide = true)]
    clear_response_cache: bool,
    /// Nothing is kept of what servers say.
    #[arg(long, hide = true)]
    no_cache: bool,
}

impl ServerArguments {
    pub(super) fn servers(&self, config: &Config) -> Result<Servers> {
        Servers::new(
            config,
            ServerOptions {
                server: self.server.clone(),
                token: self.token.clone(),
                ignore_certificates: self.ignore_certs,
                timeout: self.timeout,
            },
        )
    }
}

/// The options about signatures, which are known and can't be followed.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SignatureArguments {
    /// Keys for signatures; signatures can't be checked yet.
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// Signatures are not checked in any case.
    #[arg(long)]
    disable_gpg_verify: bool,
    /// A signature; signatures can't be checked yet.
    #[arg(long, value_name = "FILE")]
    signature: Vec<String>,
    #[arg(long, hide = true)]
    required_valid_signature_count: Option<String>,
    #[arg(long, hide = true)]
    ignore_signature_status_code: Vec<String>,
    #[arg(long, hide = true, num_args = 1..)]
    ignore_signature_status_codes: Vec<String>,
}

impl SignatureArguments {
    /// # Errors
    /// A signature is to be checked: nobody must believe that it was.
    pub(super) fn check(&self) -> Result<()> {
        let asked = self.keyring.is_some() || !self.signature.is_empty();
        if asked && !self.disable_gpg_verify {
            return Err(Error::new("signatures of collections can't be checked")
                .hint("install with --disable-gpg-verify; hashes are checked always"));
        }
        Ok(())
    }
}

/// How the lock file is used.
#[derive(Debug, Clone, Args)]
pub(super) struct LockArguments {
    /// Install exactly what galaxy.lock beside the requirements says, and fail where they differ.
    #[arg(long)]
    locked: bool,
}

impl LockArguments {
    /// How the lock file beside a file of requirements is used. Under Ansible's name none is made that is not there.
    pub(super) fn locking(&self, requirements: Option<&Path>) -> Result<Option<Locking>, Ended> {
        match requirements {
            Some(requirements) => Ok(Some(Locking {
                path: Lock::path_beside(requirements),
                required: self.locked,
                create: matches!(manner(), report::Manner::Capstan),
            })),
            None if self.locked => {
                let error = Error::new("--locked needs a file of requirements").hint("name it with -r");
                Err(Ended::Misused(error.into()))
            }
            None => Ok(None),
        }
    }
}

/// The lock as it was, and whether there was one.
pub(super) fn read_lock(locking: Option<&Locking>) -> Result<(Lock, bool)> {
    let Some(locking) = locking else { return Ok((Lock::default(), false)) };
    match Lock::read(&locking.path)? {
        Some(lock) => Ok((lock, true)),
        None if locking.required => {
            Err(Error::new(format!("there is no lock file '{}'", locking.path.display()))
                .hint("install once without --locked to write it"))
        }
        None => Ok((Lock::default(), false)),
    }
}

/// Writes the lock where one is wanted and something has changed.
pub(super) fn write_lock(locking: Option<&Locking>, before: &(Lock, bool), after: &Lock) -> Result<()> {
    let Some(locking) = locking else { return Ok(()) };
    let (known, was_there) = before;
    if locking.required || known == after || !(*was_there || locking.create) {
        return Ok(());
    }
    after.write(&locking.path)
}

/// The entries of what was installed now, and those of what was there already.
pub(super) fn merged(known: &[Locked], now: &[Locked], kept: impl Fn(&str) -> bool) -> Vec<Locked> {
    let mut all = now.to_vec();
    let is_new = |locked: &&Locked| !now.iter().any(|other| other.name == locked.name) && kept(&locked.name);
    all.extend(known.iter().filter(is_new).cloned());
    all
}

/// The paths that are given, which may be several with `:` between them, then those of the setting.
pub(super) fn paths(given: &[String], config: &Config, setting: &Setting) -> Vec<PathBuf> {
    let split = given.iter().flat_map(|given| given.split(':')).filter(|path| !path.is_empty());
    let mut all: Vec<PathBuf> = Vec::new();
    for path in split.map(|path| expand_home(Path::new(path))).chain(config.search_path(setting)) {
        let path = std::path::absolute(&path).unwrap_or(path);
        if !all.contains(&path) {
            all.push(path);
        }
    }
    all
}

/// Why nothing can be found in a folder, if so.
pub(super) fn unusable(path: &Path) -> Option<Error> {
    let shown = path.display();
    if !path.exists() {
        return Some(Error::warning(format!("- the configured path {shown} does not exist.")));
    }
    let is_file =
        || Error::warning(format!("- the configured path {shown}, exists, but it is not a directory."));
    (!path.is_dir()).then(is_file)
}

/// The folder that something new starts from, if one is given or configured.
pub(super) fn skeleton(
    given: Option<&Path>,
    config: &Config,
    folder: &Setting,
    ignored: &Setting,
) -> Result<Option<Skeleton>> {
    let configured =
        config.text(folder).filter(|text| !text.is_empty()).map(|text| config.path(folder, &text));
    let Some(path) = given.map(expand_home).or(configured) else { return Ok(None) };
    if !path.is_dir() {
        return Err(Error::new(format!("the skeleton '{}' is no folder", path.display())));
    }
    let default = || ignored.default.unwrap_or_default().split(',').map(str::to_owned).collect();
    Ok(Some(Skeleton::Folder { folder: path, ignored: config.list(ignored).unwrap_or_else(default) }))
}

/// The path of the file of requirements that is given.
pub(super) fn given_file(path: &Path) -> PathBuf {
    config::expand_home(path)
}
