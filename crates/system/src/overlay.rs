use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use protocol::Change;
use value::{Unknown, Value};

use crate::inode;
use crate::left_out::LeftOut;
use crate::spill::Spill;
use crate::{Content, Inode, Kind, PendingPackage, State};

/// What a dry run has predicted so far: the host as it would be, where that differs from how it is.
#[derive(Debug, Default)]
pub struct Overlay {
    inodes: BTreeMap<PathBuf, Inode>,
    spill: Spill,
    states: HashMap<(String, String), Value>,
    pending: Vec<PendingPackage>,
    left_out: Vec<LeftOut>,
}

/// What the overlay says of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// This is there.
    Inode(Box<Inode>),
    /// Nothing is there, whatever is on the host.
    Absent,
    /// The host decides.
    AsOnHost,
}

impl Overlay {
    /// What is at a path whose parents are no symbolic links.
    pub(crate) fn place(&self, path: &Path) -> Place {
        if let Some(inode) = self.inodes.get(path) {
            return if inode.is_absent() {
                Place::Absent
            } else {
                Place::Inode(Box::new(self.spill.whole(inode)))
            };
        }
        // Something that is new, or gone, hides all that the host has below it.
        for ancestor in path.ancestors().skip(1) {
            match self.inodes.get(ancestor) {
                Some(inode) if inode.kind != Kind::Directory || self.is_new_directory(ancestor) => {
                    return Place::Absent;
                }
                _ => {}
            }
        }
        Place::AsOnHost
    }

    fn is_new_directory(&self, path: &Path) -> bool {
        self.states.contains_key(&(NEW_DIRECTORY.into(), path.to_string_lossy().into_owned()))
    }

    /// Names directly below a directory that the overlay adds or takes away.
    pub(crate) fn names_in(&self, directory: &Path) -> impl Iterator<Item = (String, bool)> {
        self.inodes
            .range(directory.to_path_buf()..)
            .take_while(move |(path, _)| path.starts_with(directory))
            .filter(move |(path, _)| path.parent() == Some(directory))
            .filter_map(|(path, inode)| {
                Some((path.file_name()?.to_string_lossy().into_owned(), !inode.is_absent()))
            })
    }

    /// Whether nothing has been predicted at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.inodes.is_empty()
            && self.states.is_empty()
            && self.pending.is_empty()
            && self.left_out.is_empty()
    }

    /// Whether nothing has been predicted about any path.
    pub(crate) fn has_no_inodes(&self) -> bool {
        self.inodes.is_empty()
    }

    /// The names of accounts and groups that have been predicted to be there.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &str> {
        let is_account = |kind: &str| matches!(kind, "user" | "group");
        let there = self.states.iter().filter(move |((kind, _), value)| is_account(kind) && !value.is_null());
        there.map(|((_, name), _)| name.as_str())
    }

    /// The paths where something has been predicted to be.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.inodes.iter().filter(|(_, inode)| !inode.is_absent()).filter_map(|(path, _)| path.to_str())
    }

    /// The files whose content or attributes have been predicted.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.inodes.values().filter(|inode| inode.is_file()).map(|inode| inode.path.as_path())
    }

    /// Whether something has been predicted about a path or one below it.
    pub(crate) fn has_inodes_below(&self, path: &Path) -> bool {
        self.inodes.range(path.to_path_buf()..).next().is_some_and(|(found, _)| found.starts_with(path))
    }

    pub(crate) fn set_inode(&mut self, inode: Inode) {
        if inode.kind != Kind::Directory {
            let below: Vec<PathBuf> = self
                .inodes
                .range(inode.path.clone()..)
                .map(|(path, _)| path)
                .take_while(|path| path.starts_with(&inode.path))
                .filter(|path| **path != inode.path)
                .cloned()
                .collect();
            for path in below {
                self.inodes.remove(&path);
                self.spill.forget(&path);
            }
        }
        let inode = self.spill.keep(inode);
        self.inodes.insert(inode.path.clone(), inode);
    }

    /// Notes that a directory would be made, so that nothing the host has below that path shows through.
    pub(crate) fn set_new_directory(&mut self, path: &Path) {
        self.set_state(NEW_DIRECTORY, &path.to_string_lossy(), Value::Bool(true));
    }

    /// What has been predicted of a thing; null if it would not be there.
    pub fn state(&self, kind: &str, name: &str) -> Option<&Value> {
        self.states.get(&(kind.to_owned(), name.to_owned()))
    }

    /// Everything predicted of one kind of thing: name and state.
    pub fn states<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.states
            .iter()
            .filter(move |((found, _), _)| found == kind)
            .map(|((_, name), value)| (name.as_str(), value))
    }

    /// Predicts a state.
    pub fn set_state(&mut self, kind: &str, name: &str, value: Value) {
        self.states.insert((kind.to_owned(), name.to_owned()), value);
    }

    /// Notes a package that would be installed.
    pub fn set_pending(&mut self, package: PendingPackage) {
        if package.folder_of.is_some() {
            // There is more below it than what has been predicted one by one.
            self.states.remove(&(NEW_DIRECTORY.to_owned(), package.name.clone()));
        }
        // What went with a package that is installed again comes back with it.
        for path in package.files.iter().flatten().chain(package.links.keys()) {
            let path = Path::new(path.trim_end_matches('/'));
            if self.inodes.get(path).is_some_and(Inode::is_absent) {
                self.inodes.remove(path);
            }
        }
        self.pending.retain(|known| known.name != package.name);
        self.pending.push(package);
    }

    /// Forgets a package that would be installed, for it would be removed again.
    pub(crate) fn remove_pending(&mut self, name: &str) {
        self.pending.retain(|known| known.name != name);
    }

    /// The packages that would be installed.
    pub fn pending(&self) -> &[PendingPackage] {
        &self.pending
    }

    /// Notes a command that is not run.
    pub(crate) fn leave_out(&mut self, command: LeftOut) {
        self.left_out.push(command);
    }

    /// The commands that have not been run.
    pub(crate) fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Whether things may be there that nobody has looked at: those of packages and of commands.
    pub(crate) fn expects_more(&self) -> bool {
        !self.pending.is_empty() || !self.left_out.is_empty()
    }

    /// Why something that is not there may be there after all, once the predicted packages are installed and the commands
    /// run.
    pub fn may_be_brought(&self, kind: &str, name: &str) -> Option<Unknown> {
        let by_package = self.pending.iter().find_map(|package| package.may_bring(kind, name));
        by_package.or_else(|| self.left_out.iter().find_map(|command| command.may_bring(kind, name)))
    }

    /// Why a path where nothing is may have something after all, once the predicted packages are installed and the
    /// commands run. `on_host` says whether its directory is on the host.
    pub(crate) fn may_be_made(&self, path: &Path, on_host: bool) -> Option<Unknown> {
        let known = on_host
            || path
                .parent()
                .is_some_and(|parent| self.pending.iter().any(|package| package.brings_directory(parent)));
        let by_package = self.pending.iter().find_map(|package| package.may_make(path, known));
        by_package.or_else(|| self.left_out.iter().find_map(|command| command.may_make(path)))
    }

    /// Takes in what another runner on the same host has predicted.
    pub fn apply(&mut self, change: &Change) {
        match change.kind.as_str() {
            Inode::KIND => {
                if let Some(inode) = inode::predicted(&change.name, &change.after) {
                    if inode.is_directory() && change.before.is_null() {
                        self.set_new_directory(&inode.path);
                    }
                    self.set_inode(inode);
                }
            }
            PendingPackage::KIND => {
                if let Some(package) = PendingPackage::from_value(&change.name, &change.after) {
                    self.set_pending(package);
                }
            }
            "command" => self.leave_out(LeftOut::told(&change.name)),
            kind => self.set_state(kind, &change.name, change.after.clone()),
        }
    }

    /// A file that a predicted package brings.
    pub(crate) fn brought_file(&self, path: &Path) -> Option<Inode> {
        let text = path.to_string_lossy();
        let is_link = |package: &&PendingPackage| package.links.contains_key(&*text);
        let brings = |package: &&PendingPackage| is_link(package) || package.brings_file(path);
        let Some(package) = self.pending.iter().find(brings) else {
            return self.left_out.iter().find_map(|command| command.makes(path));
        };
        let kind = if let Some(target) = package.links.get(&*text) {
            Kind::Link(target.into())
        } else if package.brings_directory(path) {
            Kind::Directory
        } else {
            Kind::File(match package.configuration.get(path) {
                Some(bytes) => Content::Bytes(bytes.clone()),
                None => Content::Unknown(package.unread()),
            })
        };
        let listed = self.pending.iter().rev().find_map(|package| package.permissions.get(&*text));
        let permissions = listed.copied().or(Some(if kind == Kind::Directory { 0o755 } else { 0o644 }));
        let (owner, group) = package.folder_of.unwrap_or((0, 0));
        Some(Inode { path: path.into(), kind, permissions, owner, group })
    }

    /// The names of owner and group of a file that a predicted package brings.
    pub(crate) fn brought_owner(&self, path: &Path) -> Option<(String, String)> {
        let text = path.to_string_lossy();
        self.pending.iter().rev().find_map(|package| package.owners.get(&*text).cloned())
    }

    /// The predicted package that brings a file.
    pub(crate) fn bringer(&self, path: &Path) -> Option<&PendingPackage> {
        self.pending.iter().find(|package| package.brings_file(path))
    }

    /// Why the names in a directory can't be known.
    pub(crate) fn hides(&self, directory: &Path) -> Option<Unknown> {
        self.pending.iter().find_map(|package| package.hides(directory))
    }

    /// The names that predicted packages bring to a directory.
    pub(crate) fn brought_names(&self, directory: &Path) -> BTreeSet<String> {
        let prefix = match directory.to_string_lossy().trim_end_matches('/') {
            "" => "/".to_owned(),
            text => format!("{text}/"),
        };
        let below = |package: &PendingPackage| -> Vec<String> {
            let files = package.files.iter().flatten();
            let name = |path: &String| {
                let name = path.strip_prefix(&prefix)?.trim_end_matches('/');
                (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
            };
            files.chain(package.links.keys()).filter_map(name).collect()
        };
        self.pending.iter().flat_map(below).collect()
    }
}

const NEW_DIRECTORY: &str = "new directory";
