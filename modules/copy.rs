use std::path::{Component, Path, PathBuf};

use module::{
    Arguments, FileArguments, HostPath, Mode, Module, NewContent, Outcome, TransferredFile, TransferredKind,
    attributes, inode_result, make_directories,
};
use protocol::Blob;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use system::{Content, Error, Inode, Kind, Result, System, md5_hex, sha1_hex};
use value::{JsonStyle, Value};

/// Copies files and directories to hosts, or writes a text into a file.
///
/// A file is only sent if the host does not have that content already, and it is replaced in one step: whoever reads it
/// meanwhile sees the old or the new file, never half of one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Copy {
    /// The file or directory to copy: on the controller, where a relative path is searched in the `files` folders of
    /// the role and the play, or with `remote_src` on the host. Of a directory that ends with a slash only what is in
    /// it is copied, otherwise the directory itself.
    src: Option<HostPath>,
    /// What shall be in the file, instead of `src`: text, or a mapping or list that is written as JSON.
    #[schemars(schema_with = "anything")]
    #[serde(default)]
    content: Value,
    /// Where to put it on the host. With a slash at the end it is a directory, which is made if it is missing.
    dest: HostPath,
    /// Take `src` from the host itself.
    #[serde(default)]
    remote_src: bool,
    /// Replace a file that is there. Otherwise a file is only put where none is yet.
    #[serde(default = "yes")]
    force: bool,
    /// Keep the replaced file beside it, under a name with the time.
    #[serde(default)]
    backup: bool,
    /// A program that has to accept the new file before it is put in place; `%s` stands for the file, as in
    /// `visudo -cf %s`.
    validate: Option<String>,
    /// The SHA-1 that `src` must have.
    checksum: Option<String>,
    #[serde(flatten)]
    file: FileArguments,
    /// Permissions of the directories that are made on the way.
    directory_mode: Option<Mode>,
    /// If `dest` is a symbolic link: write to what it leads to instead of replacing the link.
    #[serde(default)]
    follow: bool,
    /// Copy what the symbolic links below `src` lead to, instead of the links. On the controller that is the default.
    local_follow: Option<bool>,
    /// Decrypt `src` if it is in a vault.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    decrypt: bool,
    /// What the controller sends: one file with an empty `relative`, or everything below a directory.
    #[serde(default, rename = "_files")]
    #[schemars(skip)]
    files: Vec<TransferredFile>,
    /// What a single file is called on the controller, for a `dest` that is a directory.
    #[serde(default, rename = "_original_basename")]
    #[schemars(skip)]
    original_basename: Option<String>,
}

fn yes() -> bool {
    true
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({})
}

impl Arguments for Copy {
    const NAME: &'static str = "copy";
    const EXAMPLES: &'static str = r#"
- name: A configuration that has to be right
  copy:
    src: sudoers/deploy
    dest: /etc/sudoers.d/deploy
    owner: root
    group: root
    mode: "0440"
    validate: visudo -cf %s

- name: A text
  copy:
    content: |
      This host is managed.
    dest: /etc/motd

- name: All that is in a folder
  copy:
    src: site/
    dest: /srv/www/site/
    owner: www-data
    directory_mode: "0755"

- name: A file that is on the host already
  copy:
    src: /usr/share/doc/example/app.conf
    dest: /etc/app.conf
    remote_src: true
    mode: preserve
"#;
}

/// One file to put in place.
struct Source {
    data: Data,
    /// Permission bits at the place it comes from.
    permissions: Option<u32>,
}

enum Data {
    Blob(Blob),
    Bytes(Vec<u8>),
}

impl Data {
    fn sha1(&self) -> String {
        match self {
            Data::Blob(blob) => blob.sha1.clone(),
            Data::Bytes(bytes) => sha1_hex(bytes),
        }
    }

    fn size(&self) -> u64 {
        match self {
            Data::Blob(blob) => blob.size,
            Data::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// The bytes, if the host's file has others.
    fn if_different(self, host: &mut System, now: &Inode) -> Result<Option<Vec<u8>>> {
        let same = match &now.kind {
            Kind::File(Content::OnHost(size)) if *size != self.size() => false,
            Kind::File(_) => match host.read(&now.path) {
                Ok(bytes) => sha1_hex(&bytes) == self.sha1(),
                // Two contents of which one is not known are not the same but by a chance.
                Err(Error::Unknown(_)) => false,
                Err(error) => return Err(error),
            },
            _ => false,
        };
        match self {
            _ if same => Ok(None),
            Data::Blob(blob) => host.blob(&blob).map(Some),
            Data::Bytes(bytes) => Ok(Some(bytes)),
        }
    }
}

impl Module for Copy {
    fn run(mut self, host: &mut System) -> Result<Outcome> {
        let dest = self.dest.expand(host)?;
        let files = std::mem::take(&mut self.files);
        let content = std::mem::take(&mut self.content);
        match (&self.src, content) {
            (Some(_), content) if !content.is_null() => {
                Err(Error::failed("src and content are mutually exclusive"))
            }
            (Some(src), _) if self.remote_src => {
                let source = src.expand(host)?;
                self.within_host(host, &source, &dest)
            }
            (_, Value::Unknown(unknown)) => self.unknown_content(host, &dest, (*unknown).clone()),
            (None, content) if !content.is_null() && files.is_empty() => {
                let data = Data::Bytes(text_of(&content).into_bytes());
                self.single(host, &dest, None, Source { data, permissions: None })
            }
            (src, _) => match <[TransferredFile; 1]>::try_from(files) {
                Ok([TransferredFile { relative, kind: TransferredKind::File(blob), mode }])
                    if relative.is_empty() =>
                {
                    let source = Source { data: Data::Blob(blob), permissions: mode };
                    self.single(host, &dest, self.original_basename.as_deref(), source)
                }
                Ok([file]) => self.tree(host, &dest, vec![file]),
                Err(files) if !files.is_empty() => self.tree(host, &dest, files),
                Err(_) if src.is_some() => Err(Error::failed("the controller sent nothing of 'src'")),
                Err(_) => Err(Error::failed("src (or content) is required")),
            },
        }
    }
}

/// Mappings and lists as Python's `json.dumps` writes them.
fn text_of(content: &Value) -> String {
    match content {
        Value::Map(_) | Value::List(_) => content.to_json(JsonStyle::default()),
        other => other.to_string(),
    }
}

impl Copy {
    /// Puts one file into its place, which may be inside `dest`.
    fn single(&self, host: &mut System, dest: &Path, name: Option<&str>, source: Source) -> Result<Outcome> {
        if let Some(expected) =
            self.checksum.as_ref().filter(|expected| !expected.eq_ignore_ascii_case(&source.data.sha1()))
        {
            let found = source.data.sha1();
            // Playbooks compare these words.
            return Err(Error::failed("Copied file does not match the expected checksum. Transfer failed.")
                .with("checksum", found)
                .with("expected_checksum", expected.as_str()));
        }
        if self.force && !self.dest.ends_with_slash() {
            host.take_for_file(dest);
        }
        let path = self.place_of_single(host, dest, name)?;
        let told = self.src.as_ref().map(|src| src.as_str().to_owned());
        self.put_and_tell(host, &path, source, told)
    }

    /// Puts one file there, and tells of it; `from` is the file that is copied. A text of the playbook comes from none.
    fn put_and_tell(
        &self,
        host: &mut System,
        path: &Path,
        source: Source,
        from: Option<String>,
    ) -> Result<Outcome> {
        let checksum = source.data.sha1();
        let own_md5 = match &source.data {
            Data::Bytes(bytes) if self.remote_src => Some(md5_hex(bytes)),
            _ => None,
        };
        let written = self.put(host, path, source)?;
        let shown = written.path.to_string_lossy();
        let is_told = self.remote_src || written.is_refused || written.md5.is_some();
        let outcome = Outcome::new().with("dest", shown.as_ref()).with_some("src", from.filter(|_| is_told));
        if written.is_refused {
            return Ok(outcome);
        }
        // What is there already is told of as the module file does.
        let path = (written.md5.is_none() && !self.remote_src).then_some(shown.as_ref());
        let outcome = outcome
            .with_some("path", path)
            .with("checksum", checksum)
            .with_some("md5sum", written.md5.or(own_md5))
            .with_some("backup_file", written.backup.map(|backup| backup.to_string_lossy().into_owned()));
        let result = host.inode(&written.path)?;
        inode_result(host, outcome, &result)
    }

    /// The file that is to go to `relative` below the destination, at the place that a directory comes from.
    fn source_of(&self, relative: &str) -> Option<String> {
        let src = self.src.as_ref()?;
        let (whole, directory) = (src.ends_with_slash(), Path::new(src.as_str()));
        let above = if whole { Some(directory) } else { directory.parent() };
        Some(above?.join(relative).to_string_lossy().into_owned())
    }

    /// Where a single file goes: into `dest` if that is a directory.
    fn place_of_single(&self, host: &mut System, dest: &Path, name: Option<&str>) -> Result<PathBuf> {
        let inside =
            self.dest.ends_with_slash() || host.follow(dest)?.is_some_and(|found| found.is_directory());
        if inside {
            let Some(name) = name.filter(|name| is_below(name)) else {
                return Err(Error::failed("can not use content with a dir as dest"));
            };
            make_directories(
                host,
                dest,
                self.file.owner.as_deref(),
                self.file.group.as_deref(),
                self.directory_mode.as_ref(),
            )?;
            return Ok(dest.join(name));
        }
        let parent = directory_of(dest);
        if host.follow(parent)?.is_none() {
            return Err(no_directory(parent));
        }
        Ok(dest.to_owned())
    }

    /// Puts one file there. One that comes from the host takes its owner and permissions from there where it replaces
    /// another, as Ansible's does.
    fn put(&self, host: &mut System, path: &Path, source: Source) -> Result<Put> {
        let mut now = host.inode(path)?;
        let target = host.follow(path)?;
        if self.follow
            && let Some(target) = &target
        {
            now = target.clone();
        }
        let path = now.path.clone();
        if !self.force && target.is_some() {
            return Ok(Put { path, md5: None, backup: None, is_refused: true });
        }
        if matches!(now.kind, Kind::Directory | Kind::Other(_)) {
            return Err(Error::failed(format!(
                "{} is a {} and is not replaced by a file",
                path.display(),
                now.state()
            )));
        }
        let original = source.permissions.map(|bits| Mode::new(format!("{bits:04o}")));
        let bytes = source.data.if_different(host, &now)?;
        let replaced = self.remote_src && bytes.is_some() && now.is_file();
        let mode = match &self.file.mode {
            Some(mode) if mode.is_preserve() => original,
            None if replaced => original,
            given => given.clone(),
        };
        let identity = host.identity();
        let new_owner =
            |given: &Option<String>, own: u32| given.clone().or_else(|| replaced.then(|| own.to_string()));
        let (owner, group) =
            (new_owner(&self.file.owner, identity.uid), new_owner(&self.file.group, identity.gid));
        let md5 = bytes.as_deref().map(md5_hex);
        let new = NewContent {
            bytes,
            validate: self.validate.as_deref(),
            backup: self.backup,
            owner: owner.as_deref(),
            group: group.as_deref(),
            mode: mode.as_ref(),
        };
        let written = new.put(host, &now)?;
        self.file.marks().settle(host, &path)?;
        Ok(Put { path, md5, backup: written.backup, is_refused: false })
    }

    /// A dry run does not know what the content will be.
    fn unknown_content(&self, host: &mut System, dest: &Path, unknown: value::Unknown) -> Result<Outcome> {
        let path = self.place_of_single(host, dest, self.original_basename.as_deref())?;
        let now = host.inode(&path)?;
        let want = now.clone().into_kind(Kind::File(Content::Unknown(unknown.clone())));
        let want = self.file.applied_to(host, want)?;
        // Whoever reads the file later must not take the old content for the new one.
        host.place(&now, want)?;
        if !now.is_absent() {
            return Err(unknown.into());
        }
        let outcome = Outcome::new().with("dest", path.to_string_lossy().as_ref()).with("checksum", unknown);
        let result = host.inode(&path)?;
        inode_result(host, outcome, &result)
    }

    /// Puts what came from the controller below `dest`.
    fn tree(&self, host: &mut System, dest: &Path, files: Vec<TransferredFile>) -> Result<Outcome> {
        let directory = |host: &mut System, path: &Path| {
            make_directories(
                host,
                path,
                self.file.owner.as_deref(),
                self.file.group.as_deref(),
                self.directory_mode.as_ref(),
            )
        };
        if let Some(file) = files.iter().find(|file| !file.relative.is_empty() && !is_below(&file.relative)) {
            return Err(Error::failed(format!("'{}' is not below {}", file.relative, dest.display())));
        }
        // A single file is what the result tells of, however deep it lies.
        let is_single = files.iter().filter(|file| file.kind != TransferredKind::Directory).count() == 1;
        let mut single = None;
        directory(host, dest)?;
        for file in files {
            let path = if file.relative.is_empty() { dest.to_owned() } else { dest.join(&file.relative) };
            let parent = path.parent().unwrap_or(dest).to_owned();
            match file.kind {
                TransferredKind::Directory => {
                    directory(host, &path)?;
                }
                TransferredKind::File(blob) => {
                    directory(host, &parent)?;
                    let source = Source { data: Data::Blob(blob), permissions: file.mode };
                    if is_single {
                        let from = self.source_of(&file.relative);
                        single = Some(self.put_and_tell(host, &path, source, from)?);
                    } else {
                        self.put(host, &path, source)?;
                    }
                }
                TransferredKind::Link(target) => {
                    directory(host, &parent)?;
                    self.link(host, &path, PathBuf::from(target))?;
                }
            }
        }
        if let Some(outcome) = single {
            return Ok(outcome);
        }
        let outcome = Outcome::new()
            .with("dest", format!("{}/", dest.to_string_lossy().trim_end_matches('/')))
            .with_some("src", self.src.as_ref().map(HostPath::as_str));
        let result = host.inode(dest)?;
        inode_result(host, outcome, &result)
    }

    fn link(&self, host: &mut System, path: &Path, target: PathBuf) -> Result<()> {
        let now = host.inode(path)?;
        if now.is_directory() {
            return Err(Error::failed(format!(
                "{} is a directory and is not replaced by a link",
                path.display()
            )));
        }
        let want = now.clone().into_kind(Kind::Link(target));
        let want = attributes(host, want, self.file.owner.as_deref(), self.file.group.as_deref(), None)?;
        host.place(&now, want).map(drop)
    }

    /// Copies within the host.
    fn within_host(&self, host: &mut System, source: &Path, dest: &Path) -> Result<Outcome> {
        let Some(found) = host.follow(source)? else {
            return Err(Error::failed(format!("Source {} not found", source.display())));
        };
        match found.kind {
            Kind::Directory => self.host_tree(host, source, &found, dest),
            Kind::File(_) => {
                let data = Data::Bytes(host.read(&found.path)?);
                let name = source.file_name().map(|name| name.to_string_lossy().into_owned());
                self.single(host, dest, name.as_deref(), Source { data, permissions: found.permissions })
            }
            // Playbooks look for these words.
            _ => Err(Error::failed(format!(
                "Cannot copy invalid source '{}': not a file or directory, but a {}",
                source.display(),
                found.state()
            ))),
        }
    }

    fn host_tree(&self, host: &mut System, source: &Path, found: &Inode, dest: &Path) -> Result<Outcome> {
        let target = match source.file_name() {
            Some(name) if !self.src.as_ref().is_some_and(HostPath::ends_with_slash) => dest.join(name),
            _ => dest.to_owned(),
        };
        if target.starts_with(source) || target.starts_with(&found.path) {
            return Err(Error::failed(format!("{} can't be copied into itself", source.display())));
        }
        let parent = directory_of(dest);
        if !self.dest.ends_with_slash() && host.follow(parent)?.is_none() {
            return Err(no_directory(parent));
        }
        let into_directory =
            self.dest.ends_with_slash() || host.follow(dest)?.is_some_and(|found| found.is_directory());
        make_directories(
            host,
            dest,
            self.file.owner.as_deref(),
            self.file.group.as_deref(),
            self.directory_mode.as_ref(),
        )?;
        if target != dest {
            self.host_directory(host, found, &target)?;
        }
        self.host_tree_below(host, source, &target)?;
        // The mode is that of the destination itself, or of what was put into it; what is below keeps its own.
        let mode = match self.directory_mode.as_ref().or(self.file.mode.as_ref()) {
            Some(mode) if mode.is_preserve() => {
                found.permissions.map(|bits| Mode::new(format!("{bits:04o}")))
            }
            given => given.cloned(),
        };
        if let Some(now) = host.follow(if into_directory { &target } else { dest })? {
            let want = attributes(
                host,
                now.clone(),
                self.file.owner.as_deref(),
                self.file.group.as_deref(),
                mode.as_ref(),
            )?;
            host.place(&now, want)?;
        }
        let outcome = Outcome::new()
            .with("dest", dest.to_string_lossy().as_ref())
            .with_some("src", self.src.as_ref().map(HostPath::as_str))
            .with("checksum", Value::Null)
            .with("md5sum", Value::Null);
        let result = host.inode(dest)?;
        inode_result(host, outcome, &result)
    }

    fn host_tree_below(&self, host: &mut System, source: &Path, target: &Path) -> Result<()> {
        for name in host.list(source)? {
            let (from, to) = (source.join(&name), target.join(&name));
            let mut found = host.inode(&from)?;
            if let Kind::Link(link) = &found.kind {
                match host.follow(&from)? {
                    Some(followed) if self.local_follow == Some(true) => found = followed,
                    _ => {
                        self.link(host, &to, link.clone())?;
                        continue;
                    }
                }
            }
            match found.kind {
                Kind::Directory => {
                    self.host_directory(host, &found, &to)?;
                    self.host_tree_below(host, &from, &to)?;
                }
                Kind::File(_) => self.host_file(host, &found, &to)?,
                _ => {
                    let message = format!(
                        "{} is a {}; only files and directories are copied",
                        from.display(),
                        found.state()
                    );
                    return Err(Error::failed(message));
                }
            }
        }
        Ok(())
    }

    fn host_directory(&self, host: &mut System, found: &Inode, to: &Path) -> Result<()> {
        let now = host.inode(to)?;
        let want = match now.kind {
            Kind::Directory => now.clone(),
            Kind::Absent => {
                Inode { permissions: found.permissions, ..now.clone().into_kind(Kind::Directory) }
            }
            _ => {
                let message =
                    format!("{} is there already and is a {}, not a directory", to.display(), now.state());
                return Err(Error::failed(message));
            }
        };
        let want = attributes(host, want, self.file.owner.as_deref(), self.file.group.as_deref(), None)?;
        host.place(&now, want).map(drop)
    }

    fn host_file(&self, host: &mut System, found: &Inode, to: &Path) -> Result<()> {
        let now = host.inode(to)?;
        if now.is_directory() {
            return Err(Error::failed(format!(
                "{} is a directory and is not replaced by a file",
                to.display()
            )));
        }
        if !self.force && !now.is_absent() {
            return Ok(());
        }
        let want = match Data::Bytes(host.read(&found.path)?).if_different(host, &now)? {
            None => now.clone(),
            Some(bytes) => {
                let want = now.clone().with_content(bytes);
                Inode { permissions: want.permissions.or(found.permissions), ..want }
            }
        };
        let want = attributes(host, want, self.file.owner.as_deref(), self.file.group.as_deref(), None)?;
        host.place(&now, want).map(drop)
    }
}

/// What came of putting a file in place.
struct Put {
    path: PathBuf,
    md5: Option<String>,
    backup: Option<PathBuf>,
    /// Whether something is there that must not be replaced.
    is_refused: bool,
}

/// The directory that a path is in, which for a bare name is the working directory.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Playbooks compare these words.
fn no_directory(parent: &Path) -> Error {
    Error::failed(format!("Destination directory {} does not exist", parent.display()))
}

/// Whether a path stays below the directory that it is joined to.
fn is_below(relative: &str) -> bool {
    let mut components = Path::new(relative).components().peekable();
    components.peek().is_some() && components.all(|component| matches!(component, Component::Normal(_)))
}
