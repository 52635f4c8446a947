mod repository;

use std::path::{Path, PathBuf};

use clap::Parser;
use diag::{Error, Result};
use value::{JsonStyle, Value};

use self::repository::{Repository, Update};
use crate::arguments::{BecomeArguments, ConnectionArguments, Predict, RunArguments, SourceArguments};
use crate::commands::Command;
use crate::commands::play::{self, Play};
use crate::config;
use crate::exit::Ended;
use crate::output::print;

/// Fetch a repository of playbooks and run one on this machine.
#[derive(Debug, Parser)]
pub(crate) struct Pull {
    /// The playbooks in the repository; if none is named, the one named like this machine, else local.yml.
    playbooks: Vec<PathBuf>,
    /// The repository.
    #[arg(short = 'U', long, value_name = "URL")]
    url: Option<String>,
    /// Where to put it.
    #[arg(short, long, value_name = "FOLDER")]
    directory: Option<PathBuf>,
    /// The branch, tag or commit.
    #[arg(short = 'C', long, value_name = "VERSION")]
    checkout: Option<String>,
    /// Fetch all of the history.
    #[arg(long)]
    full: bool,
    /// Run the playbook even if fetching fails, and throw away changes in the folder.
    #[arg(short, long)]
    force: bool,
    /// Throw away changes in the folder, and files that the repository does not have.
    #[arg(long)]
    clean: bool,
    /// Remove the folder afterwards.
    #[arg(long)]
    purge: bool,
    /// Let submodules follow their branches.
    #[arg(long)]
    track_subs: bool,
    /// Refuse a commit without a good signature.
    #[arg(long)]
    verify_commit: bool,
    /// Accept the key of a host that was never seen before.
    #[arg(long)]
    accept_host_key: bool,
    /// Run the playbook only if the repository has changed.
    #[arg(short, long)]
    only_if_changed: bool,
    /// Wait a random time of at most so many seconds first, so that many machines do not all come at once.
    #[arg(short, long, value_name = "SECONDS")]
    sleep: Option<u64>,
    /// What fetches the repository; only git is supported.
    #[arg(short, long, value_name = "MODULE", default_value = "git")]
    module_name: String,
    /// Run only tasks with these tags.
    #[arg(short, long, value_name = "TAGS")]
    tags: Vec<String>,
    /// Skip tasks with these tags.
    #[arg(long, value_name = "TAGS")]
    skip_tags: Vec<String>,
    /// Only list the hosts.
    #[arg(long)]
    list_hosts: bool,
    /// Predict what would change, and change nothing.
    #[arg(long)]
    check: bool,
    /// Show what changes in files and elsewhere.
    #[arg(long)]
    diff: bool,
    /// Show more; up to -vvvv.
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count)]
    verbose: u8,
    /// Forget cached facts.
    #[arg(long)]
    flush_cache: bool,
    /// Folders with modules of your own, with `:` between them.
    #[arg(short = 'M', long, value_name = "FOLDERS")]
    module_path: Vec<String>,

    #[command(flatten)]
    source: SourceArguments,
    #[command(flatten)]
    connection: ConnectionArguments,
    #[command(flatten)]
    become_user: BecomeArguments,
}

impl Command for Pull {
    const NAME: &'static str = "pull";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-pull");

    fn run(self) -> Ended {
        self.try_run().unwrap_or_else(|ended| ended)
    }
}

impl Pull {
    fn try_run(mut self) -> Result<Ended, Ended> {
        let misused = |message: &str| Ended::Misused(Error::new(message).into());
        let url =
            self.url.clone().ok_or_else(|| misused("URL for repository not specified, use -h for help"))?;
        if self.module_name.trim_start_matches("ansible.builtin.") != "git" {
            return Err(misused(&format!("Unsupported repo module {}, choices are git", self.module_name)));
        }
        if let Some(longest) = self.sleep.filter(|longest| *longest > 0) {
            std::thread::sleep(std::time::Duration::from_secs(some_number() % (longest + 1)));
        }
        let names = machine_names();
        let folder = self.directory.clone().map(|folder| config::expand_home(&folder)).unwrap_or_else(|| {
            let name = names.first().map_or("localhost", String::as_str);
            config::expand_home(&Path::new("~/.ansible/pull").join(name))
        });
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let repository = Repository {
            url: &url,
            folder: &folder,
            version: self.checkout.as_deref(),
            full: self.full,
            force: self.force || self.clean,
            clean: self.clean,
            track_submodules: self.track_subs,
            verify: self.verify_commit,
            accept_host_key: self.accept_host_key,
        };
        match repository.update() {
            Ok(update) => {
                tell(&update);
                if self.only_if_changed && !update.changed() {
                    return Ok(print("Repository has not changed, quitting.\n"));
                }
            }
            Err(error) if self.force => crate::exit::tell(&Error::warning(error.summary()).into()),
            Err(error) => return Err(Ended::TaskWrong(error.into())),
        }
        self.absolute_paths();
        std::env::set_current_dir(&folder)
            .map_err(|error| Error::new(format!("can't change to {}", folder.display())).cause(error))?;
        let playbooks = self.chosen(&folder, &names).map_err(|error| Ended::Misused(error.into()))?;
        let ended = play::run(&self.play(playbooks, &names));
        if self.purge {
            // A folder that is the working directory can be removed, but nothing could be found from it any more.
            let _ = std::env::set_current_dir("/");
            std::fs::remove_dir_all(&folder)
                .map_err(|error| Error::new(format!("can't remove {}", folder.display())).cause(error))?;
        }
        Ok(ended)
    }

    /// The options name files from where the command was typed.
    fn absolute_paths(&mut self) {
        let absolute = |path: &mut PathBuf| {
            if let Ok(full) = std::path::absolute(&*path) {
                *path = full;
            }
        };
        self.source.vault.vault_password_file.iter_mut().for_each(absolute);
        [
            &mut self.connection.connection_password_file,
            &mut self.connection.private_key,
            &mut self.become_user.become_password_file,
        ]
        .into_iter()
        .flatten()
        .for_each(absolute);
        for variables in &mut self.source.extra_vars {
            if let Some(path) = variables.strip_prefix('@') {
                let mut path = PathBuf::from(path);
                absolute(&mut path);
                *variables = format!("@{}", path.display());
            }
        }
    }

    /// The playbooks to run.
    fn chosen(&self, folder: &Path, names: &[String]) -> Result<Vec<PathBuf>> {
        if let Some(missing) = self.playbooks.iter().find(|path| !folder.join(path).is_file()) {
            return Err(Error::new(format!(
                "Could not find a playbook to run: {} is not in the repository",
                missing.display()
            )));
        }
        if !self.playbooks.is_empty() {
            return Ok(self.playbooks.clone());
        }
        let short = names.iter().filter_map(|name| name.split('.').next());
        let candidates = names.iter().map(String::as_str).chain(short).chain(["local"]);
        let mut candidates = candidates.map(|name| folder.join(format!("{name}.yml")));
        let found = candidates.find(|path| path.is_file());
        found.map(|path| vec![path]).ok_or_else(|| {
            Error::new("Could not find a playbook to run.")
                .hint(format!("the repository has neither {}.yml nor local.yml", names.join(".yml nor ")))
        })
    }

    fn play(&self, playbooks: Vec<PathBuf>, names: &[String]) -> Play {
        let mut source = self.source.clone();
        let mut hosts = vec!["localhost".to_owned()];
        hosts.extend(names.iter().cloned());
        hosts.push("127.0.0.1".to_owned());
        source.limit.get_or_insert_with(|| hosts.join(":"));
        let mut connection = self.connection.clone();
        connection.connection.get_or_insert_with(|| "local".to_owned());
        Play {
            playbooks,
            source,
            running: RunArguments {
                check: self.check,
                diff: self.diff,
                verbose: self.verbose,
                forks: None,
                predict: Predict::default(),
                flush_cache: self.flush_cache,
                module_path: self.module_path.clone(),
            },
            tags: self.tags.clone(),
            skip_tags: self.skip_tags.clone(),
            list_hosts: self.list_hosts,
            connection,
            become_user: self.become_user.clone(),
            ..Play::default()
        }
    }
}

/// As the module git would tell it.
fn tell(update: &Update) {
    let word = if update.changed() { "CHANGED" } else { "SUCCESS" };
    let result = Value::map([
        ("after", Value::from(update.after.as_str())),
        ("before", Value::from(update.before.clone())),
        ("changed", update.changed().into()),
    ]);
    print(&format!("localhost | {word} => {}\n", result.to_json(JsonStyle::PRETTY)));
}

/// The names of this machine: whole and short.
fn machine_names() -> Vec<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let short = name.split('.').next().filter(|short| *short != name).map(str::to_owned);
    [Some(name), short].into_iter().flatten().filter(|name| !name.is_empty()).collect()
}

/// Any number, another one each time.
fn some_number() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}
