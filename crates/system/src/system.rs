use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use protocol::{Blob, Change, Foresight};
use value::{Map, Unknown, Value};

use crate::left_out::LeftOut;
use crate::maintainer_scripts::MaintainerScripts;
use crate::overlay::Place;
use crate::terminal::{Answerer, Conversation, Conversed};
use crate::{
    Access, Backend, Command, Content, Courier, Error, FileSystem, FileType, HttpFailure, HttpRequest,
    HttpResponse, Identity, Inode, InterfaceAddress, Journal, Kernel, Kind, Metadata, Output, Overlay,
    PendingPackage, Read, Result, Route, Stat, State,
};

/// The one door from a module to a host.
pub struct System {
    backend: Box<dyn Backend>,
    courier: Box<dyn Courier>,
    overlay: Option<Overlay>,
    journal: Journal,
    pub(crate) options: Options,
    warnings: Vec<String>,
    /// The user that this call acts for, if not the one who carries it out.
    pub(crate) acting: Option<Identity>,
}

/// How one module call is to be carried out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Predict changes instead of making them.
    pub dry_run: bool,
    /// How far a dry run looks ahead.
    pub foresight: Foresight,
    /// Let changes carry contents, to be shown.
    pub diff: bool,
    /// Variables for every program.
    pub environment: Vec<(String, String)>,
    /// Write over files that can't be replaced in one step.
    pub unsafe_writes: bool,
    /// How long any program may take.
    pub timeout: Option<Duration>,
    /// The task's name, for the cause of unknowns.
    pub task: String,
    /// The task's `file:line:column`.
    pub place: String,
}

/// What came of a program that changes nobody knows what.
#[derive(Clone, Debug)]
pub enum Run {
    /// It ran.
    Ran(Output),
    /// A dry run does not run it; what it would have said is unknown.
    NotRun(Unknown),
}

/// The kind under which the overlay keeps what [`System::refresh`] left out.
const REFRESHED: &str = "refreshed";

/// How many symbolic links a path may lead through, as in the kernel.
pub(crate) const LINK_LIMIT: usize = 40;

impl System {
    /// A door to the host behind `backend`.
    pub fn new(backend: Box<dyn Backend>, courier: Box<dyn Courier>) -> System {
        System {
            backend,
            courier,
            overlay: None,
            journal: Journal::default(),
            options: Options::default(),
            warnings: Vec::new(),
            acting: None,
        }
    }

    /// Starts a module call. The overlay of earlier dry-run calls stays.
    pub fn begin(&mut self, options: Options) {
        if options.dry_run && self.overlay.is_none() {
            self.overlay = Some(Overlay::default());
        }
        self.options = options;
        self.acting = None;
        self.journal = Journal::default();
        self.warnings.clear();
    }

    /// Lets this module call write over files that can't be replaced in one step.
    pub fn allow_unsafe_writes(&mut self) {
        self.options.unsafe_writes = true;
    }

    /// Forgets what dry-run calls have predicted: the next one sees the host as it is.
    pub fn forget(&mut self) {
        self.overlay = None;
    }

    /// Takes in what another runner on this host has predicted.
    pub fn learn(&mut self, changes: &[Change]) {
        for change in changes {
            self.overlay.get_or_insert_default().apply(change);
            match change.kind.as_str() {
                "command" => self.expect_accounts(&change.name, &[]),
                PendingPackage::KIND => {
                    self.learn_removal(change);
                    let is_it = |package: &&PendingPackage| package.name == change.name;
                    if let Some(package) = self.expected_packages().iter().find(is_it).cloned() {
                        self.expect_accounts(
                            package.scripts.as_deref().unwrap_or_default(),
                            &package.sysusers,
                        );
                    }
                }
                _ => {}
            }
        }
    }

    /// What was looked at and changed since [`System::begin`], and warnings.
    pub fn finish(&mut self) -> (Journal, Vec<String>) {
        (std::mem::take(&mut self.journal), std::mem::take(&mut self.warnings))
    }

    /// Tells the user something that is no failure.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Who the module runs as.
    pub fn identity(&self) -> Identity {
        self.acting.unwrap_or_else(|| self.backend.identity())
    }

    /// Makes sure that the module runs as root, for a change that nobody else may make.
    ///
    /// # Errors
    /// It does not; the message says what only root may do and how to become root.
    pub fn require_root(&self, doing: &str) -> Result<()> {
        match self.identity().uid {
            0 => Ok(()),
            _ => Err(Error::failed(format!("only root may {doing}: use 'become: true'"))),
        }
    }

    /// A variable of the environment: the task's own, else the runner's.
    pub fn environment(&self, name: &str) -> Option<String> {
        let own = self.options.environment.iter().rev().find(|(found, _)| found == name);
        own.map(|(_, value)| value.clone()).or_else(|| self.backend.environment(name))
    }

    /// The host's clock.
    pub fn now(&self) -> SystemTime {
        self.backend.now()
    }

    pub(crate) fn backend_access(&mut self, path: &Path) -> Access {
        self.backend.access(path)
    }

    /// The number of the process that the module runs in.
    pub fn process_id(&self) -> u32 {
        self.backend.process_id()
    }

    /// A number that nobody can guess, for names of temporary files.
    ///
    /// # Errors
    /// The host has no random numbers.
    pub fn unguessable(&mut self) -> Result<u64> {
        self.backend.unguessable().map_err(|error| Error::from_io("can't get a random number", error))
    }

    /// The host itself, for what looks only.
    pub(crate) fn backend_mut(&mut self) -> &mut dyn Backend {
        &mut *self.backend
    }

    pub(crate) fn backend_ref(&self) -> &dyn Backend {
        &*self.backend
    }

    /// The variables that the task sets.
    pub(crate) fn task_environment(&self) -> &[(String, String)] {
        &self.options.environment
    }

    /// Whether a file that can't be replaced is written over.
    pub(crate) fn overwrites(&self) -> bool {
        self.options.unsafe_writes
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.options.dry_run
    }

    /// Whether somebody will look at what differs.
    pub(crate) fn shows_differences(&self) -> bool {
        self.options.diff
    }

    /// Whether changes carry contents.
    pub(crate) fn shows_contents(&self) -> bool {
        self.options.diff || self.overlay().is_some()
    }

    pub(crate) fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref().filter(|_| self.options.dry_run)
    }

    pub(crate) fn overlay_mut(&mut self) -> Option<&mut Overlay> {
        self.overlay.as_mut().filter(|_| self.options.dry_run)
    }

    pub(crate) fn note(&mut self, kind: &'static str, name: impl Into<String>) {
        self.journal.reads.push(Read { kind, name: name.into() });
    }

    /// The unknown with the task that it comes from, if it names none yet.
    pub fn caused(&self, mut unknown: Unknown) -> Unknown {
        if unknown.task.is_empty() {
            unknown.task = self.options.task.clone();
            unknown.place = self.options.place.clone();
        }
        unknown
    }

    // States.

    /// Looks at a thing. In a dry run it is as earlier tasks would have left it.
    ///
    /// # Errors
    /// It can't be looked at; or it is not there, but a package that a dry run only predicts may bring it.
    pub fn observe<S: State>(&mut self, name: &str) -> Result<S> {
        self.note(S::KIND, name);
        if let Some(state) = self.overlay().and_then(|overlay| S::recall(overlay, name)) {
            return Ok(state);
        }
        let state = S::observe(self, name)?;
        if state.is_absent()
            && let Some(unknown) = self.overlay().and_then(|overlay| overlay.may_be_brought(S::KIND, name))
        {
            return Err(unknown.into());
        }
        Ok(state)
    }

    /// Everything that a dry run has predicted of one kind of thing: name, and state or null.
    pub fn predicted(&self, kind: &str) -> Vec<(String, Value)> {
        let Some(overlay) = self.overlay() else { return Vec::new() };
        overlay.states(kind).map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// Gets the host from the state that was found to the one that is wanted, and writes down the difference. If there
    /// is none, nothing happens.
    pub fn settle<S: State>(&mut self, now: &S, want: S) -> Result<bool> {
        self.settle_by(now, want, S::bring_about)
    }

    /// [`System::settle`] in a way of the module's own.
    pub fn settle_by<S: State>(
        &mut self,
        now: &S,
        want: S,
        bring_about: impl FnOnce(&mut dyn Backend, &S, &S) -> Result<()>,
    ) -> Result<bool> {
        self.settle_checked(now, want, |_, _, _| Ok(()), bring_about)
    }

    /// [`System::settle_by`] after a check whether the host lets itself be changed so.
    fn settle_checked<S: State>(
        &mut self,
        now: &S,
        want: S,
        check: impl FnOnce(&mut System, &S, &S) -> Result<()>,
        bring_about: impl FnOnce(&mut dyn Backend, &S, &S) -> Result<()>,
    ) -> Result<bool> {
        let changes = S::changes(self, now, &want)?;
        if changes.is_empty() {
            return Ok(false);
        }
        check(self, now, &want)?;
        match self.overlay.as_mut().filter(|_| self.options.dry_run) {
            None => bring_about(
                &mut Outfitted { backend: &mut *self.backend, options: &self.options },
                now,
                &want,
            )?,
            Some(overlay) => want.remember(overlay),
        }
        self.journal.changes.extend(changes);
        Ok(true)
    }

    /// Does something that leaves no lasting state behind, such as restarting a unit; in a dry run it is only written down.
    pub fn act(
        &mut self,
        kind: &str,
        name: &str,
        what: &str,
        bring_about: impl FnOnce(&mut dyn Backend) -> Result<()>,
    ) -> Result<()> {
        let change = Change {
            kind: kind.into(),
            name: name.into(),
            before: Value::Null,
            after: Value::map([("action", what)]),
        };
        self.act_as(change, bring_about)
    }

    /// [`System::act`] with more to be told of it.
    fn act_as(
        &mut self,
        change: Change,
        bring_about: impl FnOnce(&mut dyn Backend) -> Result<()>,
    ) -> Result<()> {
        if !self.options.dry_run {
            bring_about(&mut Outfitted { backend: &mut *self.backend, options: &self.options })?;
        }
        self.journal.changes.push(change);
        Ok(())
    }

    /// Makes the host's programs read again what is there: the package lists, systemd's units. That is no change. In a
    /// dry run nothing happens, and [`System::would_be_refreshed`] says so to later tasks.
    pub fn refresh(
        &mut self,
        name: &str,
        bring_about: impl FnOnce(&mut dyn Backend) -> Result<()>,
    ) -> Result<()> {
        match self.overlay_mut() {
            Some(overlay) => overlay.set_state(REFRESHED, name, Value::Bool(true)),
            None => bring_about(&mut Outfitted { backend: &mut *self.backend, options: &self.options })?,
        }
        Ok(())
    }

    /// Whether a dry run has left out a [`System::refresh`] of this name, so that what programs tell may be old.
    pub fn would_be_refreshed(&self, name: &str) -> bool {
        self.overlay().is_some_and(|overlay| overlay.state(REFRESHED, name).is_some())
    }

    /// For a file that is going to be written as a whole: if a dry run can't know whether there is one, takes it for one of
    /// unknown content. Either way it will be another.
    pub fn take_for_file(&mut self, path: &Path) {
        let Err(Error::Unknown(unknown)) = self.inode(path) else { return };
        let Ok(Some(real)) = self.resolve_parents(path) else { return };
        let Identity { uid, gid, .. } = self.identity();
        let kind = Kind::File(Content::Unknown(unknown));
        let file = Inode { path: real, kind, permissions: Some(0o644), owner: uid, group: gid };
        if let Some(overlay) = self.overlay_mut() {
            overlay.set_inode(file);
        }
    }

    /// Whether a dry run has predicted a change of a path or of anything below it.
    pub fn would_change_below(&self, path: &Path) -> bool {
        self.overlay().is_some_and(|overlay| overlay.has_inodes_below(path))
    }

    /// In a dry run: [`System::expect_package`] for each package that `look` tells of. Otherwise nobody looks.
    ///
    /// # Errors
    /// Those of `look`.
    pub fn expect_packages(
        &mut self,
        look: impl FnOnce(&mut System) -> Result<Vec<PendingPackage>>,
    ) -> Result<()> {
        if self.overlay().is_some() {
            for package in look(self)? {
                self.expect_package(package);
            }
        }
        Ok(())
    }

    /// In a dry run: notes a package that would be installed, so that what it may bring is not taken for missing.
    pub fn expect_package(&mut self, package: PendingPackage) {
        let Some(overlay) = self.overlay_mut() else { return };
        overlay.set_pending(package.clone());
        self.journal.changes.push(package.to_change());
        self.expect_accounts(package.scripts.as_deref().unwrap_or_default(), &package.sysusers);
    }

    /// The calls of a program in the installation scripts of packages that a dry run would have installed by now: words,
    /// of which those that can't be read off the scripts are `None`.
    pub fn expected_calls(&self, program: &str) -> Vec<Vec<Option<String>>> {
        let scripts = self.expected_packages().iter().filter_map(|package| package.scripts.as_deref());
        scripts.flat_map(|scripts| MaintainerScripts::read(scripts).calls(&[program])).collect()
    }

    /// How far a dry run looks ahead.
    pub fn foresight(&self) -> Foresight {
        self.options.foresight
    }

    /// A folder of this name in the [private one](System::private_directory), which stays until the run ends.
    ///
    /// # Errors
    /// It can't be made.
    pub fn kept_directory(&mut self, name: &str) -> Result<PathBuf> {
        let path = self.private_directory()?.join(name);
        let failed = |error| Error::io("can't make", &path, error);
        if self.backend.metadata(&path).map_err(failed)?.is_none() {
            self.backend.make_directory(&path, 0o700).map_err(failed)?;
        }
        Ok(path)
    }

    /// The packages that a dry run would have installed by now.
    pub fn expected_packages(&self) -> &[PendingPackage] {
        self.overlay().map_or(&[], Overlay::pending)
    }

    /// Why what has failed in a dry run may be no failure in the real one: a command that was not run may see to it.
    pub fn may_yet_succeed(&self) -> Option<Unknown> {
        // A module that has not looked at the host would fail in any case.
        let looked = !self.journal.reads.is_empty();
        let left_out = self.overlay()?.left_out().last().filter(|_| looked)?;
        Some(left_out.unknown())
    }

    pub(crate) fn note_change(&mut self, change: Change) {
        self.journal.changes.push(change);
    }

    // Programs.

    /// Asks a program something. It must change nothing: it runs in a dry run as well.
    ///
    /// # Errors
    /// It can't be started. A non-zero exit code is an answer.
    pub fn query(&mut self, command: &Command) -> Result<Output> {
        self.note("query", command.argv.join(" "));
        let outcome = Outfitted { backend: &mut *self.backend, options: &self.options }.run(command);
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let brought =
                    self.overlay().and_then(|overlay| overlay.may_be_brought("command", command.program()));
                Err(brought.map_or_else(|| cannot_start(command, error), Error::Unknown))
            }
            Err(error) => Err(cannot_start(command, error)),
            Ok(output) => Ok(output),
        }
    }

    /// Runs a program that changes nobody knows what. In a dry run it is not run.
    pub fn run(&mut self, command: &Command) -> Result<Run> {
        let outcome = self.run_by(command, |backend| backend.run(command));
        outcome.map_err(|error| cannot_start(command, error))
    }

    /// Runs a program on a terminal as [`System::run`] does, where `answer` types what is to be typed.
    ///
    /// # Errors
    /// It can't be started.
    pub fn converse(
        &mut self,
        command: &Command,
        conversation: Conversation,
        answer: &mut Answerer<'_>,
    ) -> Result<Conversed> {
        match self.run_by(command, |backend| backend.converse(command, conversation, answer)) {
            Ok(run) => Ok(Conversed::Ended(run)),
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut => Ok(Conversed::OutOfPatience),
                io::ErrorKind::ConnectionAborted => Ok(Conversed::BrokenOff),
                _ => Err(cannot_start(command, error)),
            },
        }
    }

    fn run_by(
        &mut self,
        command: &Command,
        run: impl FnOnce(&mut Outfitted<'_>) -> io::Result<Output>,
    ) -> io::Result<Run> {
        let ran = if self.options.dry_run {
            let cause = "a dry run does not run commands, so nobody knows what it would say";
            let unknown = self.caused(Unknown::new(cause));
            let left_out = LeftOut::new(command, &unknown);
            self.expect_accounts(&left_out.text.clone(), &[]);
            if let Some(overlay) = self.overlay_mut() {
                overlay.leave_out(left_out);
            }
            Run::NotRun(unknown)
        } else {
            Run::Ran(run(&mut Outfitted { backend: &mut *self.backend, options: &self.options })?)
        };
        let name = command.argv.join(" ");
        let after = Value::map([("action", "run")]);
        self.journal.changes.push(Change { kind: "command".into(), name, before: Value::Null, after });
        Ok(ran)
    }

    /// Runs a program as [`System::run`] does that is put into a private folder first and removed afterwards: the
    /// controller's script. `command` makes the command line out of its path; `shown` stands for it in the journal.
    pub fn run_script(
        &mut self,
        shown: &str,
        script: &Blob,
        command: impl FnOnce(&Path) -> Command,
    ) -> Result<Run> {
        if self.options.dry_run {
            return self.run(&Command::new([shown]));
        }
        let bytes = self.blob(script)?;
        let folder = self.private_directory()?;
        let path = folder.join(format!("script-{}", &crate::sha256_hex(&bytes)[..16]));
        let Identity { uid, gid, .. } = self.identity();
        self.backend
            .write(&path, &bytes, 0o700, uid, gid)
            .map_err(|error| Error::io("can't write", &path, error))?;
        let outcome = self.run(&command(&path));
        if let (Ok(_), Some(change)) = (&outcome, self.journal.changes.last_mut()) {
            change.name = shown.to_owned();
        }
        self.backend.remove(&path).map_err(|error| Error::io("can't remove", &path, error))?;
        outcome
    }

    /// Where a program is, searched in the `PATH` and the usual folders of the system's own programs; in a dry run also
    /// among what predicted packages bring.
    pub fn find_program(&mut self, name: &str) -> Result<Option<PathBuf>> {
        if name.contains('/') {
            return Ok(self.follow(Path::new(name))?.map(|_| PathBuf::from(name)));
        }
        let path = self.environment("PATH").unwrap_or_default();
        let usual = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        let folders: Vec<PathBuf> = std::iter::empty()
            .chain(path.split(':').filter(|folder| folder.starts_with('/')).map(PathBuf::from))
            .chain(usual.map(PathBuf::from))
            .collect();
        for folder in folders {
            let candidate = folder.join(name);
            if let Some(inode) = self.follow(&candidate)?
                && inode.is_file()
                && inode.permissions.is_none_or(|bits| bits & 0o111 != 0)
            {
                return Ok(Some(candidate));
            }
        }
        match self.overlay().and_then(|overlay| overlay.may_be_brought("command", name)) {
            Some(unknown) => Err(unknown.into()),
            None => Ok(None),
        }
    }

    // Files.

    /// What is at a path, a symbolic link not followed.
    pub fn inode(&mut self, path: &Path) -> Result<Inode> {
        Ok(self.stat(path)?.inode)
    }

    /// What is at a path after following symbolic links; `None` if nothing is, or the links lead nowhere.
    pub fn follow(&mut self, path: &Path) -> Result<Option<Inode>> {
        let mut path = path.to_owned();
        for _ in 0..LINK_LIMIT {
            let inode = self.inode(&path)?;
            match inode.kind {
                Kind::Absent => return Ok(None),
                Kind::Link(target) => path = join_link(&path, &target),
                _ => return Ok(Some(inode)),
            }
        }
        Ok(None)
    }

    /// All that can be told of what is at a path, a symbolic link not followed.
    pub fn stat(&mut self, path: &Path) -> Result<Stat> {
        self.note(Inode::KIND, path.to_string_lossy());
        let lookup = |error| Error::io("can't look at", path, error);
        if self.overlay().is_none_or(|overlay| overlay.has_no_inodes() && overlay.pending().is_empty()) {
            let metadata = self.backend.metadata(path).map_err(lookup)?;
            return self.found(path, path, metadata);
        }
        let Some(real) = self.resolve_parents(path)? else {
            return self.not_found(path, &without_steps_up(path));
        };
        match self.overlay().map_or(Place::AsOnHost, |overlay| overlay.place(&real)) {
            Place::Inode(inode) => {
                // What a dry run only touches keeps its times and numbers.
                let metadata = self.backend.metadata(&real).map_err(lookup)?;
                let metadata =
                    metadata.filter(|found| inode.is_directory() && found.file_type == FileType::Directory);
                Ok(Stat { inode: Inode { path: path.into(), ..*inode }, metadata })
            }
            Place::Absent => self.not_found(path, &real),
            Place::AsOnHost => {
                let metadata = self.backend.metadata(&real).map_err(lookup)?;
                self.found(path, &real, metadata)
            }
        }
    }

    fn found(&mut self, path: &Path, real: &Path, metadata: Option<Metadata>) -> Result<Stat> {
        let Some(metadata) = metadata else { return self.not_found(path, real) };
        let kind = match metadata.file_type {
            FileType::File => Kind::File(Content::OnHost(metadata.size)),
            FileType::Directory => Kind::Directory,
            FileType::Link => Kind::Link(
                self.backend
                    .read_link(real)
                    .map_err(|error| Error::io("can't read the link", path, error))?,
            ),
            other => Kind::Other(other),
        };
        let inode = Inode {
            path: path.into(),
            kind,
            permissions: Some(metadata.permissions),
            owner: metadata.owner,
            group: metadata.group,
        };
        Ok(Stat { inode, metadata: Some(metadata) })
    }

    fn not_found(&mut self, path: &Path, real: &Path) -> Result<Stat> {
        // What the play itself removes is gone, and below a directory that it makes is only what it puts there.
        if self
            .overlay()
            .is_some_and(|overlay| overlay.expects_more() && overlay.place(real) != Place::Absent)
        {
            if let Some(inode) = self.overlay().and_then(|overlay| overlay.brought_file(real)) {
                let (owner, group) = self.brought_owner(real)?.unwrap_or((inode.owner, inode.group));
                return Ok(Stat {
                    inode: Inode { path: path.into(), owner, group, ..inode },
                    metadata: None,
                });
            }
            let parent = real.parent().unwrap_or(Path::new("/"));
            let on_host = self
                .backend
                .metadata(parent)
                .map_err(|error| Error::io("can't look at", parent, error))?
                .is_some();
            if let Some(unknown) = self.overlay().and_then(|overlay| overlay.may_be_made(real, on_host)) {
                return Err(unknown.into());
            }
        }
        let owner = self.identity().uid;
        let group = self.new_group(real);
        let inode = Inode { path: path.into(), kind: Kind::Absent, permissions: None, owner, group };
        Ok(Stat { inode, metadata: None })
    }

    /// Owner and group of a file that a predicted package brings.
    fn brought_owner(&mut self, real: &Path) -> Result<Option<(u32, u32)>> {
        let names = self.overlay().and_then(|overlay| overlay.brought_owner(real));
        let Some((owner, group)) = names else { return Ok(None) };
        let owner = if owner.is_empty() { 0 } else { self.uid_of(&owner)? };
        let group = if group.is_empty() { 0 } else { self.gid_of(&group)? };
        Ok(Some((owner, group)))
    }

    /// The group that a new file gets: that of a directory with the set-group-id bit, else the user's.
    fn new_group(&mut self, real: &Path) -> u32 {
        const SET_GROUP_ID: u32 = 0o2000;
        let parent = real.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let of_parent = match self.overlay().map_or(Place::AsOnHost, |overlay| overlay.place(parent)) {
            Place::Inode(inode) => inode.permissions.map(|permissions| (permissions, inode.group)),
            Place::Absent => None,
            Place::AsOnHost => {
                let metadata = self.backend.metadata(parent).ok().flatten();
                metadata.map(|metadata| (metadata.permissions, metadata.group))
            }
        };
        of_parent
            .filter(|(permissions, _)| permissions & SET_GROUP_ID != 0)
            .map_or(self.identity().gid, |(_, group)| group)
    }

    /// The path with its parents' symbolic links followed, through the overlay; `None` if a parent is not there.
    pub(crate) fn resolve_parents(&mut self, path: &Path) -> Result<Option<PathBuf>> {
        let mut rest: Vec<std::ffi::OsString> = Vec::new();
        push_components(&mut rest, path);
        if path.is_relative() {
            push_components(&mut rest, &self.backend.working_directory());
        }
        let mut real = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                real.pop();
                continue;
            }
            let next = real.join(&name);
            if rest.is_empty() {
                return Ok(Some(next));
            }
            let target = match self.overlay().map_or(Place::AsOnHost, |overlay| overlay.place(&next)) {
                Place::Absent => return Ok(None),
                Place::Inode(inode) => match inode.kind {
                    Kind::Link(target) => Some(target),
                    Kind::Directory => None,
                    _ => return Ok(None),
                },
                Place::AsOnHost => {
                    let failed = |error| Error::io("can't look at", &next, error);
                    match self.backend.metadata(&next).map_err(failed)? {
                        None => match self.overlay().and_then(|overlay| overlay.brought_file(&next)) {
                            Some(inode) if inode.is_directory() => None,
                            Some(Inode { kind: Kind::Link(target), .. }) => Some(target),
                            _ => return Ok(None),
                        },
                        Some(found) if found.file_type == FileType::Link => Some(
                            self.backend
                                .read_link(&next)
                                .map_err(|error| Error::io("can't read the link", &next, error))?,
                        ),
                        Some(_) => None,
                    }
                }
            };
            match target {
                None => real = next,
                Some(target) => {
                    links += 1;
                    if links > LINK_LIMIT {
                        return Ok(None);
                    }
                    if target.is_absolute() {
                        real = PathBuf::from("/");
                    }
                    push_components(&mut rest, &target);
                }
            }
        }
        Ok(Some(real))
    }

    /// A file's content, symbolic links followed.
    ///
    /// # Errors
    /// It is not there, is no file, can't be read, or a dry run can't know it.
    pub fn read(&mut self, path: &Path) -> Result<Vec<u8>> {
        let Some(inode) = self.follow(path)? else {
            return Err(Error::failed(format!("{} does not exist", path.display())));
        };
        match inode.kind {
            Kind::File(Content::Bytes(bytes)) => Ok(bytes.to_vec()),
            Kind::File(Content::Unknown(unknown)) => match self.read_out_of_archive(&inode.path)? {
                Some(bytes) => Ok(bytes),
                None => Err(unknown.into()),
            },
            Kind::Directory => Err(Error::failed(format!("{} is a directory, not a file", path.display()))),
            _ => self.backend.read(path).map_err(|error| Error::io("can't read", path, error)),
        }
    }

    /// A file's content as text, or nothing if there is no such file. Bytes that are no text become `�`.
    pub fn read_text_if_any(&mut self, path: &Path) -> Result<Option<String>> {
        if self.follow(path)?.is_none() {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&self.read(path)?).into_owned()))
    }

    /// The names in a directory, sorted.
    pub fn list(&mut self, path: &Path) -> Result<Vec<String>> {
        self.note("directory", path.to_string_lossy());
        let failed = |error| Error::io("can't list", path, error);
        let Some(inode) = self.follow(path)? else {
            return Err(Error::failed(format!("{} does not exist", path.display())));
        };
        if !inode.is_directory() {
            return Err(Error::failed(format!("{} is not a directory", path.display())));
        }
        if self.overlay().is_none_or(|overlay| overlay.has_no_inodes() && overlay.pending().is_empty()) {
            return self.backend.list(path).map_err(failed);
        }
        let Some(real) = self.resolve_parents(&inode.path)? else { return Ok(Vec::new()) };
        let on_host = self
            .backend
            .metadata(&real)
            .map_err(failed)?
            .is_some_and(|found| found.file_type == FileType::Directory);
        let visible =
            self.overlay().is_some_and(|overlay| overlay.place(&real.join("any name")) == Place::AsOnHost);
        let mut names: BTreeSet<String> = BTreeSet::new();
        if on_host && visible {
            names.extend(self.backend.list(&real).map_err(failed)?);
        }
        if let Some(unknown) = self.overlay().and_then(|overlay| overlay.hides(&real)) {
            return Err(unknown.into());
        }
        if visible && let Some(overlay) = self.overlay() {
            names.extend(overlay.brought_names(&real));
        }
        if let Some(overlay) = self.overlay() {
            for (name, there) in overlay.names_in(&real) {
                if there {
                    names.insert(name);
                } else {
                    names.remove(&name);
                }
            }
        }
        Ok(names.into_iter().collect())
    }

    /// The bytes of a blob that the controller has.
    pub fn blob(&mut self, blob: &Blob) -> Result<Vec<u8>> {
        self.courier
            .bytes_of(blob)
            .map_err(|reason| Error::failed(format!("can't get the file from the controller: {reason}")))
    }

    /// Sends a file's bytes to the controller.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.courier
            .send(bytes)
            .map_err(|reason| Error::failed(format!("can't send to the controller: {reason}")))
    }

    /// Puts bytes into a temporary file that only this user can read, calls `with` with its path, and removes it again.
    /// For programs that check a file before it is put in place; in a dry run as well.
    pub fn with_temporary_file<T>(
        &mut self,
        bytes: &[u8],
        with: impl FnOnce(&mut System, &Path) -> Result<T>,
    ) -> Result<T> {
        let folder = self.private_directory()?;
        let path = folder.join(format!("content-{}", &crate::sha256_hex(bytes)[..16]));
        let Identity { uid, gid, .. } = self.identity();
        self.backend
            .write(&path, bytes, 0o600, uid, gid)
            .map_err(|error| Error::io("can't write", &path, error))?;
        let outcome = with(self, &path);
        self.backend.remove(&path).map_err(|error| Error::io("can't remove", &path, error))?;
        outcome
    }

    /// Makes a temporary folder that only this user can enter, calls `with` with its path, and removes it again with all
    /// that is in it; in a dry run as well.
    pub fn with_temporary_directory<T>(
        &mut self,
        with: impl FnOnce(&mut System, &Path) -> Result<T>,
    ) -> Result<T> {
        let private = self.private_directory()?;
        let failed = |error| Error::io("can't use", &private, error);
        let taken = self.backend.list(&private).map_err(failed)?;
        let mut names = (0..).map(|number| format!("folder-{number}"));
        let path = private.join(names.find(|name| !taken.contains(name)).unwrap_or_default());
        self.backend.make_directory(&path, 0o700).map_err(|error| Error::io("can't make", &path, error))?;
        let outcome = with(self, &path);
        self.backend.remove(&path).map_err(|error| Error::io("can't remove", &path, error))?;
        outcome
    }

    /// Puts files into a temporary folder as [`System::with_temporary_directory`] does: paths below it, contents, modes.
    pub fn with_temporary_files<T>(
        &mut self,
        files: &[(String, Vec<u8>, u32)],
        with: impl FnOnce(&mut System, &Path) -> Result<T>,
    ) -> Result<T> {
        self.with_temporary_directory(|host, folder| {
            let Identity { uid, gid, .. } = host.identity();
            for (below, bytes, mode) in files {
                let path = folder.join(below);
                let failed = |error| Error::io("can't write", &path, error);
                let parents: Vec<&Path> = path.ancestors().skip(1).take_while(|up| *up != folder).collect();
                for parent in parents.into_iter().rev() {
                    if host.backend.metadata(parent).map_err(failed)?.is_none() {
                        host.backend.make_directory(parent, 0o700).map_err(failed)?;
                    }
                }
                host.backend.write(&path, bytes, *mode, uid, gid).map_err(failed)?;
            }
            with(host, folder)
        })
    }

    /// A folder that only this user can enter, for temporary files that are no part of the host's state.
    pub fn private_directory(&mut self) -> Result<PathBuf> {
        self.backend
            .private_directory()
            .map_err(|error| Error::failed(format!("can't make a private folder: {error}")))
    }

    /// Brings about a wanted inode as [`System::settle`] does, after making sure that its directory is there and may be
    /// written to, which a dry run would not notice otherwise.
    pub fn place(&mut self, now: &Inode, want: Inode) -> Result<bool> {
        self.place_by(now, want, Inode::bring_about)
    }

    /// [`System::place`] in a way of the module's own.
    pub fn place_by(
        &mut self,
        now: &Inode,
        want: Inode,
        bring_about: impl FnOnce(&mut dyn Backend, &Inode, &Inode) -> Result<()>,
    ) -> Result<bool> {
        let real = match self.overlay() {
            Some(_) => self.resolve_parents(&want.path)?,
            None => None,
        };
        let check = System::check_obstacles;
        let Some(real) = real else { return self.settle_checked(now, want, check, bring_about) };
        let shown = want.path.clone();
        let new_directory = now.is_absent() && want.is_directory();
        let (now, want) = (Inode { path: real.clone(), ..now.clone() }, Inode { path: real.clone(), ..want });
        let changed = self.settle_checked(&now, want, check, bring_about)?;
        if changed
            && new_directory
            && let Some(overlay) = self.overlay_mut()
        {
            overlay.set_new_directory(&real);
        }
        if changed && let Some(change) = self.journal.changes.last_mut() {
            change.name = shown.to_string_lossy().into_owned();
        }
        Ok(changed)
    }

    /// Sets times of a file; `None` leaves one as it is. A dry run writes it down as a change.
    pub fn touch(
        &mut self,
        path: &Path,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>,
    ) -> Result<()> {
        let found = self.stat(path)?.metadata;
        let seconds = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Value::Float(since.as_secs_f64())
        };
        let (mut before, mut after) = (Map::new(), Map::new());
        let found = found.map(|found| (found.accessed, found.modified)).unzip();
        for (name, found, wanted) in [("atime", found.0, accessed), ("mtime", found.1, modified)] {
            let Some(wanted) = wanted else { continue };
            before.extend(found.map(|found| (name.into(), Value::Float(found))));
            after.insert(name.into(), seconds(wanted));
        }
        let change = Change {
            kind: "times".into(),
            name: path.to_string_lossy().into_owned(),
            before: before.into(),
            after: after.into(),
        };
        let target = path.to_owned();
        self.act_as(change, |host| {
            host.set_times(&target, accessed, modified)
                .map_err(|error| Error::io("can't set the times of", &target, error))
        })
    }
}

fn cannot_start(command: &Command, error: io::Error) -> Error {
    let program = command.program();
    match error.kind() {
        io::ErrorKind::NotFound => match &command.directory {
            Some(directory) => Error::failed(format!(
                "can't run '{program}' in {}: no such program or folder",
                directory.display()
            ))
            .with("rc", 2),
            None => Error::failed(format!("there is no program '{program}'")).with("rc", 2),
        },
        io::ErrorKind::TimedOut => Error::failed(format!("'{program}' took longer than it may")),
        _ => Error::failed(format!("can't run '{program}': {}", crate::error::plain(&error))).with("rc", 13),
    }
}

/// The path with each `..` taken away together with what comes before it.
fn without_steps_up(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    push_components(&mut rest, path);
    let mut plain = PathBuf::from("/");
    while let Some(name) = rest.pop() {
        if name == ".." {
            plain.pop();
        } else {
            plain.push(name);
        }
    }
    plain
}

fn push_components(rest: &mut Vec<std::ffi::OsString>, path: &Path) {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        Component::ParentDir => Some(OsStr::new("..")),
        _ => None,
    });
    let mut names: Vec<_> = names.map(OsStr::to_owned).collect();
    names.reverse();
    rest.extend(names);
}

pub(crate) fn join_link(link: &Path, target: &Path) -> PathBuf {
    link.parent().map_or_else(|| target.to_owned(), |parent| parent.join(target))
}

/// A backend that gives the task's environment and time limit to every program, and writes as the task allows.
struct Outfitted<'a> {
    backend: &'a mut dyn Backend,
    options: &'a Options,
}

impl Outfitted<'_> {
    fn outfit(&self, command: &Command) -> Command {
        let mut command = command.clone();
        let own = std::mem::take(&mut command.environment);
        command.environment = self.options.environment.iter().cloned().chain(own).collect();
        command.timeout = match (command.timeout, self.options.timeout) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
        command
    }
}

impl Backend for Outfitted<'_> {
    fn metadata(&mut self, path: &Path) -> io::Result<Option<Metadata>> {
        self.backend.metadata(path)
    }
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        self.backend.read(path)
    }
    fn read_link(&mut self, path: &Path) -> io::Result<PathBuf> {
        self.backend.read_link(path)
    }
    fn list(&mut self, path: &Path) -> io::Result<Vec<String>> {
        self.backend.list(path)
    }
    fn may_write(&mut self, path: &Path) -> io::Result<()> {
        self.backend.may_write(path)
    }
    fn obstacle(&mut self, path: &Path) -> Option<io::Error> {
        self.backend.obstacle(path)
    }
    fn lock_holder(&mut self, path: &Path) -> io::Result<Option<u32>> {
        self.backend.lock_holder(path)
    }
    fn access(&mut self, path: &Path) -> Access {
        self.backend.access(path)
    }
    fn write(
        &mut self,
        path: &Path,
        content: &[u8],
        permissions: u32,
        owner: u32,
        group: u32,
    ) -> io::Result<()> {
        let replaced = self.backend.write(path, content, permissions, owner, group);
        let Err(error) = replaced else { return Ok(()) };
        let Some(is) = self.backend.metadata(path)?.filter(|_| self.options.unsafe_writes) else {
            return Err(error);
        };
        // Why it can't be replaced is of more interest than why it can't be written over either.
        self.backend.overwrite(path, content).map_err(|_| error)?;
        if is.permissions != permissions {
            self.backend.set_permissions(path, permissions)?;
        }
        if (is.owner, is.group) != (owner, group) {
            self.backend.set_owner(path, owner, group)?;
        }
        Ok(())
    }
    fn overwrite(&mut self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.backend.overwrite(path, content)
    }
    fn make_directory(&mut self, path: &Path, permissions: u32) -> io::Result<()> {
        self.backend.make_directory(path, permissions)
    }
    fn make_link(&mut self, path: &Path, target: &Path) -> io::Result<()> {
        self.backend.make_link(path, target)
    }
    fn make_hard_link(&mut self, path: &Path, source: &Path) -> io::Result<()> {
        self.backend.make_hard_link(path, source)
    }
    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.backend.remove(path)
    }
    fn set_permissions(&mut self, path: &Path, permissions: u32) -> io::Result<()> {
        self.backend.set_permissions(path, permissions)
    }
    fn set_owner(&mut self, path: &Path, owner: u32, group: u32) -> io::Result<()> {
        self.backend.set_owner(path, owner, group)
    }
    fn set_times(
        &mut self,
        path: &Path,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>,
    ) -> io::Result<()> {
        self.backend.set_times(path, accessed, modified)
    }
    fn run(&mut self, command: &Command) -> io::Result<Output> {
        let command = self.outfit(command);
        self.backend.run(&command)
    }
    fn converse(
        &mut self,
        command: &Command,
        conversation: Conversation,
        answer: &mut Answerer<'_>,
    ) -> io::Result<Output> {
        let command = self.outfit(command);
        self.backend.converse(&command, conversation, answer)
    }
    fn private_directory(&mut self) -> io::Result<PathBuf> {
        self.backend.private_directory()
    }
    fn identity(&self) -> Identity {
        self.backend.identity()
    }
    fn working_directory(&self) -> PathBuf {
        self.backend.working_directory()
    }
    fn environment(&self, name: &str) -> Option<String> {
        self.backend.environment(name)
    }
    fn now(&self) -> SystemTime {
        self.backend.now()
    }
    fn process_id(&self) -> u32 {
        self.backend.process_id()
    }
    fn variables(&self) -> Vec<(String, String)> {
        self.backend.variables()
    }
    fn kernel(&self) -> Kernel {
        self.backend.kernel()
    }
    fn file_system(&mut self, path: &Path, timeout: Duration) -> io::Result<FileSystem> {
        self.backend.file_system(path, timeout)
    }
    fn addresses(&mut self) -> io::Result<Vec<InterfaceAddress>> {
        self.backend.addresses()
    }
    fn route(&mut self, destination: IpAddr) -> io::Result<Option<Route>> {
        self.backend.route(destination)
    }
    fn connect(
        &mut self,
        address: SocketAddr,
        timeout: Duration,
        enough: &mut dyn FnMut(&[u8]) -> bool,
    ) -> io::Result<bool> {
        self.backend.connect(address, timeout, enough)
    }
    fn exchange(
        &mut self,
        request: &HttpRequest,
        addresses: &[SocketAddr],
    ) -> std::result::Result<HttpResponse, HttpFailure> {
        self.backend.exchange(request, addresses)
    }

    fn unguessable(&mut self) -> io::Result<u64> {
        self.backend.unguessable()
    }
    fn pause(&mut self, duration: Duration) {
        self.backend.pause(duration);
    }
}
