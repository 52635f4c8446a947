use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use diag::{Error, Result};
use galaxy::collection::{self, Fetch, Installed, Name, Requirement, Verify};
use galaxy::{Lock, Locked, Locking, Progress, Requirements, Servers};
use serde_json::json;

use super::options::{
    LockArguments, ServerArguments, SignatureArguments, given_file, merged, paths, read_lock, skeleton,
    unusable, write_lock,
};
use super::telling::Telling;
use crate::config::{self, Config};
use crate::exit::Ended;
use crate::output::print;

#[derive(Debug, Subcommand)]
pub(super) enum CollectionAction {
    /// Fetch collections and what they need as archives, to be installed elsewhere.
    Download(Download),
    /// Make the beginnings of a collection.
    Init(Init),
    /// Build the archive of a collection.
    Build(Build),
    /// Needs an account on a server, which is not supported.
    #[command(hide = true)]
    Publish(super::role::Unsupported),
    /// Install collections.
    Install(Box<Install>),
    /// List installed collections.
    List(List),
    /// Compare installed collections with what was built.
    Verify(VerifyInstalled),
}

#[derive(Debug, Args)]
pub(super) struct Download {
    /// The collections.
    collections: Vec<String>,
    /// Do not fetch what they need.
    #[arg(short, long)]
    no_deps: bool,
    /// The folder for the archives.
    #[arg(short = 'p', long, value_name = "FOLDER", default_value = "./collections")]
    download_path: PathBuf,
    /// A file of requirements.
    #[arg(short, long, value_name = "FILE")]
    requirements_file: Option<PathBuf>,
    /// Pre-releases too.
    #[arg(long)]
    pre: bool,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The collection's name.
    collection_name: String,
    /// Overwrite a collection that is there.
    #[arg(short, long)]
    force: bool,
    /// The folder to make it in.
    #[arg(long, value_name = "FOLDER", default_value = "./")]
    init_path: PathBuf,
    /// The folder that it starts from.
    #[arg(long, value_name = "FOLDER")]
    collection_skeleton: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The folders of the collections.
    #[arg(default_value = ".")]
    collections: Vec<PathBuf>,
    /// Overwrite an archive that is there.
    #[arg(short, long)]
    force: bool,
    /// The folder for the archive.
    #[arg(long, value_name = "FOLDER", default_value = "./")]
    output_path: PathBuf,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The collections: `namespace.name[:versions]`, archives, folders, addresses, or `git+` and a repository's address.
    collections: Vec<String>,
    /// A file of requirements.
    #[arg(short, long, value_name = "FILE")]
    requirements_file: Option<PathBuf>,
    /// The folder that gets them.
    #[arg(short = 'p', long, value_name = "FOLDER")]
    collections_path: Option<PathBuf>,
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
    /// Install the newest, also where what is there will do.
    #[arg(short = 'U', long)]
    upgrade: bool,
    /// Pre-releases too.
    #[arg(long)]
    pre: bool,
    /// Ask no server.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    lock: LockArguments,
    #[command(flatten)]
    signatures: SignatureArguments,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Yaml,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The collection; all, if none is named.
    collection: Option<String>,
    /// Folders that are searched for collections, with `:` between them.
    #[arg(short = 'p', long, value_name = "FOLDERS")]
    collections_path: Vec<String>,
    /// How it is written.
    #[arg(long, default_value = "human")]
    format: Format,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct VerifyInstalled {
    /// The collections.
    collections: Vec<String>,
    /// Folders that are searched for collections, with `:` between them.
    #[arg(short = 'p', long, value_name = "FOLDERS")]
    collections_path: Vec<String>,
    /// A file of requirements.
    #[arg(short, long, value_name = "FILE")]
    requirements_file: Option<PathBuf>,
    /// Warn of what does not go, and go on.
    #[arg(short, long)]
    ignore_errors: bool,
    /// Compare with what is installed alone.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    signatures: SignatureArguments,
    #[command(flatten)]
    server: ServerArguments,
}

impl CollectionAction {
    pub(super) fn run(&self, config: &Config, verbosity: u8) -> Result<Ended, Ended> {
        let telling = Telling { verbosity };
        match self {
            CollectionAction::Download(download) => download.run(config, &telling),
            CollectionAction::Init(init) => init.run(config),
            CollectionAction::Build(build) => {
                for folder in &build.collections {
                    collection::build(folder, &build.output_path, build.force, &telling)?;
                }
                Ok(Ended::Good)
            }
            CollectionAction::Publish(_) => {
                Err(Error::new("publishing needs an account on a server, which is not supported")
                    .hint("build the archive, and upload it on the server's own pages")
                    .into())
            }
            CollectionAction::Install(install) => install.run(config, &telling),
            CollectionAction::List(list) => list.run(config, &telling),
            CollectionAction::Verify(verify) => verify.run(config, &telling),
        }
    }
}

/// What is asked for on the command line or in a file, one of which there must be.
fn asked(given: &[String], file: Option<&Path>) -> Result<Requirements> {
    match (given, file) {
        ([], None) => Err(Error::new("You must specify a collection name or a requirements file.")),
        ([], Some(file)) => Requirements::read(&given_file(file)),
        (_, Some(_)) => Err(Error::new(
            "The positional collection_name arg and --requirements-file are mutually exclusive.",
        )),
        (given, None) => {
            let mut requirements = Requirements::default();
            for text in given {
                requirements.collections.push(Requirement::given(text, None)?);
            }
            Ok(requirements)
        }
    }
}

impl Download {
    fn run(&self, config: &Config, telling: &Telling) -> Result<Ended, Ended> {
        let requirements = asked(&self.collections, self.requirements_file.as_deref())?;
        let servers = self.server.servers(config)?;
        let mut fetch = Fetch::new(&servers, false, Vec::new(), telling)?;
        collection::download(
            &requirements.collections,
            &self.download_path,
            !self.no_deps,
            self.pre,
            &mut fetch,
        )?;
        Ok(Ended::Good)
    }
}

impl Init {
    fn run(&self, config: &Config) -> Result<Ended, Ended> {
        let name = Name::given(&self.collection_name)?;
        let given = self.collection_skeleton.as_deref();
        let skeleton = skeleton(
            given,
            config,
            &config::GALAXY_COLLECTION_SKELETON,
            &config::GALAXY_COLLECTION_SKELETON_IGNORE,
        )?;
        let render = |text: &str| {
            let text = text.replace("{{ namespace }}", &name.namespace);
            Ok(text.replace("{{ collection_name }}", &name.name).replace("{{ name }}", &name.name))
        };
        collection::init(&name, &self.init_path, skeleton, self.force, &render)?;
        Ok(print(&format!("- Collection {name} was created successfully\n")))
    }
}

impl Install {
    fn run(&self, config: &Config, telling: &Telling) -> Result<Ended, Ended> {
        self.signatures.check()?;
        let file = self.requirements_file.as_deref().map(given_file);
        let requirements = asked(&self.collections, file.as_deref())?;
        if !requirements.roles.is_empty() {
            telling.warn(Error::warning(format!(
                "The requirements file '{}' contains roles which will be ignored. To install these roles run \
                 'ansible-galaxy role install -r' or to install both at the same time run 'ansible-galaxy install -r' \
                 without a custom install path.",
                file.as_deref().unwrap_or(Path::new("")).display()
            )));
        }
        if requirements.collections.is_empty() {
            telling.say("Skipping install, no requirements found");
            return Ok(Ended::Good);
        }
        let locking = self.lock.locking(file.as_deref())?;
        let before = read_lock(locking.as_ref())?;
        let servers = self.server.servers(config)?;
        let now = install_collections(
            config,
            &requirements.collections,
            self.collections_path.as_deref(),
            &servers,
            locking.as_ref().map(|locking| (locking, &before.0)),
            telling,
            |install| {
                install.force = self.force || self.force_with_deps;
                install.force_dependencies = self.force_with_deps;
                install.no_dependencies = self.no_deps;
                install.upgrade = self.upgrade;
                install.pre_releases = self.pre;
                install.ignore_errors = self.ignore_errors;
                install.offline = self.offline;
            },
        )?;
        if let Some(now) = now {
            // What was there already is locked as it was.
            let collections = merged(&before.0.collections, &now, |_| true);
            write_lock(locking.as_ref(), &before, &Lock { collections, roles: before.0.roles.clone() })?;
        }
        Ok(Ended::Good)
    }
}

/// How collections are installed.
#[derive(Debug, Default)]
pub(super) struct Manner {
    pub(super) force: bool,
    pub(super) force_dependencies: bool,
    pub(super) no_dependencies: bool,
    pub(super) upgrade: bool,
    pub(super) pre_releases: bool,
    pub(super) ignore_errors: bool,
    pub(super) offline: bool,
}

/// Installs collections; gives what is to be locked, or nothing if all was there.
pub(super) fn install_collections(
    config: &Config,
    requirements: &[Requirement],
    given: Option<&Path>,
    servers: &Servers,
    lock: Option<(&Locking, &Lock)>,
    telling: &Telling,
    set: impl FnOnce(&mut Manner),
) -> Result<Option<Vec<Locked>>> {
    let mut manner = Manner::default();
    set(&mut manner);
    let configured = config.search_path(&config::COLLECTIONS_PATH);
    let given = given.map(config::expand_home);
    let target = given.as_ref().or(configured.first()).cloned();
    let target = target.ok_or_else(|| Error::new("no folder for collections is configured"))?;
    let warns = config.flag(&config::GALAXY_COLLECTIONS_PATH_WARNING)?.unwrap_or(true);
    if warns && given.is_some() {
        collection::warn_of_path(&target, &configured, telling);
    }
    let known = lock.map(|(_, lock)| lock.collections.clone()).unwrap_or_default();
    let required = lock.is_some_and(|(locking, _)| locking.required);
    let mut fetch = Fetch::new(servers, manner.offline, known.clone(), telling)?;
    let paths = vec![target.clone()];
    let install = collection::Install {
        requirements,
        target: &target,
        paths: &paths,
        force: manner.force,
        force_dependencies: manner.force_dependencies,
        no_dependencies: manner.no_dependencies,
        upgrade: manner.upgrade,
        pre_releases: manner.pre_releases,
        ignore_errors: manner.ignore_errors,
        locked: required.then_some(known.as_slice()),
    };
    install.run(&mut fetch)
}

impl List {
    fn run(&self, config: &Config, telling: &Telling) -> Result<Ended, Ended> {
        let wanted = self.collection.as_deref().map(Name::given).transpose()?;
        let given = !self.collections_path.is_empty();
        let mut usable = false;
        let mut found: Vec<(PathBuf, Vec<Installed>)> = Vec::new();
        for path in paths(&self.collections_path, config, &config::COLLECTIONS_PATH) {
            let is_inner = path.file_name().is_some_and(|name| name == "ansible_collections");
            let root = if is_inner { path.clone() } else { path.join("ansible_collections") };
            let is_given = || {
                self.collections_path.iter().flat_map(|given| given.split(':')).any(|given| {
                    std::path::absolute(config::expand_home(Path::new(given)))
                        .is_ok_and(|given| given == path)
                })
            };
            if let Some(warning) = unusable(&path) {
                // The default ones need not be there.
                if path.exists() || is_given() {
                    telling.warn(warning);
                }
                continue;
            }
            usable = true;
            if found.iter().any(|(known, _)| *known == root) {
                continue;
            }
            let mut warn = |warning: Error| telling.warn(warning);
            let mut collections = collection::installed(&path, &mut warn)?;
            collections.retain(|collection| wanted.as_ref().is_none_or(|name| *name == collection.name));
            if !collections.is_empty() {
                found.push((root, collections));
            }
        }
        if given && !usable {
            let message = "None of the provided paths were usable. Please specify a valid path with --collections-path.";
            telling.warn(Error::warning(message));
        }
        self.show(&found)
    }

    fn show(&self, found: &[(PathBuf, Vec<Installed>)]) -> Result<Ended, Ended> {
        if self.format == Format::Human {
            for (root, collections) in found {
                print(&table(root, collections));
            }
            return Ok(Ended::Good);
        }
        let mut all: BTreeMap<String, BTreeMap<String, serde_json::Value>> = BTreeMap::new();
        for (root, collections) in found {
            let versions = all.entry(root.display().to_string()).or_default();
            for collection in collections {
                versions
                    .insert(collection.name.to_string(), json!({ "version": collection.shown_version() }));
            }
        }
        let value = serde_json::to_value(&all).and_then(serde_json::from_value::<value::Value>);
        let value = value.map_err(|error| Error::new("can't write the list").cause(error))?;
        let text = match self.format {
            Format::Json => value.to_json(value::JsonStyle::default()) + "\n",
            _ => yaml::emit(&value, &yaml::EmitStyle { indent: 2, ..yaml::EmitStyle::nice() })?,
        };
        Ok(print(&text))
    }
}

fn table(root: &Path, collections: &[Installed]) -> String {
    let rows: Vec<(String, String)> = collections
        .iter()
        .map(|collection| (collection.name.to_string(), collection.shown_version()))
        .collect();
    let widest =
        |title: &str, lengths: &mut dyn Iterator<Item = usize>| lengths.fold(title.len(), usize::max);
    let names = widest("Collection", &mut rows.iter().map(|(name, _)| name.len()));
    let versions = widest("Version", &mut rows.iter().map(|(_, version)| version.len()));
    let mut text = format!("\n# {}\n{:names$} {:versions$}\n", root.display(), "Collection", "Version");
    text.push_str(&format!("{} {}\n", "-".repeat(names), "-".repeat(versions)));
    for (name, version) in rows {
        text.push_str(&format!("{name:names$} {version:versions$}\n"));
    }
    text
}

impl VerifyInstalled {
    fn run(&self, config: &Config, telling: &Telling) -> Result<Ended, Ended> {
        self.signatures.check()?;
        let requirements = asked(&self.collections, self.requirements_file.as_deref())?;
        let paths = paths(&self.collections_path, config, &config::COLLECTIONS_PATH);
        let servers = self.server.servers(config)?;
        let mut fetch = Fetch::new(&servers, self.offline, Vec::new(), telling)?;
        let wanted = Verify {
            requirements: &requirements.collections,
            paths: &paths,
            offline: self.offline,
            ignore_errors: self.ignore_errors,
        };
        let good = collection::verify(&wanted, &mut fetch)?;
        // What was told says why.
        Ok(if good { Ended::Good } else { Ended::Unusable(diag::Errors::new()) })
    }
}
