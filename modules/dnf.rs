use std::path::{Path, PathBuf};

use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{
    Error, Foresight, Packages, PendingPackage, Result, RpmDatabase, RpmPackage, System, matches_pattern,
    name_in_root,
};
use value::{Unknown, Value};

use program::{Generation, Program};
use transaction::{Step, explain, is_about_packages, is_locked, steps};
use wanted::{Wanted, archive};

mod listing;
mod program;
mod transaction;
mod wanted;

/// Installs, upgrades and removes packages with dnf, of generation 4 or 5.
///
/// A package that is installed already costs no call of dnf. A dry run asks dnf what it would do, with the repositories
/// that earlier tasks would have made, and looks into the packages that would be installed, so that later tasks find
/// their files; dnf keeps its lists and logs in a private folder meanwhile. Under the names `dnf5` and `yum` it is the
/// same module.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dnf {
    /// Packages: by name, `nginx`, with a version, `nginx-1.26.2`, compared, `nginx >= 1.26`, with an architecture,
    /// `glibc.i686`, as a pattern, `php-*`, by a file in them, `/usr/bin/vi`; groups and modules, `@web-server`; and
    /// package archives, by path or address. `*` with `state: latest` upgrades everything.
    #[serde(default)]
    #[schemars(extend("aliases" = ["pkg"]))]
    pub(crate) name: Vec<String>,
    /// What should be there; left out, `present`, or, with `autoremove`, `absent`.
    pub(crate) state: Option<State>,
    /// Only tell of packages: `installed`, `updates`, `available`, `repos`, or a name or pattern.
    list: Option<String>,
    /// Remove packages that were installed as dependencies only and are needed no more. With `state: absent`: those of
    /// the packages that go.
    #[serde(default)]
    pub(crate) autoremove: bool,
    /// Fetch the lists of packages anew.
    #[serde(default)]
    #[schemars(extend("aliases" = ["expire-cache"]))]
    pub(crate) update_cache: bool,
    /// With `state: latest`: upgrade what is installed, and install nothing new.
    #[serde(default)]
    update_only: bool,
    /// With `state: latest`: only versions that mend faults.
    #[serde(default)]
    bugfix: bool,
    /// With `state: latest`: only versions that close security holes.
    #[serde(default)]
    security: bool,
    /// Allow going back to an older version.
    #[serde(default)]
    allow_downgrade: bool,
    /// Remove packages that are in the way.
    #[serde(default)]
    allowerasing: bool,
    /// Leave out what is not there or can't be installed.
    #[serde(default)]
    skip_broken: bool,
    /// Whether it is a failure if the newest version can't be installed; left out, dnf's own setting decides.
    best: Option<bool>,
    /// The opposite of `best`.
    nobest: Option<bool>,
    /// Install what packages recommend as well.
    #[serde(default = "yes")]
    install_weak_deps: bool,
    /// The folder that is the root of what packages are installed in.
    installroot: Option<HostPath>,
    /// The release to take packages for.
    releasever: Option<String>,
    /// Repositories that are used though they are switched off.
    #[serde(default)]
    enablerepo: Vec<String>,
    /// Repositories that are not used.
    #[serde(default)]
    disablerepo: Vec<String>,
    /// Packages that are left out.
    #[serde(default)]
    exclude: Vec<String>,
    /// Which settings that leave out packages do not count: `all`, `main` or those of a repository.
    disable_excludes: Option<String>,
    /// Plugins of dnf that are used.
    #[serde(default)]
    enable_plugin: Vec<String>,
    /// Plugins of dnf that are not used.
    #[serde(default)]
    disable_plugin: Vec<String>,
    /// The configuration file of dnf.
    conf_file: Option<HostPath>,
    /// Fetch no lists: those that are there must do.
    #[serde(default)]
    cacheonly: bool,
    /// Do not check signatures of packages.
    #[serde(default)]
    disable_gpg_check: bool,
    /// For addresses of `https`: whether certificates of the repositories' servers are checked.
    #[serde(default = "yes")]
    sslverify: bool,
    /// For packages with an address of `https`: whether the server's certificate is checked.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// Fetch the packages, and do not install them.
    #[serde(default)]
    download_only: bool,
    /// The folder for the packages that `download_only` fetches.
    download_dir: Option<HostPath>,
    /// How many seconds to wait while another program has dnf locked; dnf 5 waits as long as it takes.
    #[serde(default = "thirty")]
    lock_timeout: i64,
    /// Which generation of dnf is called.
    #[serde(default)]
    use_backend: Backend,
    /// Accepted for compatibility: nothing has to be installed on the host.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    auto_install_module_deps: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// The packages are not installed.
    Absent,
    /// The packages are installed.
    Present,
    /// The packages are installed.
    Installed,
    /// The packages are not installed.
    Removed,
    /// The packages are installed, in the newest version that there is.
    Latest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    /// The one that the host calls dnf.
    #[default]
    #[serde(alias = "yum")]
    Auto,
    /// dnf 4.
    #[serde(alias = "dnf", alias = "yum4")]
    Dnf4,
    /// dnf 5.
    Dnf5,
}

fn yes() -> bool {
    true
}

fn thirty() -> i64 {
    30
}

impl Arguments for Dnf {
    const NAME: &'static str = "dnf";
    const EXAMPLES: &'static str = r#"
- name: A web server
  dnf:
    name: nginx

- name: In a certain version, or a newer one
  dnf:
    name: "postgresql-server >= 16"
    enablerepo: [pgdg16]

- name: A package of the maker
  dnf:
    name: https://packages.example.org/agent-2.1.x86_64.rpm
    disable_gpg_check: true

- name: Everything up to date
  dnf:
    name: "*"
    state: latest
"#;
}

impl Module for Dnf {
    fn run(mut self, host: &mut System) -> Result<Outcome> {
        self.name.retain(|name| !name.trim().is_empty());
        if self.autoremove && !matches!(self.state, None | Some(State::Absent | State::Removed)) {
            // Playbooks look for these words.
            return Err(Error::failed("Autoremove should be used alone or with state=absent"));
        }
        let program = Program::find(host, &self)?;
        if let Some(what) = &self.list {
            return self.tell(host, &program, what);
        }
        let database = host.rpm_database(&program.root)?;
        let request = self.request(host, &program, &database)?;
        let Some(mut request) = request else {
            if self.update_cache && self.name.is_empty() {
                self.fetch_lists(host, &program)?;
                return Ok(result("Cache updated", Vec::new()));
            }
            return Ok(result("Nothing to do", Vec::new()));
        };
        if self.update_cache {
            request.words.insert(1, "--refresh".to_owned());
        }
        self.settle(host, &program, &database, &request)
    }
}

fn result(message: &str, results: Vec<Value>) -> Outcome {
    Outcome::new().with("msg", message).with("rc", 0).with("results", Value::list(results))
}

/// What dnf is asked for.
struct Request {
    /// The verb, its options, and what it is about.
    words: Vec<String>,
    /// Packages that are not installed and should be, by name, if that is plain.
    installs: Vec<String>,
    /// Packages that are installed and should not be.
    removes: Vec<RpmPackage>,
    /// Archives on the host that are to be installed.
    archives: Vec<(RpmPackage, PathBuf)>,
    has_addresses: bool,
}

impl Request {
    fn of(words: Vec<String>) -> Request {
        Request {
            words,
            installs: Vec::new(),
            removes: Vec::new(),
            archives: Vec::new(),
            has_addresses: false,
        }
    }
}

impl Dnf {
    /// What `package` asks of it.
    pub(crate) fn of(name: Vec<String>, state: State, use_backend: Backend) -> Dnf {
        Dnf {
            name,
            state: Some(state),
            use_backend,
            install_weak_deps: true,
            sslverify: true,
            validate_certs: true,
            lock_timeout: thirty(),
            ..Dnf::default()
        }
    }

    fn fetch_lists(&self, host: &mut System, program: &Program) -> Result<()> {
        let command = program.call(&["makecache".to_owned(), "--refresh".to_owned()]);
        host.refresh("dnf lists", |backend| {
            let output = backend
                .run(&command)
                .map_err(|error| Error::failed(format!("can't run {}: {error}", command.program())))?;
            if output.success() { Ok(()) } else { Err(explain(&output)) }
        })
    }

    /// What there is to ask dnf for; nothing if all is as it should be.
    fn request(
        &self,
        host: &mut System,
        program: &Program,
        database: &RpmDatabase,
    ) -> Result<Option<Request>> {
        let wanted = self.name.iter().map(|name| name.trim());
        if wanted.clone().any(|name| name == "*") && self.state == Some(State::Latest) {
            return Ok(Some(Request::of(self.words("upgrade", program, Vec::new()))));
        }
        let wanted: Vec<Wanted> = wanted.map(Wanted::parse).collect::<Result<_>>()?;
        if wanted.is_empty() {
            let words = self.autoremove.then(|| self.words("autoremove", program, Vec::new()));
            return Ok(words.map(Request::of));
        }
        match self.state {
            Some(State::Absent | State::Removed) => self.removal(program, database, &wanted),
            None if self.autoremove => self.removal(program, database, &wanted),
            Some(State::Latest) => self.installation(host, program, database, wanted, true),
            _ => self.installation(host, program, database, wanted, false),
        }
    }

    fn removal(
        &self,
        program: &Program,
        database: &RpmDatabase,
        wanted: &[Wanted],
    ) -> Result<Option<Request>> {
        let mut removes: Vec<RpmPackage> = Vec::new();
        let mut words = Vec::new();
        for wanted in wanted {
            match wanted {
                Wanted::Named(text) => {
                    let found = database.called(text).filter(|package| !removes.contains(package));
                    removes.extend(found.cloned().collect::<Vec<_>>());
                }
                Wanted::Group(text) => words.push(text.clone()),
                Wanted::Compared { .. } | Wanted::Archive(_) | Wanted::Address(_) => {
                    return Err(Error::failed("packages are removed by name"));
                }
            }
        }
        words.extend(removes.iter().map(RpmPackage::full_name));
        if words.is_empty() {
            return Ok(None);
        }
        Ok(Some(Request { removes, ..Request::of(self.words("remove", program, words)) }))
    }

    fn installation(
        &self,
        host: &mut System,
        program: &Program,
        database: &RpmDatabase,
        wanted: Vec<Wanted>,
        newest: bool,
    ) -> Result<Option<Request>> {
        let mut request = Request::of(Vec::new());
        let mut words = Vec::new();
        for wanted in &wanted {
            if newest && self.update_only && !wanted.is_installed(host, database)? {
                continue;
            }
            if wanted.is_satisfied(host, database, &program.root, newest, self.allow_downgrade)? {
                continue;
            }
            match wanted {
                Wanted::Named(name) => request.installs.push(name.clone()),
                Wanted::Compared { name, .. } => request.installs.push(name.clone()),
                Wanted::Archive(path) => {
                    let package = archive(host, path)?;
                    let path = path.expand(host)?;
                    self.check_signature(host, &path)?;
                    request.archives.push((package, path));
                }
                Wanted::Address(_) => request.has_addresses = true,
                Wanted::Group(_) => {}
            }
            words.push(wanted.argument(host)?);
        }
        if words.is_empty() {
            return Ok(None);
        }
        request.installs.retain(|name| {
            database.called(name).next().is_none() && !name.contains(['*', '?', '[', '/', '('])
        });
        let verb =
            if newest && (self.update_only || self.security || self.bugfix) { "upgrade" } else { "install" };
        request.words = self.words(verb, program, words);
        Ok(Some(request))
    }

    /// That an archive on the host is signed, which dnf would look at last.
    fn check_signature(&self, host: &mut System, archive: &Path) -> Result<()> {
        if self.disable_gpg_check {
            return Ok(());
        }
        let path = archive.to_string_lossy();
        let checked =
            host.query(&system::Command::new(["rpm", "--checksig", &path]).env("LC_ALL", "C.UTF-8"))?;
        let said = checked.stdout().to_lowercase();
        let said = said.rsplit(':').next().unwrap_or_default();
        let is_signed = ["signatures", "pgp", "gpg", "rsa", "dsa"].iter().any(|word| said.contains(word));
        match checked.success() && is_signed {
            true => Ok(()),
            // Playbooks look for these words.
            false => Err(Error::failed(format!(
                "Failed to validate GPG signature for {path}: it is not signed with a key that the host knows; 'disable_gpg_check: true' allows that"
            ))
            .with("rc", 1)),
        }
    }

    /// The verb, its options, and what it is about.
    fn words(&self, verb: &str, program: &Program, about: Vec<String>) -> Vec<String> {
        let five = program.generation == Generation::Five;
        let mut words = vec![verb.to_owned()];
        let mut flag = |given: bool, name: &str| words.extend(given.then(|| name.to_owned()));
        let installs = matches!(verb, "install" | "upgrade");
        flag(installs && self.allowerasing, "--allowerasing");
        flag(installs && self.skip_broken, "--skip-broken");
        flag(installs && self.skip_broken && five, "--skip-unavailable");
        flag(verb == "upgrade" && self.security, "--security");
        flag(verb == "upgrade" && self.bugfix, "--bugfix");
        words.extend(about);
        words
    }

    /// Asks dnf what it would do, and settles the host so.
    fn settle(
        &self,
        host: &mut System,
        program: &Program,
        database: &RpmDatabase,
        request: &Request,
    ) -> Result<Outcome> {
        let outdated = match (program.repositories_would_change(host), host.may_fetch_lists()) {
            (true, _) => Some("an earlier task changes where packages come from, and that is not there yet"),
            (false, false) => Some("package lists are only fetched with '--predict=exact'"),
            (false, true) => None,
        };
        let outdated = outdated.map(Unknown::new);
        let steps = match self.ask(host, program, database, request) {
            Err(Error::Unknown(cause)) if !request.installs.is_empty() => {
                return settle_unknown(host, program, database, request, &cause);
            }
            steps => steps,
        };
        let steps = match (steps, outdated) {
            // Which packages there are is known only if all repositories could be read.
            (Err(error), Some(cause)) if !is_about_packages(&error) && !request.installs.is_empty() => {
                return settle_unknown(host, program, database, request, &cause);
            }
            (steps, _) => steps?,
        };
        let after = self.after(database, request, &steps);
        let mut names: Vec<&str> =
            database.iter().chain(after.iter()).map(|package| package.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| database.versions(name) != after.versions(name));
        let of = |database: &RpmDatabase| {
            let versions =
                names.iter().map(|name| (name_in_root(name, &program.root), database.versions(name)));
            Packages { versions: versions.collect(), ..Packages::of("dnf") }
        };
        let (now, want) = (of(database), of(&after));
        if names.is_empty() {
            return Ok(result("Nothing to do", Vec::new()));
        }
        host.require_root("change packages")?;
        let results = self.results(database, &after);
        if self.download_only {
            return self.download(host, program, request, results);
        }
        let new: Vec<&RpmPackage> =
            after.iter().filter(|package| database.versions(&package.name).is_null()).collect();
        host.expect_packages(|host| self.look_ahead(host, program, request, &new))?;
        host.settle_by(&now, want, |backend, _, _| self.call(backend, program, &request.words))?;
        Ok(result("", results))
    }

    /// What dnf says that it would do.
    fn ask(
        &self,
        host: &mut System,
        program: &Program,
        database: &RpmDatabase,
        request: &Request,
    ) -> Result<Vec<Step>> {
        let mut question = request.words.clone();
        if program.generation == Generation::Four {
            question.push("--debuglevel=5".into());
        }
        // Packages that are only predicted must be in dnf's reckoning as well; one that came from an archive is in none of
        // its lists.
        let predicted = database.predicted();
        if question.first().is_some_and(|verb| verb == "install") && !predicted.is_empty() {
            let names = predicted.iter().map(RpmPackage::full_name);
            let all: Vec<String> = question.iter().cloned().chain(names).collect();
            let output = program.ask(host, self, &["--assumeno"], &all)?;
            let told = format!("{}{}", output.stdout(), output.stderr());
            if !predicted.iter().any(|package| told.contains(&format!("argument: {}", package.full_name()))) {
                return steps(&output, program.generation);
            }
        }
        let output = program.ask(host, self, &["--assumeno"], &question)?;
        steps(&output, program.generation)
    }

    /// The packages that there would be.
    fn after(&self, database: &RpmDatabase, request: &Request, steps: &[Step]) -> RpmDatabase {
        let mut after = database.clone();
        for step in steps {
            match step {
                Step::Remove(package) => after.remove(package),
                Step::Install(package) => {
                    // Of most packages there is one version only, and it goes for another; dnf 4 does not say so.
                    let is_replaced = |found: &&RpmPackage| {
                        found.name == package.name
                            && found.architecture == package.architecture
                            && !is_kept_beside(&found.name)
                    };
                    let replaced: Vec<RpmPackage> = after.iter().filter(is_replaced).cloned().collect();
                    replaced.iter().for_each(|found| after.remove(found));
                    if !after.iter().any(|found| found == package) {
                        after.add(package.clone());
                    }
                }
            }
        }
        // What a dry run has only predicted dnf can't remove.
        request.removes.iter().for_each(|package| after.remove(package));
        after
    }

    /// What came of each package, as playbooks look at it.
    fn results(&self, before: &RpmDatabase, after: &RpmDatabase) -> Vec<Value> {
        let verb = if self.download_only { "Downloaded" } else { "Installed" };
        let is_in =
            |database: &RpmDatabase, package: &RpmPackage| database.iter().any(|found| found == package);
        let mut new: Vec<&RpmPackage> = after.iter().filter(|package| !is_in(before, package)).collect();
        let mut gone: Vec<&RpmPackage> = before.iter().filter(|package| !is_in(after, package)).collect();
        new.sort_by(|left, right| left.name.cmp(&right.name));
        gone.sort_by(|left, right| left.name.cmp(&right.name));
        let told = |verb: &str, packages: Vec<&RpmPackage>| {
            let line = |package: &RpmPackage| Value::from(format!("{verb}: {}", package.full_name()));
            packages.into_iter().map(line).collect::<Vec<_>>()
        };
        let mut results = told(verb, new);
        results.extend(told("Removed", gone));
        results
    }

    /// Calls dnf, and waits while another program has it locked.
    fn call(&self, backend: &mut dyn system::Backend, program: &Program, words: &[String]) -> Result<()> {
        let command = program.call(words);
        let mut left = self.lock_timeout.max(0);
        loop {
            let output = backend
                .run(&command)
                .map_err(|error| Error::failed(format!("can't run {}: {error}", command.program())))?;
            if output.success() {
                return Ok(());
            }
            if !is_locked(&output) || left == 0 {
                return Err(explain(&output));
            }
            left -= 1;
            backend.pause(std::time::Duration::from_secs(1));
        }
    }

    fn download(
        &self,
        host: &mut System,
        program: &Program,
        request: &Request,
        results: Vec<Value>,
    ) -> Result<Outcome> {
        let mut words = request.words.clone();
        words.push("--downloadonly".to_owned());
        let mut place = "the cache of dnf".to_owned();
        if let Some(folder) = &self.download_dir {
            place = folder.expand(host)?.to_string_lossy().into_owned();
            words.push(format!("--setopt=destdir={place}"));
        }
        host.act("package archives", &place, "download", |backend| self.call(backend, program, &words))?;
        Ok(result("", results))
    }

    /// What the packages that would be installed bring with them: they are downloaded and looked into.
    fn look_ahead(
        &self,
        host: &mut System,
        program: &Program,
        request: &Request,
        new: &[&RpmPackage],
    ) -> Result<Vec<PendingPackage>> {
        let mut pending = Vec::new();
        let mut wanted: Vec<&RpmPackage> = Vec::new();
        for package in new {
            match request.archives.iter().find(|(own, _)| own == *package) {
                Some((_, path)) if host.foresight() != Foresight::Off => {
                    let name = name_in_root(&package.name, &program.root);
                    pending.push(host.look_into_rpm_archive(&name, path, &program.root)?);
                }
                _ => wanted.push(package),
            }
        }
        if wanted.is_empty() {
            return Ok(pending);
        }
        if host.foresight() != Foresight::Exact {
            let unseen = wanted.iter().map(|package| name_in_root(&package.name, &program.root));
            pending.extend(unseen.map(PendingPackage::new));
            return Ok(pending);
        }
        let found = host.with_temporary_directory(|host, folder| {
            let mut words = match request.has_addresses {
                true => request.words.clone(),
                false => {
                    let names = wanted.iter().map(|package| package.full_name()).collect();
                    self.words("install", program, names)
                }
            };
            words.push("--downloadonly".to_owned());
            words.push(format!("--setopt=destdir={}", folder.display()));
            program.ask(host, self, &["-y"], &words)?;
            let archives = host.list(folder)?;
            let mut packages = Vec::new();
            for package in &wanted {
                let name = name_in_root(&package.name, &program.root);
                let RpmPackage { name: plain, version, release, architecture, .. } = package;
                let archive = format!("{plain}-{version}-{release}.{architecture}.rpm");
                // Of what could not be had only the name is known.
                packages.push(match archives.iter().find(|found| **found == archive) {
                    Some(archive) => {
                        host.look_into_rpm_archive(&name, &folder.join(archive), &program.root)?
                    }
                    None => PendingPackage::new(name),
                });
            }
            Ok(packages)
        })?;
        pending.extend(found);
        Ok(pending)
    }
}

/// Whether several versions of a package are kept beside each other, as dnf's setting `installonlypkgs` has it by default.
fn is_kept_beside(name: &str) -> bool {
    ["kernel", "kernel-core", "kernel-modules*", "kernel-devel*", "kernel-PAE*", "kernel-rt*", "gpg-pubkey"]
        .iter()
        .any(|pattern| matches_pattern(pattern, name))
}

/// A dry run that knows no more than that these packages are not installed and would be.
fn settle_unknown(
    host: &mut System,
    program: &Program,
    database: &RpmDatabase,
    request: &Request,
    cause: &Unknown,
) -> Result<Outcome> {
    host.require_root("change packages")?;
    let (mut now, mut want) = (Packages::of("dnf"), Packages::of("dnf"));
    for name in &request.installs {
        let key = name_in_root(name, &program.root);
        now.versions.insert(key.clone(), database.versions(name));
        want.versions.insert(key, cause.clone().into());
    }
    let pending =
        request.installs.iter().map(|name| PendingPackage::new(name_in_root(name, &program.root))).collect();
    host.expect_packages(|_| Ok(pending))?;
    host.settle(&now, want)?;
    Ok(Outcome::new().with("msg", "").with("rc", 0).with("results", cause.clone()))
}
