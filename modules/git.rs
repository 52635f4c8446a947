use std::collections::BTreeSet;
use std::path::Path;

use module::{Arguments, HostPath, Mode, Module, NewContent, Outcome, make_directories, mutually_exclusive};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Content, Error, Foresight, Identity, Kind, PendingPackage, Result, State, System};
use value::{Unknown, Value};

mod program;
mod signature;
mod submodules;
mod target;
mod update;
mod working_copy;

use program::Program;
use target::Target;
use update::Update;
use working_copy::WorkingCopy;

/// Brings a copy of a git repository to the version that is wanted, and makes the copy if there is none.
///
/// The host needs the program `git`. A dry run asks the repository which commit the version is, and changes nothing; it
/// can't know a commit that is written with some of its digits only, nor whether a commit that is not there yet is signed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Git {
    /// The repository's address. A password in it reaches git as a credential: it is not kept in the copy.
    #[schemars(extend("aliases" = ["name"]))]
    repo: String,
    /// Where the copy goes; it need not be given with `clone: false`.
    dest: Option<HostPath>,
    /// A branch, a tag or a commit; `HEAD` is the branch that the repository has as its usual one.
    #[serde(default = "head")]
    version: String,
    /// What the copy calls the repository.
    #[serde(default = "origin")]
    remote: String,
    /// What is to be fetched as well, as in git-fetch(1).
    refspec: Option<String>,
    /// Throw away changes that were made in the copy; without it they are a failure. Tags that have moved are taken over.
    #[serde(default)]
    force: bool,
    /// How many commits of the history are fetched; everything if it is less than 1. For branches and tags.
    depth: Option<i64>,
    /// Make a copy if there is none.
    #[serde(default = "yes")]
    clone: bool,
    /// Bring a copy that is there to the version.
    #[serde(default = "yes")]
    update: bool,
    /// A copy of the repository alone, without a working tree.
    #[serde(default)]
    bare: bool,
    /// Whether the submodules come with it.
    #[serde(default = "yes")]
    recursive: bool,
    /// Fetch the one branch or tag only.
    #[serde(default)]
    single_branch: bool,
    /// Bring submodules to what their branches have now, instead of the commits that the repository names.
    #[serde(default)]
    track_submodules: bool,
    /// A file on the host with the private key to log in with.
    key_file: Option<HostPath>,
    /// Options for ssh.
    ssh_opts: Option<String>,
    /// Trust the server whatever key it has.
    #[serde(default)]
    accept_hostkey: bool,
    /// Trust the server if no key of it is known yet.
    #[serde(default)]
    accept_newhostkey: bool,
    /// The file mode creation mask for what git makes, in octal digits.
    umask: Option<String>,
    /// The git program, if it is not the one in `PATH`.
    executable: Option<HostPath>,
    /// A repository on the host to borrow objects from when the copy is made.
    reference: Option<String>,
    /// Where the repository of the copy is kept, apart from the working tree.
    separate_git_dir: Option<HostPath>,
    /// Write the version to this archive; its name ends in `.zip`, `.tar`, `.tar.gz` or `.tgz`.
    archive: Option<HostPath>,
    /// What stands before each path in the archive.
    archive_prefix: Option<String>,
    /// The commit or tag must have a signature that gpg verifies.
    #[serde(default)]
    verify_commit: bool,
    /// With `verify_commit`: fingerprints of the keys that count; all that gpg has if there are none.
    #[serde(default)]
    gpg_allowlist: Vec<String>,
}

fn head() -> String {
    "HEAD".into()
}

fn origin() -> String {
    "origin".into()
}

fn yes() -> bool {
    true
}

impl Arguments for Git {
    const NAME: &'static str = "git";
    const EXAMPLES: &'static str = r#"
- name: The release
  git:
    repo: https://git.example.org/shop.git
    dest: /srv/shop
    version: v4.2

- name: Is there anything new?
  git:
    repo: https://git.example.org/shop.git
    dest: /srv/shop
    clone: false
    update: false
  register: shop
"#;
}

impl Module for Git {
    fn run(self, host: &mut System) -> Result<Outcome> {
        mutually_exclusive(&[("separate_git_dir", self.separate_git_dir.is_some()), ("bare", self.bare)])?;
        mutually_exclusive(&[
            ("accept_hostkey", self.accept_hostkey),
            ("accept_newhostkey", self.accept_newhostkey),
        ])?;
        // Playbooks look for the words of the failures.
        if self.archive_prefix.is_some() && self.archive.is_none() {
            return Err(Error::failed("missing parameter(s) required by 'archive_prefix': archive"));
        }
        match self.carry_out(host) {
            // git itself, or the repository, is still to come; that a new copy will be made is known all the same.
            Err(Error::Unknown(unknown)) => self.foresee(host, unknown),
            outcome => outcome,
        }
    }
}

impl Git {
    fn carry_out(&self, host: &mut System) -> Result<Outcome> {
        let program = Program::of(self, host)?;
        let Some(dest) = &self.dest else {
            if self.clone {
                return Err(Error::failed("the destination directory must be specified unless clone=no"));
            }
            return self.only_ask(host, &program);
        };
        let dest = dest.expand(host)?;
        let (now, _) = WorkingCopy::look(host, &program, self, &dest)?;
        let mut outcome = Outcome::new();
        if now.is_absent() {
            if !self.clone {
                return self.only_ask(host, &program);
            }
            self.bring_to(host, &program, &dest, &now)?;
        } else if self.update {
            if now.modified && !self.force {
                let message =
                    format!("Local modifications exist in the destination: {} (force=no).", dest.display());
                return Err(Error::failed(message).with("before", now.commit));
            }
            if now.modified {
                let message = format!("Local modifications exist in the destination: {}", dest.display());
                outcome = outcome.with("msg", message);
            }
            let want = self.bring_to(host, &program, &dest, &now)?;
            outcome = outcome.with("remote_url_changed", want.address != now.address);
            if want.git_dir != now.git_dir {
                outcome = outcome
                    .with("git_dir_before", now.git_dir.as_deref())
                    .with("git_dir_now", want.git_dir.as_deref());
            }
        }
        let (after, is_predicted) = WorkingCopy::look(host, &program, self, &dest)?;
        if let Some(archive) = &self.archive {
            let path = archive.expand(host)?;
            self.write_archive(
                host,
                &program,
                &dest,
                &path,
                after.commit.as_deref().filter(|_| !is_predicted),
            )?;
        }
        Ok(outcome.with("before", now.commit).with("after", told(host, after.commit)))
    }
}

/// A commit as results have it. A dry run can't know all its digits if the playbook only writes some.
fn told(host: &System, commit: Option<String>) -> Value {
    match commit {
        Some(commit) if !target::is_commit(&commit) => Value::from(
            host.caused(Unknown::new(format!("which commit '{commit}' is: it has not been fetched yet"))),
        ),
        commit => commit.into(),
    }
}

impl Git {
    /// What can be said before anything can be asked: only that a copy is new.
    fn foresee(&self, host: &mut System, unknown: Unknown) -> Result<Outcome> {
        let Some(dest) = self.dest.as_ref().filter(|_| self.clone) else { return Err(unknown.into()) };
        let dest = dest.expand(host)?;
        if host.follow(&dest)?.is_some() {
            return Err(unknown.into());
        }
        make_directories(host, &dest, None, None, None)?;
        let Identity { uid, gid, .. } = host.identity();
        host.expect_package(PendingPackage::folder(&dest, uid, gid));
        Ok(Outcome::new().with("before", Value::Null).with("after", host.caused(unknown)))
    }

    /// In a dry run: what a new copy will have in it.
    fn look_ahead(
        &self,
        host: &mut System,
        program: &Program,
        dest: &Path,
        target: &Target,
    ) -> Result<Vec<PendingPackage>> {
        let Identity { uid, gid, .. } = host.identity();
        let mut pending = PendingPackage::folder(dest, uid, gid);
        let commit = target.commit.as_deref().filter(|commit| target::is_commit(commit));
        let Some(commit) = commit.filter(|_| host.foresight() == Foresight::Exact && !self.bare) else {
            return Ok(vec![pending]);
        };
        let folder = host.kept_directory("git")?.join(commit);
        let copy = folder.to_string_lossy().into_owned();
        let mut words = vec!["clone", "--quiet", "--bare"];
        let name = target
            .branch()
            .map(str::to_owned)
            .or_else(|| Some(target.tag()?.trim_start_matches("refs/tags/").to_owned()));
        let branch = name.as_ref().map(|name| format!("--branch={name}"));
        if let Some(branch) = &branch {
            words.extend(["--depth=1", branch]);
        }
        words.extend(["--", &program.address, &copy]);
        let is_copied = host.follow(&folder)?.is_some()
            || host.query(&program.command(&words)).is_ok_and(|output| output.success());
        if !is_copied {
            return Ok(vec![pending]);
        }
        let tree = program.ask(host, &folder, &["ls-tree", "-r", "-z", "--full-tree", commit])?;
        if !tree.success() {
            return Ok(vec![pending]);
        }
        pending.archive = Some(folder.clone());
        pending.record = Some(commit.to_owned());
        let (root, text) = (dest.to_string_lossy().into_owned(), tree.stdout());
        let mut files: BTreeSet<String> = BTreeSet::from([format!("{root}/.git/")]);
        for entry in text.split('\0') {
            let Some((about, name)) = entry.split_once('\t') else { continue };
            let path = format!("{root}/{name}");
            let parents = Path::new(&path).ancestors().skip(1).take_while(|parent| parent.starts_with(dest));
            files.extend(parents.map(|parent| format!("{}/", parent.display())));
            if about.starts_with("120000") {
                let target = program.ask(host, &folder, &["show", &format!("{commit}:{name}")])?;
                pending.links.insert(path.clone(), target.stdout());
            } else if about.starts_with("100755") {
                pending.permissions.insert(path.clone(), 0o755);
            }
            files.insert(path);
        }
        pending.files = Some(files);
        pending.scripts = Some(String::new());
        Ok(vec![pending])
    }

    /// Tells what the repository has. Playbooks know that as changed.
    fn only_ask(&self, host: &mut System, program: &Program) -> Result<Outcome> {
        let commit = Target::find(host, program, self, None)?.commit;
        Ok(Outcome::new().with("before", Value::Null).with("after", commit).changed(true))
    }

    /// How many commits are fetched, if not all.
    fn depth(&self) -> Option<String> {
        self.depth.filter(|depth| *depth > 0).map(|depth| depth.to_string())
    }

    /// Gets the copy from what is there to what is wanted, which is returned.
    fn bring_to(
        &self,
        host: &mut System,
        program: &Program,
        dest: &Path,
        now: &WorkingCopy,
    ) -> Result<WorkingCopy> {
        let target = Target::find(host, program, self, Some((dest, now)))?;
        if self.depth().is_some() && target.reference.is_none() && self.refspec.is_none() {
            host.warn("depth counts for branches and tags only: the whole history is fetched");
        }
        let separate = match &self.separate_git_dir {
            Some(path) => Some(path.expand(host)?),
            None => None,
        };
        let mut want = now.brought_to(&target, &program.address);
        match &separate {
            Some(path) => want.git_dir = Some(path.to_string_lossy().into_owned()),
            None if now.is_absent() => {
                let place = if self.bare { dest.to_owned() } else { dest.join(".git") };
                want.git_dir = Some(place.to_string_lossy().into_owned());
            }
            None => {}
        }
        if let Some(path) = separate.filter(|_| want.git_dir != now.git_dir)
            && host.follow(&path)?.is_some()
        {
            return Err(Error::failed(format!("Separate-git-dir path {} already exists.", path.display())));
        }
        if now.is_absent() {
            self.make_room(host, program, dest)?;
        }
        let update = Update { git: self, program, target: &target, dest };
        if !host.settle_by(now, want.clone(), |backend, now, want| update.carry_out(backend, now, want))? {
            self.keep(host, program, dest, &target)?;
        }
        if now.is_absent() {
            host.expect_packages(|host| self.look_ahead(host, program, dest, &target))?;
        }
        Ok(want)
    }

    /// The folder of a new copy: it must be empty, and is made if there is none.
    fn make_room(&self, host: &mut System, program: &Program, dest: &Path) -> Result<()> {
        match host.follow(dest)? {
            Some(found) if found.is_directory() && host.list(dest)?.is_empty() => Ok(()),
            Some(_) => Err(Error::failed(format!(
                "fatal: destination path '{}' already exists and is not an empty directory.",
                dest.display()
            ))),
            None => {
                let mode = program.umask.map(|umask| Mode::new(format!("{:04o}", 0o777 & !umask)));
                make_directories(host, dest, None, None, mode.as_ref()).map(drop)
            }
        }
    }

    /// What remains to be done in a copy that has the commit already.
    fn keep(&self, host: &mut System, program: &Program, dest: &Path, target: &Target) -> Result<()> {
        if let Some(tag) = target.tag() {
            let known = program.ask(host, dest, &["rev-parse", "--verify", "--quiet", &tag])?.success();
            if !known {
                let spec = format!("{tag}:{tag}");
                let words = [&["fetch"], self.forced(), &[self.remote.as_str(), &spec]].concat();
                let fetch = program.command(&words).directory(dest);
                let doing = update::FETCHING;
                host.refresh(&tag, |backend| backend.carry_out(&fetch, doing).map(drop))?;
                if host.would_be_refreshed(&tag) {
                    return Ok(());
                }
            }
        }
        if self.verify_commit {
            signature::verify(self, target, &mut |words| program.ask(host, dest, words))?;
        }
        if self.recursive && !self.bare && submodules::are_behind(host, program, dest, self.track_submodules)?
        {
            let name = dest.to_string_lossy();
            host.act("git submodules", &name, "update", |backend| {
                submodules::update(backend, program, dest, self)
            })?;
        }
        Ok(())
    }

    fn forced(&self) -> &'static [&'static str] {
        if self.force { &["--force"] } else { &[] }
    }

    fn write_archive(
        &self,
        host: &mut System,
        program: &Program,
        dest: &Path,
        path: &Path,
        commit: Option<&str>,
    ) -> Result<()> {
        let name = path.to_string_lossy().into_owned();
        let formats = [(".zip", "zip"), (".tar.gz", "tar.gz"), (".tgz", "tgz"), (".tar", "tar")];
        let format = formats.into_iter().find(|(end, _)| name.ends_with(end)).ok_or_else(|| {
            Error::failed(format!("Unable to get file extension from archive file name : {name}"))
                .with("details", "the name has to end in .zip, .tar, .tar.gz or .tgz")
        })?;
        let now = host.inode(path)?;
        let Some(commit) = commit else {
            let unknown = host.caused(Unknown::new("the archive of a commit that has not been fetched yet"));
            let want = now.clone().into_kind(Kind::File(Content::Unknown(unknown)));
            return host.place(&now, want).map(drop);
        };
        let format = format!("--format={}", format.1);
        let prefix = self.archive_prefix.as_ref().map(|prefix| format!("--prefix={prefix}"));
        let words: Vec<&str> =
            ["archive", &format].into_iter().chain(prefix.as_deref()).chain([commit]).collect();
        let bytes = program.ask(host, dest, &words)?.checked("Failed to perform archive operation")?.stdout;
        let same = now.is_file() && host.read(path)? == bytes;
        if !same {
            NewContent { bytes: Some(bytes), ..NewContent::default() }.put(host, &now)?;
        }
        Ok(())
    }
}
