use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use module::{
    Arguments, FileArguments, HostPath, Module, Outcome, attributes, expand_text, inode_failure, inode_result,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Content, Error, Inode, Kind, Result, System};

/// Makes, changes and removes files, directories and links.
///
/// Without `state`, what is there keeps its kind and only owner, group and permissions are set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Which file, directory or link.
    #[schemars(extend("aliases" = ["dest", "name"]))]
    path: HostPath,
    /// What should be there.
    state: Option<State>,
    /// For `link` and `hard`: what the link leads to. A relative path counts from the link's own directory.
    src: Option<String>,
    #[serde(flatten)]
    file: FileArguments,
    /// For `directory`: set owner, group and permissions of everything below it as well.
    #[serde(default)]
    recurse: bool,
    /// If the path is a symbolic link: work on what it leads to. Links and removals never follow.
    #[serde(default = "yes")]
    follow: bool,
    /// For `link` and `hard`: replace what is there, and link to what is not there (yet).
    #[serde(default)]
    force: bool,
    /// Time of last change, `now`, `preserve` or as `modification_time_format` says.
    modification_time: Option<String>,
    /// Time of last access, `now`, `preserve` or as `access_time_format` says.
    access_time: Option<String>,
    /// How `modification_time` is written, in the directives of strftime(3).
    #[serde(default = "time_format")]
    modification_time_format: String,
    /// How `access_time` is written, in the directives of strftime(3).
    #[serde(default = "time_format")]
    access_time_format: String,
    /// Only tell whether what is there looks binary; for programs that show differences.
    #[serde(default, rename = "_diff_peek")]
    diff_peek: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Nothing is there; a directory goes with all that is in it.
    Absent,
    /// A directory is there; those above it are made as well.
    Directory,
    /// A file is there already; it is not made.
    File,
    /// A hard link to `src` is there.
    Hard,
    /// A symbolic link to `src` is there.
    Link,
    /// A file is there, if need be an empty one, and its times are set.
    Touch,
}

fn yes() -> bool {
    true
}

fn time_format() -> String {
    "%Y%m%d%H%M.%S".into()
}

impl Arguments for File {
    const NAME: &'static str = "file";
    const EXAMPLES: &'static str = r#"
- name: A directory for the site
  file:
    path: /srv/www/site
    state: directory
    owner: www-data
    group: www-data
    mode: "0755"

- name: The current release
  file:
    src: releases/42
    dest: /srv/www/current
    state: link

- name: No leftovers
  file:
    path: /etc/nginx/sites-enabled/default
    state: absent
"#;
}

impl Module for File {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let path = self.followed(host)?;
        // Playbooks compare the words of failures, and read of them what is at the path.
        self.carry_out(host, &path).map_err(|error| inode_failure(host, error, &path))
    }
}

impl File {
    /// Where to work: at what a link leads to, if it is to be followed.
    fn followed(&self, host: &mut System) -> Result<PathBuf> {
        let path = self.path.expand(host)?;
        if self.follow
            && !matches!(self.state, Some(State::Absent | State::Link | State::Hard))
            && matches!(host.inode(&path)?.kind, Kind::Link(_))
        {
            return match host.follow(&path)? {
                Some(target) => Ok(target.path),
                // A directory is made where the link leads.
                None if self.state == Some(State::Directory) => host.real_path(&path),
                None => Ok(path),
            };
        }
        Ok(path)
    }

    fn carry_out(&self, host: &mut System, path: &Path) -> Result<Outcome> {
        let now = host.inode(path)?;
        let state = match self.state {
            Some(state) => state,
            None if now.is_directory() => State::Directory,
            None if matches!(now.kind, Kind::Link(_)) && self.src.is_some() => State::Link,
            None if now.is_absent() && self.recurse => State::Directory,
            None => State::File,
        };
        // Playbooks look for these words.
        if self.src.is_some() && !matches!(state, State::Link | State::Hard) {
            return Err(Error::failed("src option requires state to be 'link' or 'hard'"));
        }
        if self.recurse && state != State::Directory {
            return Err(Error::failed("recurse option requires state to be 'directory'"));
        }
        if self.diff_peek == Some(true) {
            return self.peek(host, &now);
        }
        match state {
            State::Absent => {
                host.place(&now, now.clone().removed())?;
            }
            State::Directory => self.directory(host, path)?,
            State::File => self.existing(host, &now)?,
            State::Link => self.link(host, &now)?,
            State::Hard => self.hard_link(host, &now)?,
            State::Touch => self.touch(host, &now)?,
        }
        if matches!(state, State::Directory | State::File | State::Hard) {
            self.set_times(host, path)?;
        }
        if state != State::Absent {
            self.file.marks().settle(host, path)?;
        }
        let result = host.inode(path)?;
        let key = if matches!(state, State::Link | State::Hard | State::Touch) { "dest" } else { "path" };
        // As it was written, unless a link was followed.
        let written = expand_text(self.path.as_str(), host)?;
        let shown =
            if self.path.expand(host)? == path { written } else { path.to_string_lossy().into_owned() };
        let target = match &result.kind {
            Kind::Link(target) if state == State::Link => Some(target.to_string_lossy().into_owned()),
            _ => self.src.clone(),
        };
        let outcome = Outcome::new().with(key, shown).with_some("src", target);
        if state == State::Link && host.follow(path)?.is_none() {
            return Ok(outcome);
        }
        inode_result(host, outcome, &result)
    }

    /// What programs that show differences ask first.
    fn peek(&self, host: &mut System, now: &Inode) -> Result<Outcome> {
        let is_binary = now.is_file() && host.read(&now.path)?.iter().take(8192).any(|byte| *byte == 0);
        let outcome = Outcome::new().with("path", self.path.as_str()).with("appears_binary", is_binary);
        inode_result(host, outcome, now)
    }

    fn with_attributes(&self, host: &mut System, inode: Inode) -> Result<Inode> {
        self.file.applied_to(host, inode)
    }

    /// Directories that have to be made on the way get the same owner and permissions.
    fn directory(&self, host: &mut System, path: &Path) -> Result<()> {
        let mut missing: Vec<PathBuf> = Vec::new();
        for ancestor in path.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
            match host.follow(ancestor)? {
                None if matches!(host.inode(ancestor)?.kind, Kind::Link(_)) => {
                    return Err(Error::failed(format!("{} already exists as a link", ancestor.display())));
                }
                None => missing.push(ancestor.to_owned()),
                Some(found) if found.is_directory() => break,
                Some(found) => {
                    let message = format!("{} already exists as a {}", ancestor.display(), found.state());
                    return Err(Error::failed(message));
                }
            }
        }
        let existed = missing.is_empty();
        for directory in missing.into_iter().rev() {
            let now = host.inode(&directory)?;
            let want = self.with_attributes(host, now.clone().into_kind(Kind::Directory))?;
            host.place(&now, want)?;
        }
        if existed {
            let now = host.inode(path)?;
            let want = self.with_attributes(host, now.clone())?;
            host.place(&now, want)?;
        }
        if self.recurse { self.below(host, path) } else { Ok(()) }
    }

    fn below(&self, host: &mut System, directory: &Path) -> Result<()> {
        for name in host.list(directory)? {
            let now = host.inode(&directory.join(name))?;
            let want = match now.kind {
                Kind::Link(_) => attributes(
                    host,
                    now.clone(),
                    self.file.owner.as_deref(),
                    self.file.group.as_deref(),
                    None,
                )?,
                _ => self.with_attributes(host, now.clone())?,
            };
            host.place(&now, want)?;
            if now.is_directory() {
                self.below(host, &now.path)?;
            }
        }
        Ok(())
    }

    fn existing(&self, host: &mut System, now: &Inode) -> Result<()> {
        if now.is_absent() {
            let message = format!("file ({}) is absent, cannot continue", now.path.display());
            return Err(Error::failed(message).with("state", "absent"));
        }
        if self.state == Some(State::File) && !now.is_file() {
            let message = format!("file ({}) is {}, cannot continue", now.path.display(), now.state());
            return Err(Error::failed(message));
        }
        let want = self.with_attributes(host, now.clone())?;
        host.place(now, want).map(drop)
    }

    fn source(&self, kind: &str) -> Result<&str> {
        self.src.as_deref().ok_or_else(|| Error::failed(format!("src is required for creating new {kind}s")))
    }

    fn link(&self, host: &mut System, now: &Inode) -> Result<()> {
        let target = match (&self.src, &now.kind) {
            (None, Kind::Link(target)) => target.clone(),
            _ => PathBuf::from(expand_text(self.source("symlink")?, host)?),
        };
        let directory =
            if now.is_directory() { &now.path } else { now.path.parent().unwrap_or(Path::new("/")) };
        let source = directory.join(&target);
        if host.follow(&source)?.is_none() && !self.force {
            let message = format!(
                "src file does not exist, use 'force=yes' if you really want to create the link: {}",
                source.display()
            );
            return Err(Error::failed(message).with("src", target.to_string_lossy().as_ref()));
        }
        match &now.kind {
            Kind::Absent | Kind::Link(_) => {}
            _ if !self.force => {
                let state = if self.has_names(host, now)? { "hard" } else { now.state() };
                let message =
                    format!("refusing to convert from {state} to symlink for {}", now.path.display());
                return Err(Error::failed(message));
            }
            Kind::Directory if !host.list(&now.path)?.is_empty() => {
                let message =
                    format!("the directory {} is not empty, refusing to convert it", now.path.display());
                return Err(Error::failed(message));
            }
            _ => {}
        }
        let mut want = now.clone().into_kind(Kind::Link(target));
        if want.kind != now.kind {
            // A link that leads elsewhere is a new one, and belongs to who makes it.
            let identity = host.identity();
            (want.owner, want.group) = (identity.uid, identity.gid);
        }
        let want = attributes(host, want, None, None, None)?;
        host.place(now, want)?;
        // Owner and permissions go to what the link leads to, unless it is not to be followed.
        match host.follow(&now.path)? {
            Some(found) if self.follow => {
                let want = self.with_attributes(host, found.clone())?;
                host.place(&found, want).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Whether a file has further names.
    fn has_names(&self, host: &mut System, now: &Inode) -> Result<bool> {
        Ok(now.is_file() && host.stat(&now.path)?.metadata.is_some_and(|metadata| metadata.links > 1))
    }

    fn hard_link(&self, host: &mut System, now: &Inode) -> Result<()> {
        let source = HostPath::new(self.source("hardlink")?).expand(host)?;
        let Some(found) = host.follow(&source)? else {
            let shown = source.to_string_lossy();
            let dest = now.path.to_string_lossy();
            return Err(Error::failed("src does not exist")
                .with("src", shown.as_ref())
                .with("dest", dest.as_ref()));
        };
        let number = |host: &mut System, path: &Path| -> Result<_> {
            Ok(host.stat(path)?.metadata.map(|metadata| (metadata.device, metadata.inode)))
        };
        let linked =
            number(host, &found.path)?.is_some() && number(host, &found.path)? == number(host, &now.path)?;
        if !linked {
            if !now.is_absent() && !self.force {
                let message = if self.has_names(host, now)? {
                    "Cannot link, different hard link exists at destination".into()
                } else {
                    format!("Cannot link, {} exists at destination", now.state())
                };
                return Err(Error::failed(message).with("src", source.to_string_lossy().as_ref()));
            }
            let want = Inode { path: now.path.clone(), ..found.clone() }
                .into_kind(Kind::HardLink(found.path.clone()));
            host.place(now, Inode { permissions: found.permissions, ..want })?;
        }
        let now = host.inode(&now.path)?;
        let want = self.with_attributes(host, now.clone())?;
        host.place(&now, want).map(drop)
    }

    fn touch(&self, host: &mut System, now: &Inode) -> Result<()> {
        let made = now.is_absent();
        let want = match now.kind {
            Kind::Absent => now.clone().into_kind(Kind::File(Content::Bytes(Vec::new().into()))),
            _ => now.clone(),
        };
        let want = self.with_attributes(host, want)?;
        // Playbooks look for these words.
        let failed = |error: Error| error.context("Error, could not touch target");
        host.place(now, want).map_err(failed)?;
        let accessed = self.time(host, self.access_time.as_deref(), &self.access_time_format)?;
        let modified = self.time(host, self.modification_time.as_deref(), &self.modification_time_format)?;
        let explicit = self.access_time.is_some() || self.modification_time.is_some();
        if (!made || explicit)
            && (accessed.is_some() || modified.is_some())
            && !self.has_times(host, now, accessed, modified)?
        {
            host.touch(&now.path, accessed, modified).map_err(failed)?;
        }
        Ok(())
    }

    /// Sets the times that are asked for of what is there.
    fn set_times(&self, host: &mut System, path: &Path) -> Result<()> {
        let preserve = Some("preserve");
        let accessed = self.time(host, self.access_time.as_deref().or(preserve), &self.access_time_format)?;
        let modified =
            self.time(host, self.modification_time.as_deref().or(preserve), &self.modification_time_format)?;
        if accessed.is_some() || modified.is_some() {
            let now = host.inode(path)?;
            if !self.has_times(host, &now, accessed, modified)? {
                host.touch(path, accessed, modified)?;
            }
        }
        Ok(())
    }

    fn has_times(
        &self,
        host: &mut System,
        now: &Inode,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>,
    ) -> Result<bool> {
        let Some(metadata) = host.stat(&now.path)?.metadata else { return Ok(false) };
        let same = |wanted: Option<SystemTime>, found: f64| {
            wanted.is_none_or(|time| time == SystemTime::UNIX_EPOCH + Duration::from_secs_f64(found.max(0.0)))
        };
        Ok(same(accessed, metadata.accessed) && same(modified, metadata.modified))
    }

    /// `None` leaves the time as it is.
    fn time(&self, host: &System, written: Option<&str>, format: &str) -> Result<Option<SystemTime>> {
        match written {
            None | Some("now") => Ok(Some(host.now())),
            Some("preserve" | "") => Ok(None),
            Some(written) => jiff::civil::DateTime::strptime(format, written)
                .and_then(|time| time.to_zoned(jiff::tz::TimeZone::system()))
                .map(|time| Some(SystemTime::from(time.timestamp())))
                .map_err(|error| {
                    Error::failed(format!(
                        "Error while obtaining timestamp for time {written} using format {format}: {error}"
                    ))
                }),
        }
    }
}
