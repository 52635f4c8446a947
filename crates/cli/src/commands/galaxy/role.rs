use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use diag::{Error, Result};
use galaxy::role::{self, Flavour, InstalledRole, RoleRequirement};
use galaxy::{Lock, Progress, Requirements};

use super::collection::install_collections;
use super::options::{
    LockArguments, ServerArguments, SignatureArguments, given_file, merged, paths, read_lock, skeleton,
    unusable, write_lock,
};
use super::telling::Telling;
use crate::config::{self, Config};
use crate::exit::Ended;
use crate::output::print;

#[derive(Debug, Subcommand)]
pub(super) enum RoleAction {
    /// Make the beginnings of a role.
    Init(Init),
    /// Remove installed roles.
    #[command(visible_alias = "delete")]
    Remove(Remove),
    /// List installed roles.
    List(List),
    /// Tell about roles.
    Info(Info),
    /// Install roles.
    Install(Box<Install>),
    /// Needs an account on a server, which is not supported.
    #[command(hide = true)]
    Search(Unsupported),
    /// Needs an account on a server, which is not supported.
    #[command(hide = true)]
    Import(Unsupported),
    /// Needs an account on a server, which is not supported.
    #[command(hide = true)]
    Setup(Unsupported),
}

/// What is not supported takes any words.
#[derive(Debug, Args)]
pub(super) struct Unsupported {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The role's name.
    role_name: String,
    /// Overwrite a role that is there.
    #[arg(short, long)]
    force: bool,
    /// The folder to make it in.
    #[arg(long, value_name = "FOLDER", default_value = "./")]
    init_path: PathBuf,
    /// The folder that it starts from.
    #[arg(long, value_name = "FOLDER")]
    role_skeleton: Option<PathBuf>,
    /// What kind of role it is.
    #[arg(long = "type", value_name = "TYPE", default_value = "default")]
    kind: RoleType,
    /// No server is asked in any case.
    #[arg(long, hide = true)]
    offline: bool,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleType {
    Default,
    Container,
    Network,
    Apb,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// The roles.
    #[arg(required = true)]
    roles: Vec<String>,
    /// Folders that are searched for roles, with `:` between them.
    #[arg(short = 'p', long, value_name = "FOLDERS")]
    roles_path: Vec<String>,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The role; all, if none is named.
    role: Option<String>,
    /// Folders that are searched for roles, with `:` between them.
    #[arg(short = 'p', long, value_name = "FOLDERS")]
    roles_path: Vec<String>,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Info {
    /// The roles.
    #[arg(required = true)]
    roles: Vec<String>,
    /// Ask no server.
    #[arg(long)]
    offline: bool,
    /// Folders that are searched for roles, with `:` between them.
    #[arg(short = 'p', long, value_name = "FOLDERS")]
    roles_path: Vec<String>,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The roles: `owner.name[,version[,name]]`, archives, addresses, or `git+` and the address of a repository.
    roles: Vec<String>,
    /// A file of requirements.
    #[arg(short = 'r', long = "role-file", visible_alias = "requirements-file", value_name = "FILE")]
    role_file: Option<PathBuf>,
    /// Folders that are searched for roles, with `:` between them; the first one gets them.
    #[arg(short = 'p', long, value_name = "FOLDERS")]
    roles_path: Vec<String>,
    /// Install also what is there.
    #[arg(short, long)]
    force: bool,
    /// The same for what it needs.
    #[arg(long, conflicts_with = "no_deps")]
    force_with_deps: bool,
    /// Do not install what it needs.
    #[arg(short, long)]
    no_deps: bool,
    /// Warn of what does not go, and go on.
    #[arg(short, long)]
    ignore_errors: bool,
    /// Keep the history of repositories.
    #[arg(short = 'g', long)]
    keep_scm_meta: bool,
    #[command(flatten)]
    lock: LockArguments,
    #[command(flatten)]
    signatures: SignatureArguments,
    #[command(flatten)]
    server: ServerArguments,
}

impl RoleAction {
    /// Carries it out. Where `with_collections`, a file of requirements may ask for collections too.
    pub(super) fn run(&self, config: &Config, verbosity: u8, with_collections: bool) -> Result<Ended, Ended> {
        match self {
            RoleAction::Init(init) => init.run(config),
            RoleAction::Remove(remove) => remove.run(config),
            RoleAction::List(list) => list.run(config, verbosity),
            RoleAction::Info(info) => info.run(config),
            RoleAction::Install(install) => install.run(config, verbosity, with_collections),
            RoleAction::Search(_) | RoleAction::Import(_) | RoleAction::Setup(_) => Err(Error::new(
                "searching, importing and publishing need an account on a server, which is not supported",
            )
            .hint("roles are installed from git repositories, archives and servers without an account")
            .into()),
        }
    }
}

impl Init {
    fn run(&self, config: &Config) -> Result<Ended, Ended> {
        let given = self.role_skeleton.as_deref();
        let skeleton =
            skeleton(given, config, &config::GALAXY_ROLE_SKELETON, &config::GALAXY_ROLE_SKELETON_IGNORE)?;
        let flavour = match self.kind {
            RoleType::Default => Flavour::Default,
            RoleType::Container => Flavour::Container,
            RoleType::Network => Flavour::Network,
            RoleType::Apb => Flavour::Apb,
        };
        let name = self.role_name.as_str();
        let render = |text: &str| Ok(text.replace("{{ role_name }}", name));
        role::init(name, &self.init_path, flavour, skeleton, self.force, &render)?;
        Ok(print(&format!("- Role {name} was created successfully\n")))
    }
}

impl Remove {
    fn run(&self, config: &Config) -> Result<Ended, Ended> {
        let paths = paths(&self.roles_path, config, &config::ROLES_PATH);
        for name in &self.roles {
            let is_name =
                !name.is_empty() && Path::new(name).components().count() == 1 && name != ".." && name != ".";
            let found = paths
                .iter()
                .map(|path| path.join(name))
                .find(|folder| is_name && InstalledRole::read(name, folder).is_some());
            match found {
                Some(folder) => {
                    let removed = if folder.is_symlink() {
                        std::fs::remove_file(&folder)
                    } else {
                        std::fs::remove_dir_all(&folder)
                    };
                    removed
                        .map_err(|error| Error::new(format!("Failed to remove role {name}")).cause(error))?;
                    print(&format!("- successfully removed {name}\n"));
                }
                None => {
                    print(&format!("- {name} is not installed, skipping.\n"));
                }
            }
        }
        Ok(Ended::Good)
    }
}

fn shown(role: &InstalledRole) -> String {
    format!("- {}, {}\n", role.name, role.version.as_deref().unwrap_or("(unknown version)"))
}

impl List {
    fn run(&self, config: &Config, verbosity: u8) -> Result<Ended, Ended> {
        let telling = Telling { verbosity };
        let paths = paths(&self.roles_path, config, &config::ROLES_PATH);
        let mut missing = Vec::new();
        let mut usable = false;
        let mut found = false;
        for path in &paths {
            if let Some(warning) = unusable(path) {
                missing.push(warning);
                continue;
            }
            usable = true;
            match &self.role {
                Some(name) => {
                    if let Some(role) = InstalledRole::read(name, &path.join(name)).filter(|_| !found) {
                        found = true;
                        print(&format!("# {}\n{}", path.display(), shown(&role)));
                    }
                }
                None => {
                    print(&format!("# {}\n", path.display()));
                    for role in role::installed(path)? {
                        print(&shown(&role));
                    }
                }
            }
        }
        if let Some(name) = self.role.as_ref().filter(|_| !found) {
            telling.warn(Error::warning(format!("- the role {name} was not found")));
        }
        if !found {
            missing.into_iter().for_each(|warning| telling.warn(warning));
        }
        if !usable {
            let message =
                "None of the provided paths were usable. Please specify a valid path with --roles-path.";
            telling.warn(Error::warning(message));
        }
        Ok(Ended::Good)
    }
}

impl Info {
    fn run(&self, config: &Config) -> Result<Ended, Ended> {
        let paths = paths(&self.roles_path, config, &config::ROLES_PATH);
        let servers = if self.offline { None } else { Some(self.server.servers(config)?) };
        for name in &self.roles {
            print(&role::info(name, &paths, servers.as_ref())?);
        }
        Ok(Ended::Good)
    }
}

impl Install {
    fn run(&self, config: &Config, verbosity: u8, with_collections: bool) -> Result<Ended, Ended> {
        let telling = Telling { verbosity };
        if self.roles.is_empty() && self.role_file.is_none() {
            let error = Error::new("- you must specify a user/role name or a roles file");
            return Err(Ended::Misused(error.into()));
        }
        let mut requirements = Requirements::default();
        let file = self.role_file.as_deref().map(given_file);
        if let Some(file) = &file {
            let is_yaml = file.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
            if !is_yaml {
                return Err(Error::new(
                    "Invalid role requirements file, it must end with a .yml or .yaml extension",
                )
                .into());
            }
            requirements = Requirements::read(file)?;
        }
        let mut asked = requirements.roles.clone();
        for role in &self.roles {
            asked.push(RoleRequirement::given(role)?);
        }
        let paths = paths(&self.roles_path, config, &config::ROLES_PATH);
        let locking = self.lock.locking(file.as_deref())?;
        let before = read_lock(locking.as_ref())?;
        let mut after = before.0.clone();
        let servers = self.server.servers(config)?;
        if asked.is_empty() && requirements.collections.is_empty() {
            telling.say("Skipping install, no requirements found");
            return Ok(Ended::Good);
        }
        if !asked.is_empty() {
            let install = role::Install {
                requirements: asked,
                paths: &paths,
                force: self.force,
                force_dependencies: self.force_with_deps,
                no_dependencies: self.no_deps,
                ignore_errors: self.ignore_errors,
                keep_history: self.keep_scm_meta,
                locked: before.0.roles.clone(),
                must_be_locked: locking.as_ref().is_some_and(|locking| locking.required),
            };
            after.roles = install.run(&servers, &telling)?;
        }
        if !requirements.collections.is_empty() {
            let custom_path = !self.roles_path.is_empty();
            if with_collections && !custom_path {
                self.signatures.check()?;
                let now = install_collections(
                    config,
                    &requirements.collections,
                    None,
                    &servers,
                    locking.as_ref().map(|locking| (locking, &before.0)),
                    &telling,
                    |install| {
                        install.force = self.force || self.force_with_deps;
                        install.force_dependencies = self.force_with_deps;
                        install.no_dependencies = self.no_deps;
                        install.ignore_errors = self.ignore_errors;
                    },
                )?;
                if let Some(now) = now {
                    after.collections =
                        merged(&before.0.collections, &now, |name| is_required(&requirements, name));
                }
            } else {
                let reason = if with_collections {
                    "collections which will be ignored with a custom --roles-path"
                } else {
                    "collections which will be ignored"
                };
                telling.warn(Error::warning(format!(
                    "The requirements file '{}' contains {reason}. To install these collections run 'ansible-galaxy \
                     collection install -r' or to install both at the same time run 'ansible-galaxy install -r' without a \
                     custom install path.",
                    file.as_deref().unwrap_or(Path::new("")).display()
                )));
            }
        }
        write_lock(locking.as_ref(), &before, &Lock { ..after })?;
        Ok(Ended::Good)
    }
}

fn is_required(requirements: &Requirements, name: &str) -> bool {
    requirements.collections.iter().any(|requirement| requirement.name == name)
}
