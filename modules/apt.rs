use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{
    Backend, Command, Content, DpkgDatabase, Error, Kind, Output, Packages, PendingPackage, Result, System,
    matches_pattern,
};
use value::{Unknown, Value};

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

/// The name under which a dry run remembers that the package lists would have been fetched.
const LISTS: &str = "apt lists";
const LISTS_FOLDER: &str = "/var/lib/apt/lists";
const UPDATE_STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";
const POLICY_PROGRAM: &str = "/usr/sbin/policy-rc.d";

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
            .with("cache_update_time", seconds(lists_time(host)?));
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
    /// it is all there is to do.
    pub(crate) fn update(&self, host: &mut System, alone: bool) -> Result<bool> {
        if !self.update_cache && self.cache_valid_time == 0 {
            return Ok(false);
        }
        let fetched = lists_time(host)?;
        if self.cache_valid_time > 0 && fetched + Duration::from_secs(self.cache_valid_time) >= host.now() {
            return Ok(false);
        }
        host.require_root("change packages")?;
        let (command, tries, longest) =
            (self.apt_get(["update"]), self.update_cache_retries.max(1), self.update_cache_retry_max_delay);
        let now = host.now();
        host.refresh(LISTS, |backend| {
            fetch_lists(backend, &command, tries, longest)?;
            // Lists that have not changed keep their time, but they have been looked at.
            let folder = Path::new(LISTS_FOLDER);
            if matches!(backend.metadata(folder), Ok(Some(_))) {
                backend
                    .set_times(folder, None, Some(now))
                    .map_err(|error| Error::io("can't set the time of", folder, error))?;
            }
            Ok(())
        })?;
        if alone {
            host.act("package lists", LISTS_FOLDER, "update", |_| Ok(()))?;
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
        let simulated = host.query(&self.simulation(["autoclean"]))?.checked("can't ask apt-get")?;
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
        let simulated = host.query(&self.simulation(self.with_options(&request.words)))?;
        if !simulated.success() {
            return match outdated_lists(host) {
                Some(cause) if !request.installs.is_empty() => {
                    self.settle_unknown(host, database, request, &cause)
                }
                Some(cause) => Err(cause.into()),
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
                    new.push((name.clone(), version.clone()));
                }
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
            return match outdated_lists(host) {
                Some(cause) if request.aim == Aim::Newest => Err(cause.into()),
                _ => Ok(simulated.into()),
            };
        }
        host.require_root("change packages")?;
        if let Some(unknown) = outdated_lists(host) {
            host.warn(format!("the versions are those of the package lists as they are: {}", unknown.cause));
        }
        host.expect_packages(|host| look_ahead(host, &new, request.archive.as_ref()))?;
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

/// What apt-get is asked for.
struct Request {
    /// The verb and what it is about.
    words: Vec<String>,
    aim: Aim,
    /// Packages that are not installed and should be.
    installs: Vec<String>,
    /// Packages that are installed and should not be.
    removes: Vec<String>,
    /// Versions that must at least be reached.
    at_least: Vec<(String, String)>,
    /// The name and path of an archive that is to be installed.
    archive: Option<(String, PathBuf)>,
}

/// Whether newer package lists could bring something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// The packages that are named, in any version.
    Named,
    /// The newest versions.
    Newest,
}

impl Request {
    fn of(words: impl IntoIterator<Item = impl Into<String>>, aim: Aim) -> Request {
        let words = words.into_iter().map(Into::into).collect();
        Request { words, aim, installs: Vec::new(), removes: Vec::new(), at_least: Vec::new(), archive: None }
    }

    fn check_version(&self, host: &mut System, name: &str, version: &str) -> Result<()> {
        for (_, least) in self.at_least.iter().filter(|(wanted, _)| wanted == name) {
            if !is_at_least(host, version, least)? {
                let message = format!(
                    "no version of the package '{name}' that is at least {least} is available, only {version}"
                );
                return Err(Error::failed(message));
            }
        }
        Ok(())
    }
}

/// A package as a playbook asks for it.
struct Wanted {
    name: String,
    version: Option<WantedVersion>,
}

enum WantedVersion {
    /// This one, or one that the pattern means.
    Is(String),
    /// This one or a newer one.
    AtLeast(String),
}

impl Wanted {
    fn parse(text: &str) -> Result<Wanted> {
        let (name, version) = match text.split_once('=') {
            None => (text, None),
            Some((name, version)) => match name.strip_suffix('>') {
                Some(name) => (name, Some(WantedVersion::AtLeast(version.trim().to_owned()))),
                None => (name, Some(WantedVersion::Is(version.trim().to_owned()))),
            },
        };
        let name = name.trim();
        // A word that starts with a dash would be an option of apt-get.
        if name.is_empty()
            || name.starts_with('-')
            || name.contains(char::is_whitespace)
            || text.matches('=').count() > 1
        {
            return Err(Error::failed(format!(
                "'{text}' is no package: write 'name', 'name=version' or 'name>=version'"
            )));
        }
        Ok(Wanted { name: name.to_owned(), version })
    }

    fn is_pattern(&self) -> bool {
        self.name.contains(['*', '?', '['])
    }

    fn is_satisfied(&self, host: &mut System, database: &DpkgDatabase) -> Result<bool> {
        match (database.version(&self.name), &self.version) {
            (Some(_), None) => Ok(true),
            (Some(installed), Some(WantedVersion::Is(pattern))) => Ok(matches_pattern(pattern, installed)),
            (Some(installed), Some(WantedVersion::AtLeast(least))) => is_at_least(host, installed, least),
            // Something else may stand in for it, but not if there is a package of that very name.
            (None, None) if database.provides(&self.name) => {
                let shown = host.query(&quietly(Command::new([
                    "apt-cache",
                    "show",
                    "--no-all-versions",
                    &self.name,
                ])))?;
                Ok(!shown.success() || shown.stdout.is_empty())
            }
            (None, _) => Ok(false),
        }
    }

    fn argument(&self) -> String {
        match &self.version {
            Some(WantedVersion::Is(version)) => format!("{}={version}", self.name),
            _ => self.name.clone(),
        }
    }

    fn at_least(&self) -> Option<(String, String)> {
        match &self.version {
            Some(WantedVersion::AtLeast(version)) => Some((self.name.clone(), version.clone())),
            _ => None,
        }
    }
}

fn is_at_least(host: &mut System, version: &str, least: &str) -> Result<bool> {
    Ok(host.query(&Command::new(["dpkg", "--compare-versions", version, "ge", least]))?.success())
}

/// Patterns replaced by the packages that they mean, of those that the lists know.
fn expand_available(host: &mut System, wanted: Vec<Wanted>) -> Result<Vec<Wanted>> {
    if !wanted.iter().any(Wanted::is_pattern) {
        return Ok(wanted);
    }
    let known = host
        .query(&quietly(Command::new(["apt-cache", "pkgnames"])))?
        .checked("can't list packages")?
        .stdout();
    let mut expanded = Vec::new();
    for wanted in wanted {
        if !wanted.is_pattern() {
            expanded.push(wanted);
            continue;
        }
        let mut names: Vec<&str> = known.lines().filter(|name| matches_pattern(&wanted.name, name)).collect();
        if names.is_empty() {
            return Err(outdated_lists(host).map_or_else(|| no_package(&wanted.name), Error::from));
        }
        names.sort_unstable();
        for name in names {
            let version = match &wanted.version {
                None => None,
                Some(WantedVersion::Is(version)) => Some(WantedVersion::Is(version.clone())),
                Some(WantedVersion::AtLeast(version)) => Some(WantedVersion::AtLeast(version.clone())),
            };
            expanded.push(Wanted { name: name.to_owned(), version });
        }
    }
    Ok(expanded)
}

/// What was installed as a dependency and is now asked for by name must not go as a dependency any more.
fn mark_manual(host: &mut System, wanted: &[Wanted]) -> Result<()> {
    let states = host.read_text_if_any(Path::new("/var/lib/apt/extended_states"))?.unwrap_or_default();
    let automatic = |paragraph: &str| {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        (field("Auto-Installed:") == Some("1")).then(|| field("Package:").map(str::to_owned))?
    };
    let automatic: Vec<String> = states.split("\n\n").filter_map(automatic).collect();
    let names: Vec<&str> = wanted
        .iter()
        .map(|wanted| wanted.name.as_str())
        .filter(|name| automatic.iter().any(|found| found == name))
        .collect();
    if names.is_empty() || host.identity().uid != 0 {
        return Ok(());
    }
    let command = quietly(Command::new(["apt-mark", "manual"]).args(names));
    host.refresh("apt marks", |backend| run(backend, &command).map(drop))
}

/// Whether earlier tasks of a dry run would have brought package lists other than those that are there, and how.
fn outdated_lists(host: &System) -> Option<Unknown> {
    if host.would_change_below(Path::new("/etc/apt")) {
        return Some(Unknown::new(
            "an earlier task changes where packages come from, and a dry run does not fetch package lists",
        ));
    }
    host.would_be_refreshed(LISTS).then(|| Unknown::new("a dry run does not fetch package lists"))
}

/// When the package lists were fetched.
fn lists_time(host: &mut System) -> Result<SystemTime> {
    if host.would_be_refreshed(LISTS) {
        return Ok(host.now());
    }
    for path in [UPDATE_STAMP, LISTS_FOLDER] {
        if let Some(metadata) = host.stat(Path::new(path))?.metadata {
            return Ok(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(metadata.modified.max(0.0)));
        }
    }
    Ok(SystemTime::UNIX_EPOCH)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What the packages that would be installed bring with them: they are downloaded and looked into.
fn look_ahead(
    host: &mut System,
    new: &[(String, String)],
    archive: Option<&(String, PathBuf)>,
) -> Result<Vec<PendingPackage>> {
    let mut pending = Vec::new();
    let mut wanted = Vec::new();
    for (name, version) in new {
        match archive.filter(|(own, _)| own == name) {
            Some((_, path)) => pending.push(host.look_into_debian_archive(name, path)?),
            None => wanted.push((name.as_str(), format!("{name}={version}"))),
        }
    }
    if wanted.is_empty() {
        return Ok(pending);
    }
    let mut download =
        quietly(Command::new(["apt-get", "download"]).args(wanted.iter().map(|(_, argument)| argument)));
    let downloaded = host.with_temporary_directory(|host, folder| {
        download = download.clone().directory(folder);
        host.query(&download)?;
        let archives = host.list(folder)?;
        let mut packages = Vec::new();
        for (name, _) in &wanted {
            // NAME_VERSION_ARCHITECTURE.deb; of what could not be had only the name is known.
            let (plain, architecture) = name.split_once(':').unwrap_or((name, ""));
            let is_its = |archive: &&String| {
                archive.strip_prefix(plain).is_some_and(|rest| {
                    rest.starts_with('_') && rest.ends_with(&format!("{architecture}.deb"))
                })
            };
            packages.push(match archives.iter().find(is_its) {
                Some(archive) => host.look_into_debian_archive(name, &folder.join(archive))?,
                None => PendingPackage::new(*name),
            });
        }
        Ok(packages)
    })?;
    pending.extend(downloaded);
    Ok(pending)
}

/// One line of a simulation: a package that would be installed or removed.
#[derive(Debug, PartialEq)]
struct Step {
    name: String,
    /// The version that would be there; `None` if the package would be gone.
    after: Option<String>,
}

impl Step {
    /// `Inst NAME [OLD] (NEW ORIGIN [ARCHITECTURE])`, `Remv NAME [OLD]` or `Purg NAME [OLD]`.
    fn parse(line: &str) -> Option<Step> {
        let (verb, rest) = line.split_once(' ')?;
        let name = rest.split_whitespace().next()?.to_owned();
        match verb {
            "Inst" => {
                let (_, new) = rest.split_once(" (")?;
                Some(Step { name, after: Some(new.split([' ', ')']).next()?.to_owned()) })
            }
            "Remv" | "Purg" => Some(Step { name, after: None }),
            _ => None,
        }
    }
}

/// In words that can be read by a program, and without questions.
fn quietly(command: Command) -> Command {
    let environment = [
        ("LC_ALL", "C"),
        ("LANG", "C"),
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("DEBIAN_PRIORITY", "critical"),
        ("APT_LISTCHANGES_FRONTEND", "none"),
    ];
    environment.into_iter().fold(command, |command, (name, value)| command.env(name, value))
}

fn run(backend: &mut dyn Backend, command: &Command) -> Result<Output> {
    let output = backend
        .run(command)
        .map_err(|error| Error::failed(format!("can't run {}: {error}", command.program())))?;
    if output.success() { Ok(output) } else { Err(explain(&output)) }
}

fn fetch_lists(backend: &mut dyn Backend, command: &Command, tries: u32, longest: u64) -> Result<()> {
    let mut outcome = Ok(());
    for attempt in 0..tries {
        if attempt > 0 {
            let pause = 2_u64.saturating_pow(attempt - 1).min(longest);
            run(backend, &Command::new(["sleep".to_owned(), pause.to_string()]))?;
        }
        // Lists that can't be fetched are no failure to apt-get: it goes on with the old ones.
        outcome = run(backend, command).and_then(|output| {
            match output.stderr().contains("Some index files failed to download") {
                true => Err(with_output(Error::failed(summary(&output)), &output)),
                false => Ok(()),
            }
        });
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(|error| error.context("can't fetch the package lists"))
}

/// With a policy that keeps services as they are while packages are installed.
fn with_policy<T>(
    backend: &mut dyn Backend,
    code: Option<i32>,
    work: impl FnOnce(&mut dyn Backend) -> Result<T>,
) -> Result<T> {
    let Some(code) = code else { return work(backend) };
    let path = Path::new(POLICY_PROGRAM);
    let failed = |error| Error::io("can't put a policy at", path, error);
    let before = match backend.metadata(path).map_err(failed)? {
        Some(found) => Some((backend.read(path).map_err(failed)?, found)),
        None => None,
    };
    backend.write(path, format!("#!/bin/sh\nexit {code}\n").as_bytes(), 0o755, 0, 0).map_err(failed)?;
    let outcome = work(backend);
    match before {
        Some((content, found)) => backend.write(path, &content, found.permissions, found.owner, found.group),
        None => backend.remove(path),
    }
    .map_err(|error| Error::io("can't put back", path, error))?;
    outcome
}

/// The message is one that playbooks look for in results, so it starts with a capital letter.
fn no_package(name: &str) -> Error {
    Error::failed(format!(
        "No package matching '{name}' is available; if the package lists are old, 'update_cache: true' fetches them"
    ))
}

/// apt-get's failure in words that say what to do.
fn explain(output: &Output) -> Error {
    let text = format!("{}\n{}", output.stdout(), output.stderr());
    let between = |before: &str, after: &str| {
        let (_, rest) = text.split_once(before)?;
        Some(rest.split(after).next().unwrap_or_default().trim().to_owned())
    };
    let advised = |advice: &str| Error::failed(format!("{}; {advice}", summary(output)));
    let says = |words: &str| text.contains(words);
    let error = if let Some(name) = between("Unable to locate package ", "\n") {
        no_package(&name)
    } else if let Some(name) = between("E: Package '", "' has no installation candidate") {
        no_package(&name)
    } else if says("is not available, so is not installed") || says(" was not found") && says("E: Version '")
    {
        advised("`apt-cache policy` shows which versions there are")
    } else if says("Could not get lock") {
        advised("another program is changing packages, and 'lock_timeout' says how long to wait for it")
    } else if says("are you root?") {
        advised("use 'become: true'")
    } else if says("Held packages were changed") {
        advised("'allow_change_held_packages: true' allows it")
    } else if says("Packages were downgraded") {
        advised("'allow_downgrade: true' allows it")
    } else if says("unauthenticated packages") || says("cannot be authenticated") {
        advised("'allow_unauthenticated: true' allows it")
    } else if says("Packages need to be removed but remove is disabled") {
        advised("'fail_on_autoremove: false' allows it")
    } else {
        Error::failed(summary(output))
    };
    with_output(error, output)
}

fn with_output(error: Error, output: &Output) -> Error {
    error.with("rc", output.code).with("stdout", output.stdout()).with("stderr", output.stderr())
}

/// The lines that say what is wrong.
fn summary(output: &Output) -> String {
    let text = format!("{}\n{}", output.stderr(), output.stdout());
    let told = |mark: &str| {
        text.lines().filter_map(|line| line.strip_prefix(mark)).map(str::trim).collect::<Vec<_>>().join("; ")
    };
    let errors = match told("E: ") {
        errors if errors.is_empty() => told("W: "),
        errors => errors,
    };
    match (errors.is_empty(), output.stderr().trim()) {
        (false, _) => format!("apt-get: {errors}"),
        (true, "") => format!("apt-get failed with exit code {}", output.code),
        (true, stderr) => format!("apt-get: {stderr}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulations_are_understood() {
        let step = |line: &str| Step::parse(line).map(|step| (step.name, step.after));
        let inst = |name: &str, version: &str| Some((name.to_owned(), Some(version.to_owned())));
        assert_eq!(step("Inst nginx (1.22.1-9 Debian:12/stable [amd64])"), inst("nginx", "1.22.1-9"));
        assert_eq!(
            step("Inst libc6:i386 [2.36-8] (2.36-9 Debian:12 [i386]) []"),
            inst("libc6:i386", "2.36-9")
        );
        assert_eq!(step("Remv curl [7.88] [libc:amd64 ]"), Some(("curl".into(), None)));
        assert_eq!(step("Purg curl [7.88]"), Some(("curl".into(), None)));
        assert_eq!(step("Conf nginx (1.22.1-9 Debian:12/stable [amd64])"), None);
    }
}
