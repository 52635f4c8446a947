use std::path::Path;
use std::time::Duration;

use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{
    AptView, Command, Content, DpkgDatabase, Error, Kind, Output, Packages, PendingPackage, Result, System,
    matches_pattern,
};
use value::{Unknown, Value};

mod free_dpkg;
mod lists;
mod look_ahead;
mod program;
mod request;
mod step;
mod wanted;

use look_ahead::{NewPackage, look_ahead};
use program::{explain, mark_manual, quietly, run, with_policy};
use request::{Aim, Request};
use step::Step;
use wanted::{Wanted, expand_available};

/// Installs, upgrades and removes Debian packages with apt-get.
///
/// A package that is installed already costs no call of apt-get. A dry run asks apt-get what it would do, and looks into
/// the packages that would be installed, so that later tasks find their configuration files and units. `apt-get` is
/// always used, never `aptitude`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Apt {
    /// Names of packages. A name may ask for a version: `nginx=1.22.1-9`, `nginx=1.22*`, `nginx>=1.22`; for an
    /// architecture: `libc6:i386`; and it may be a pattern: `php8*`. `*` with `state: latest` upgrades everything.
    #[schemars(extend("aliases" = ["package", "pkg"]))]
    name: Option<Vec<String>>,
    /// What should be there.
    state: State,
    /// Fetch the package lists before anything else, unless they are younger than `cache_valid_time`.
    #[schemars(extend("aliases" = ["update-cache"]))]
    pub(crate) update_cache: bool,
    /// For how many seconds fetched package lists are good; if it is given, `update_cache` need not be.
    pub(crate) cache_valid_time: u64,
    /// How often to try to fetch the package lists.
    #[serde(default = "five")]
    update_cache_retries: u32,
    /// The longest pause between two tries, in seconds; it doubles from 1.
    #[serde(default = "twelve")]
    update_cache_retry_max_delay: u64,
    /// Install this package archive, a path on the host; what it depends on is installed as well.
    deb: Option<HostPath>,
    /// Upgrade all packages: `yes` and `safe` remove none, `full` and `dist` may.
    upgrade: Upgrade,
    /// The release to take packages from, such as `bookworm-backports`.
    #[schemars(extend("aliases" = ["default-release"]))]
    default_release: Option<String>,
    /// Whether recommended packages are installed as well; left out, apt's own setting decides.
    #[schemars(extend("aliases" = ["install-recommends"]))]
    install_recommends: Option<bool>,
    /// With `state: absent` or `autoremove`: remove configuration files as well.
    purge: bool,
    /// Remove packages that were installed as dependencies only and are needed no more.
    pub(crate) autoremove: bool,
    /// Remove downloaded archives that can't be downloaded any more.
    autoclean: bool,
    /// Remove all downloaded archives.
    clean: bool,
    /// Upgrade what is installed, and install nothing new.
    only_upgrade: bool,
    /// Fail rather than remove any package.
    fail_on_autoremove: bool,
    /// Allow whatever apt-get would refuse: unauthenticated packages, downgrades, changes of held and removal of
    /// essential packages.
    force: bool,
    /// Allow packages whose origin can't be verified.
    #[schemars(extend("aliases" = ["allow-unauthenticated"]))]
    allow_unauthenticated: bool,
    /// Allow going back to an older version.
    #[schemars(extend("aliases" = ["allow-downgrade", "allow_downgrades", "allow-downgrades"]))]
    allow_downgrade: bool,
    /// Allow changing packages that are held.
    allow_change_held_packages: bool,
    /// Options for dpkg, separated by commas, without their dashes.
    #[serde(default = "keep_configuration")]
    dpkg_options: String,
    /// How many seconds to wait while another program has dpkg locked.
    #[serde(default = "sixty")]
    lock_timeout: u32,
    /// Keep the installation from starting and stopping services: the exit code of a `/usr/sbin/policy-rc.d` that is
    /// there meanwhile, such as 101.
    policy_rc_d: Option<i32>,
    /// Accepted for compatibility: apt-get is always used.
    #[allow(dead_code)]
    force_apt_get: bool,
    /// Accepted for compatibility: nothing has to be installed on the host.
    #[allow(dead_code)]
    auto_install_module_deps: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// The packages are not installed.
    Absent,
    /// What is needed to build the packages is installed.
    #[serde(rename = "build-dep")]
    BuildDep,
    /// Like `present`, and broken dependencies are put in order.
    Fixed,
    /// The packages are installed, in the newest version that the lists know.
    Latest,
    /// The packages are installed.
    #[default]
    Present,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Upgrade {
    /// Nothing.
    #[default]
    No,
    /// Without removing any package.
    Yes,
    /// Without removing any package.
    Safe,
    /// Also where packages have to be removed.
    Full,
    /// Also where packages have to be removed.
    Dist,
}

fn five() -> u32 {
    5
}

fn twelve() -> u64 {
    12
}

fn sixty() -> u32 {
    60
}

fn keep_configuration() -> String {
    "force-confdef,force-confold".into()
}

impl Arguments for Apt {
    const NAME: &'static str = "apt";
    const EXAMPLES: &'static str = r#"
- name: A web server
  apt:
    name: nginx
    update_cache: true
    cache_valid_time: 3600

- name: Two packages, one of them in a certain version
  apt:
    name: [git, "postgresql-15=15.*"]
    install_recommends: false

- name: No leftovers
  apt:
    name: apache2
    state: absent
    purge: true
    autoremove: true

- name: Everything up to date
  apt:
    upgrade: dist
    update_cache: true
"#;
}

impl Module for Apt {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let work = self.work()?;
        if self.clean {
            self.clean(host, work.is_none())?;
        }
        let updated = self.update(host, work.is_none())?;
        let said = match work {
            Some(work) => self.carry_out(host, work)?,
            None => Said::default(),
        };
        let outcome = Outcome::new()
            .with("cache_updated", updated)
            .with("cache_update_time", lists::seconds(lists::time(host)?));
        Ok(outcome.with("stdout", said.stdout).with("stderr", said.stderr))
    }
}

/// What is to be done once the package lists are up to date.
enum Work {
    Archive(HostPath),
    Upgrade,
    Packages(Vec<Wanted>),
    Autoremove,
    Autoclean,
}

/// What apt-get said; unknown where a dry run can't have it say anything.
struct Said {
    stdout: Value,
    stderr: Value,
}

impl Default for Said {
    fn default() -> Said {
        Said { stdout: "".into(), stderr: "".into() }
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said { stdout: output.stdout().into(), stderr: output.stderr().into() }
    }
}

impl Apt {
    /// What `package` asks of it.
    pub(crate) fn of(name: Vec<String>, state: State) -> Apt {
        Apt {
            name: Some(name),
            state,
            update_cache_retries: five(),
            update_cache_retry_max_delay: twelve(),
            dpkg_options: keep_configuration(),
            lock_timeout: sixty(),
            ..Apt::default()
        }
    }

    /// What `apt_repository` asks of it: [`Apt::update`].
    pub(crate) fn fetching_lists(tries: u32, longest_pause: u64) -> Apt {
        Apt {
            update_cache: true,
            update_cache_retries: tries,
            update_cache_retry_max_delay: longest_pause,
            ..Apt::of(Vec::new(), State::Present)
        }
    }

    fn work(&self) -> Result<Option<Work>> {
        let names = self.name.as_ref().filter(|names| !names.is_empty());
        if [self.deb.is_some(), names.is_some(), self.upgrade != Upgrade::No]
            .iter()
            .filter(|given| **given)
            .count()
            > 1
        {
            return Err(Error::failed("only one of 'name', 'deb' and 'upgrade' can be given"));
        }
        if self.upgrade != Upgrade::No {
            return Ok(Some(Work::Upgrade));
        }
        if let Some(deb) = &self.deb {
            return Ok(Some(Work::Archive(deb.clone())));
        }
        if let Some(names) = names {
            let all = names.iter().any(|name| name.trim() == "*");
            if all && self.state == State::Latest {
                let only = names.len() == 1;
                return if only {
                    Ok(Some(Work::Upgrade))
                } else {
                    Err(Error::failed("with '*' no other package can be named"))
                };
            }
            let wanted = names
                .iter()
                .map(|name| name.trim())
                .filter(|name| !name.is_empty() && *name != "*")
                .map(Wanted::parse);
            return Ok(Some(Work::Packages(wanted.collect::<Result<_>>()?)));
        }
        if self.autoclean {
            return Ok(Some(Work::Autoclean));
        }
        if self.autoremove {
            return Ok(Some(Work::Autoremove));
        }
        if self.state == State::Fixed {
            return Ok(Some(Work::Packages(Vec::new())));
        }
        if self.name.is_none() && !self.update_cache && self.cache_valid_time == 0 && !self.clean {
            return Err(Error::failed(
                "nothing is asked for: give 'name', 'deb', 'upgrade', 'update_cache', 'autoremove', 'autoclean' or 'clean'",
            ));
        }
        Ok(None)
    }

    // The package lists and archives.

    fn clean(&self, host: &mut System, alone: bool) -> Result<()> {
        host.require_root("change packages")?;
        let command = self.apt_get(["clean"]);
        host.refresh("apt archives", |backend| run(backend, &command).map(drop))?;
        if alone {
            host.act("package archives", "/var/cache/apt/archives", "clean", |_| Ok(()))
        } else {
            Ok(())
        }
    }

    /// Fetches the package lists if they are asked for and too old; says whether it did. That counts as a change only if
    /// it is all there is to do, and the lists are others afterwards.
    pub(crate) fn update(&self, host: &mut System, alone: bool) -> Result<bool> {
        if !self.update_cache && self.cache_valid_time == 0 {
            return Ok(false);
        }
        let fetched = lists::time(host)?;
        if self.cache_valid_time > 0 && fetched + Duration::from_secs(self.cache_valid_time) >= host.now() {
            return Ok(false);
        }
        host.require_root("change packages")?;
        let (command, tries, longest) =
            (self.apt_get(["update"]), self.update_cache_retries.max(1), self.update_cache_retry_max_delay);
        let now = host.now();
        let before = host.apt_lists(&AptView::default())?;
        host.refresh(System::APT_LISTS, |backend| {
            lists::fetch(backend, &command, tries, longest)?;
            // Lists that have not changed keep their time, but they have been looked at.
            let folder = Path::new(lists::FOLDER);
            if matches!(backend.metadata(folder), Ok(Some(_))) {
                backend
                    .set_times(folder, None, Some(now))
                    .map_err(|error| Error::io("can't set the time of", folder, error))?;
            }
            Ok(())
        })?;
        // Whether new sources work is best known at the task that makes them.
        if alone || host.would_change_below(Path::new("/etc/apt")) {
            let view = lists::view(host)?;
            // Fetching what has not changed is no change.
            if alone && (view.outdated().is_some() || host.apt_lists(&view)? != before) {
                host.act("package lists", lists::FOLDER, "update", |_| Ok(()))?;
            }
        }
        Ok(true)
    }

    // Packages.

    fn carry_out(&self, host: &mut System, work: Work) -> Result<Said> {
        let database = host.dpkg_database()?;
        let wanted = match work {
            Work::Archive(path) => return self.install_archive(host, &database, &path),
            Work::Autoclean => return self.autoclean(host),
            Work::Upgrade => {
                let verb: &[&str] = match self.upgrade {
                    Upgrade::Full | Upgrade::Dist => &["dist-upgrade"],
                    _ => &["upgrade", "--with-new-pkgs"],
                };
                return self.settle(host, &database, &Request::of(verb.iter().copied(), Aim::Newest));
            }
            Work::Autoremove => {
                return self.settle(host, &database, &Request::of(["autoremove"], Aim::Named));
            }
            Work::Packages(wanted) => wanted,
        };
        match self.state {
            State::Absent => self.remove(host, &database, &wanted),
            State::BuildDep => {
                let names = wanted.iter().map(|wanted| wanted.name.as_str());
                self.settle(
                    host,
                    &database,
                    &Request::of(std::iter::once("build-dep").chain(names), Aim::Named),
                )
            }
            State::Present | State::Latest | State::Fixed => self.install(host, &database, wanted),
        }
    }

    fn install(&self, host: &mut System, database: &DpkgDatabase, wanted: Vec<Wanted>) -> Result<Said> {
        let wanted = expand_available(host, wanted)?;
        let mut missing = Vec::new();
        for wanted in &wanted {
            let installed = database.version(&wanted.name).is_some();
            if self.only_upgrade && !installed {
                continue;
            }
            if (self.state == State::Latest && wanted.version.is_none())
                || !wanted.is_satisfied(host, database)?
            {
                missing.push(wanted);
            }
        }
        let said = if missing.is_empty() && self.state != State::Fixed {
            Said::default()
        } else {
            let aim = if self.state == State::Latest { Aim::Newest } else { Aim::Named };
            let fix = (self.state == State::Fixed).then(|| "--fix-broken".to_owned());
            let names = missing.iter().map(|wanted| wanted.argument());
            let mut request = Request::of(std::iter::once("install".to_owned()).chain(fix).chain(names), aim);
            let new = missing.iter().filter(|wanted| database.version(&wanted.name).is_none());
            request.installs = new.map(|wanted| wanted.name.clone()).collect();
            request.at_least = missing.iter().filter_map(|wanted| wanted.at_least()).collect();
            self.settle(host, database, &request)?
        };
        mark_manual(host, &wanted)?;
        Ok(said)
    }

    fn remove(&self, host: &mut System, database: &DpkgDatabase, wanted: &[Wanted]) -> Result<Said> {
        let mut names: Vec<&str> = Vec::new();
        for wanted in wanted {
            let is_meant = |name: &str| {
                if wanted.is_pattern() {
                    matches_pattern(&wanted.name, name)
                } else {
                    name == database.key(&wanted.name)
                }
            };
            let found = database.iter().filter(|(name, package)| {
                is_meant(name) && (package.installed || (self.purge && package.leftovers))
            });
            names.extend(found.map(|(name, _)| name));
        }
        if names.is_empty() {
            return Ok(Said::default());
        }
        let mut request = Request::of(std::iter::once("remove").chain(names.iter().copied()), Aim::Named);
        request.removes = names.into_iter().map(str::to_owned).collect();
        self.settle(host, database, &request)
    }

    fn install_archive(
        &self,
        host: &mut System,
        database: &DpkgDatabase,
        archive: &HostPath,
    ) -> Result<Said> {
        if archive.as_str().contains("://") {
            let message = format!(
                "'{}' is not on the host: fetch it with the get_url module, then give its path",
                archive.as_str()
            );
            return Err(Error::failed(message));
        }
        let path = archive.expand(host)?;
        match host.follow(&path)?.map(|inode| inode.kind) {
            Some(Kind::File(Content::OnHost(_))) => {}
            Some(Kind::File(_)) => {
                let cause = format!("what is in {}, which an earlier task puts there", path.display());
                return Err(Unknown::new(cause).into());
            }
            _ => return Err(Error::failed(format!("there is no file {}", path.display()))),
        }
        let fields = host.query(
            &Command::new(["dpkg-deb", "--field"]).arg(path.to_string_lossy()).args(["Package", "Version"]),
        )?;
        let fields = fields.checked(&format!("can't read the package {}", path.display()))?.stdout();
        let field = |name: &str| {
            fields.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
        };
        let (Some(name), Some(version)) = (field("Package"), field("Version")) else {
            return Err(Error::failed(format!(
                "{} is no package: it has no name and version",
                path.display()
            )));
        };
        if database.version(name) == Some(version) {
            return Ok(Said::default());
        }
        let mut request =
            Request::of(["install".to_owned(), path.to_string_lossy().into_owned()], Aim::Named);
        request.archive = Some((name.to_owned(), path));
        self.settle(host, database, &request)
    }

    fn autoclean(&self, host: &mut System) -> Result<Said> {
        let simulated = lists::ask(host, self.simulation(["autoclean"]))?.checked("can't ask apt-get")?;
        if !simulated.stdout().lines().any(|line| line.starts_with("Del ")) {
            return Ok(simulated.into());
        }
        host.require_root("change packages")?;
        let command = self.apt_get(["autoclean"]);
        let mut said = simulated;
        host.act("package archives", "/var/cache/apt/archives", "autoclean", |backend| {
            said = run(backend, &command)?;
            Ok(())
        })?;
        Ok(said.into())
    }

    /// Asks apt-get what it would do, and settles the host so.
    fn settle(&self, host: &mut System, database: &DpkgDatabase, request: &Request) -> Result<Said> {
        let view = lists::view(host)?;
        let simulated = host.query(&view.through(self.simulation(self.with_options(&request.words))))?;
        let outdated = view.outdated();
        if !simulated.success() {
            return match outdated {
                Some(cause) if !request.installs.is_empty() => {
                    self.settle_unknown(host, database, request, cause)
                }
                Some(cause) => Err(cause.clone().into()),
                None => Err(explain(&simulated)),
            };
        }
        let (mut now, mut want) = (Packages::of("apt"), Packages::of("apt"));
        let mut new = Vec::new();
        for step in simulated.stdout().lines().filter_map(Step::parse) {
            let name = database.key(&step.name).to_owned();
            let found = database.get(&name);
            let before = match found {
                Some(package) if package.installed => Value::from(&package.version),
                Some(package) if package.leftovers && step.after.is_none() => {
                    format!("{} (configuration files only)", package.version).into()
                }
                _ => Value::Null,
            };
            if let Some(version) = &step.after {
                request.check_version(host, &name, version)?;
                if before.is_null() {
                    new.push(NewPackage { name: name.clone(), version: version.clone() });
                }
            }
            if step.after.is_none() {
                host.expect_removal(&name, step.purges);
            }
            now.versions.insert(name.clone(), before);
            want.versions.insert(name, step.after.into());
        }
        // What a dry run has only predicted apt-get can't remove.
        for name in request.removes.iter().filter(|name| database.version(name).is_some()) {
            now.versions.entry(name.clone()).or_insert_with(|| database.version(name).into());
            want.versions.entry(name.clone()).or_insert(Value::Null);
        }
        if now.versions == want.versions {
            return match outdated {
                Some(cause) if request.aim == Aim::Newest => Err(cause.clone().into()),
                _ => Ok(simulated.into()),
            };
        }
        host.require_root("change packages")?;
        if let Some(unknown) = outdated {
            host.warn(format!("the versions are those of the package lists as they are: {}", unknown.cause));
        }
        free_dpkg::check(host, self.lock_timeout)?;
        host.expect_packages(|host| look_ahead(host, &new, request))?;
        let command = self.apt_get(self.with_options(&request.words));
        let policy = self.policy_rc_d;
        let mut said = simulated;
        host.settle_by(&now, want, |backend, _, _| {
            said = with_policy(backend, policy, |backend| run(backend, &command))?;
            Ok(())
        })?;
        Ok(said.into())
    }

    /// A dry run that knows no more than that these packages are not installed and would be.
    fn settle_unknown(
        &self,
        host: &mut System,
        database: &DpkgDatabase,
        request: &Request,
        cause: &Unknown,
    ) -> Result<Said> {
        host.require_root("change packages")?;
        let (mut now, mut want) = (Packages::of("apt"), Packages::of("apt"));
        for name in &request.installs {
            now.versions.insert(name.clone(), database.version(name).into());
            want.versions.insert(name.clone(), cause.clone().into());
        }
        let pending = request.installs.iter().map(PendingPackage::new).collect();
        host.expect_packages(|_| Ok(pending))?;
        host.settle(&now, want)?;
        Ok(Said { stdout: cause.clone().into(), stderr: cause.clone().into() })
    }

    // Command lines.

    /// The words of a request with the options that go with it.
    fn with_options(&self, words: &[String]) -> Vec<String> {
        let verb = words.first().map_or("", String::as_str);
        let mut options: Vec<String> = Vec::new();
        let mut flag = |given: bool, flags: &[&str]| {
            if given {
                options.extend(flags.iter().map(|flag| (*flag).to_owned()));
            }
        };
        flag(self.install_recommends == Some(true), &["-o", "APT::Install-Recommends=yes"]);
        flag(self.install_recommends == Some(false), &["-o", "APT::Install-Recommends=no"]);
        flag(self.purge && matches!(verb, "remove" | "autoremove"), &["--purge"]);
        flag(self.autoremove && verb != "autoremove", &["--auto-remove"]);
        flag(self.only_upgrade && verb == "install", &["--only-upgrade"]);
        flag(self.fail_on_autoremove, &["--no-remove"]);
        flag(self.force, &["--allow-remove-essential"]);
        flag(self.force || self.allow_unauthenticated, &["--allow-unauthenticated"]);
        flag(self.force || self.allow_downgrade, &["--allow-downgrades"]);
        flag(self.force || self.allow_change_held_packages, &["--allow-change-held-packages"]);
        if let Some(release) = &self.default_release {
            flag(true, &["-t", release]);
        }
        options.extend(words.iter().cloned());
        options
    }

    fn apt_get(&self, words: impl IntoIterator<Item = impl Into<String>>) -> Command {
        let options = self.dpkg_options.split(',').map(str::trim).filter(|option| !option.is_empty());
        let options = options.flat_map(|option| {
            ["-o".to_owned(), format!("Dpkg::Options::=--{}", option.trim_start_matches("--"))]
        });
        let lock = ["-o".to_owned(), format!("DPkg::Lock::Timeout={}", self.lock_timeout)];
        quietly(Command::new(["apt-get", "-y"]).args(options).args(lock).args(words))
    }

    fn simulation(&self, words: impl IntoIterator<Item = impl Into<String>>) -> Command {
        // A simulation leaves its plan in the log like a real run, which a dry run must not.
        let log = ["-o", "Dir::Log::Planner=/dev/null"];
        quietly(Command::new(["apt-get", "--simulate"]).args(log).args(["-y"]).args(words))
    }
}
