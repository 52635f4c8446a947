use std::path::{Path, PathBuf};

use module::HostPath;
use system::{Command, Error, Inode, Kind, Output, Result, System};

use super::{Backend, Dnf};

/// The generations of dnf, which have not all options in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Four,
    Five,
}

/// The program that is called, and the options that each call has.
#[derive(Debug)]
pub(super) struct Program {
    name: &'static str,
    pub(super) generation: Generation,
    /// The folder in which packages are installed, as it really is called.
    pub(super) root: PathBuf,
    options: Vec<String>,
}

/// Path, content and permissions: [`System::with_temporary_files`].
type TemporaryFile = (String, Vec<u8>, u32);

/// Where packages come from is told in files here.
const REPOSITORIES: [&str; 2] = ["/etc/yum.repos.d", "/etc/distro.repos.d"];

impl Program {
    /// Finds it.
    ///
    /// # Errors
    /// It is not there; or the root folder is none.
    pub(super) fn find(host: &mut System, asked: &Dnf) -> Result<Program> {
        let (name, generation) = find_program(host, asked.use_backend)?;
        let root = match &asked.installroot {
            Some(root) => {
                let root = root.expand(host)?;
                host.real_path(&root)?
            }
            None => PathBuf::from("/"),
        };
        // Playbooks look for these words.
        if host.follow(&root)?.is_some_and(|found| !found.is_directory()) {
            return Err(Error::failed(format!("Installroot {} must be a directory", root.display())));
        }
        let mut program = Program { name, generation, root, options: Vec::new() };
        program.options = program.options_of(host, asked)?;
        Ok(program)
    }

    fn options_of(&self, host: &mut System, asked: &Dnf) -> Result<Vec<String>> {
        let mut options: Vec<String> = Vec::new();
        let mut add = |option: &str, values: &[String]| {
            let values: Vec<&str> =
                values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
            if !values.is_empty() {
                options.push(format!("--{option}={}", values.join(",")));
            }
        };
        let five = self.generation == Generation::Five;
        if self.root != Path::new("/") {
            add("installroot", &[self.root.to_string_lossy().into_owned()]);
        }
        if let Some(file) = &asked.conf_file {
            let path = file.expand(host)?;
            // Playbooks look for these words.
            if host.follow(&path)?.is_none() {
                return Err(Error::failed(format!("cannot read configuration file: {}", path.display())));
            }
            add("config", &[path.to_string_lossy().into_owned()]);
        }
        add("releasever", asked.releasever.as_slice());
        add("disablerepo", &asked.disablerepo);
        add("enablerepo", &asked.enablerepo);
        add(if five { "disable-plugin" } else { "disableplugin" }, &asked.disable_plugin);
        add(if five { "enable-plugin" } else { "enableplugin" }, &asked.enable_plugin);
        add("exclude", &asked.exclude);
        match (&asked.disable_excludes, five) {
            (Some(which), true) => {
                let which = if which == "all" { "*" } else { which };
                add("setopt", &[format!("disable_excludes={which}")]);
            }
            (which, _) => add("disableexcludes", which.as_slice()),
        }
        let mut set = |name: &str, value: bool| add("setopt", &[format!("{name}={}", u8::from(value))]);
        if let Some(best) = asked.best.or(asked.nobest.map(|nobest| !nobest)) {
            set("best", best);
        }
        if !asked.install_weak_deps {
            set("install_weak_deps", false);
        }
        if !asked.sslverify || !asked.validate_certs {
            set("sslverify", false);
        }
        // What else would go with a package is the playbook's to say.
        set("clean_requirements_on_remove", asked.autoremove);
        set("localpkg_gpgcheck", !asked.disable_gpg_check);
        if asked.cacheonly {
            options.push("--cacheonly".into());
        }
        if asked.disable_gpg_check {
            options.push("--nogpgcheck".into());
        }
        Ok(options)
    }

    /// A command line: the verb with its own options, and what it is about.
    fn command(&self, before: &[String], words: &[String]) -> Command {
        let command = Command::new([self.name]).args(before).args(&self.options).args(words);
        command.env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8").env("FORCE_COLUMNS", "1000")
    }

    /// The call that changes the host.
    pub(super) fn call(&self, words: &[String]) -> Command {
        let mut before = vec!["-y".to_owned()];
        if self.generation == Generation::Four {
            before.push("--setopt=exit_on_lock=1".into());
        }
        self.command(&before, words)
    }

    /// Asks what a call would do, or lets it download only. Repositories and configuration are as earlier tasks would have
    /// left them, and all that dnf writes down on the way, its lists, logs and history, goes to a private folder.
    ///
    /// # Errors
    /// The program can't be started; or a dry run can't know where packages come from.
    pub(super) fn ask(
        &self,
        host: &mut System,
        asked: &Dnf,
        answers: &[&str],
        words: &[String],
    ) -> Result<Output> {
        let lists = host.private_directory()?.join("dnf");
        if host.inode(&lists)?.is_absent() {
            let own = self.in_root(match self.generation {
                Generation::Four => "/var/cache/dnf",
                Generation::Five => "/var/cache/libdnf5",
            });
            // Lists that are there already need not be fetched; without them it only takes longer.
            if host.follow(&own)?.is_some() {
                host.query(&copy(&own, &lists))?;
            }
        }
        let has_packages = host.rpm_database_folder(&self.root)?.is_some();
        host.with_temporary_directory(|host, folder| {
            // Where no database is, one would be made.
            let root = if has_packages { &self.root } else { folder };
            let mut options: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
            let mut set = |name: &str, value: &str| options.push(format!("--setopt={name}={value}"));
            let inside = |path: &Path| match self.generation {
                // It puts these paths below the root folder.
                Generation::Four => {
                    format!("{}{}", "/..".repeat(root.components().count() - 1), path.display())
                }
                Generation::Five => path.to_string_lossy().into_owned(),
            };
            set("cachedir", &inside(&lists));
            set("logdir", &inside(folder));
            if self.generation == Generation::Four {
                let history = folder.join("history");
                let own = self.in_root("/var/lib/dnf");
                if host.follow(&own)?.is_some() {
                    host.query(&copy(&own, &history))?;
                }
                set("persistdir", &history.to_string_lossy());
            }
            if !host.may_fetch_lists() {
                options.push("--cacheonly".to_owned());
            }
            let mut set = |name: &str, value: &str| options.push(format!("--setopt={name}={value}"));
            // A key that is not known yet would be a question.
            set("*.repo_gpgcheck", "0");
            let mut predicted = Vec::new();
            let repositories = self.predicted_repositories(host)?;
            let has_own_repositories = repositories.is_some();
            predicted.extend(repositories.into_iter().flatten());
            if let Some(path) = &asked.conf_file
                && is_predicted(host, path)?
            {
                predicted.push(("dnf.conf".to_owned(), path.read(host)?, 0o600));
            }
            host.with_temporary_files(&predicted, |host, files| {
                let mut program = Program { options: self.options.clone(), root: self.root.clone(), ..*self };
                if has_own_repositories {
                    options.push(format!("--setopt=reposdir={}", files.join("repos").display()));
                }
                for option in &mut program.options {
                    if option.starts_with("--config=")
                        && predicted.iter().any(|(name, ..)| name == "dnf.conf")
                    {
                        *option = format!("--config={}", files.join("dnf.conf").display());
                    }
                    if option.starts_with("--installroot=") {
                        *option = format!("--installroot={}", root.display());
                    }
                }
                host.query(&program.command(&options, words))
            })
        })
    }

    /// A path of the host below the root folder.
    pub(super) fn in_root(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Whether earlier tasks of a dry run would have changed where packages come from.
    pub(super) fn repositories_would_change(&self, host: &System) -> bool {
        self.folders().iter().any(|folder| host.would_change_below(folder))
    }

    fn folders(&self) -> Vec<PathBuf> {
        let in_root = REPOSITORIES.map(|folder| self.in_root(folder));
        let mut folders: Vec<PathBuf> = in_root.into_iter().chain(REPOSITORIES.map(PathBuf::from)).collect();
        folders.dedup();
        folders
    }

    /// The files that tell repositories, if a dry run knows of others than those that are there: names and contents.
    fn predicted_repositories(&self, host: &mut System) -> Result<Option<Vec<TemporaryFile>>> {
        if !self.repositories_would_change(host) {
            return Ok(None);
        }
        let mut files = Vec::new();
        for folder in self.folders() {
            if host.follow(&folder)?.is_none_or(|found| !found.is_directory()) {
                continue;
            }
            for name in host.list(&folder)?.into_iter().filter(|name| name.ends_with(".repo")) {
                let bytes = host.read(&folder.join(&name))?;
                files.push((format!("repos/{name}"), bytes, 0o600));
            }
        }
        Ok(Some(files))
    }
}

/// dnf5 goes by the name of dnf where it is the only one.
fn find_program(host: &mut System, backend: Backend) -> Result<(&'static str, Generation)> {
    let dnf = host.find_program("dnf")?;
    let is_five = match &dnf {
        Some(path) => host.real_path(path)?.file_name().is_some_and(|name| name == "dnf5"),
        None => false,
    };
    let has_five = is_five || (backend != Backend::Dnf4 && host.find_program("dnf5")?.is_some());
    match (backend, dnf) {
        (Backend::Dnf5, _) if has_five => Ok(("dnf5", Generation::Five)),
        (Backend::Dnf4, _) if is_five && host.find_program("dnf-3")?.is_some() => {
            Ok(("dnf-3", Generation::Four))
        }
        (Backend::Auto, Some(_)) if is_five => Ok(("dnf", Generation::Five)),
        (Backend::Auto | Backend::Dnf4, Some(_)) if !is_five => Ok(("dnf", Generation::Four)),
        (Backend::Auto, None) if has_five => Ok(("dnf5", Generation::Five)),
        (backend, _) => {
            let name = if backend == Backend::Dnf5 { "dnf5" } else { "dnf" };
            Err(Error::failed(format!("there is no program '{name}'")).with("rc", 2))
        }
    }
}

fn copy(from: &Path, to: &Path) -> Command {
    Command::new(["cp", "-a"]).arg(from.to_string_lossy()).arg(to.to_string_lossy())
}

/// Whether a path on the host, if it is a file's, is one that a dry run only predicts.
pub(super) fn is_predicted(host: &mut System, path: &HostPath) -> Result<bool> {
    let path = path.expand(host)?;
    let found = host.follow(&path)?;
    Ok(matches!(
        found,
        Some(Inode { kind: Kind::File(ref content), .. }) if !matches!(content, system::Content::OnHost(_))
    ))
}
