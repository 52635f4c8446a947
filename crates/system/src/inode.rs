use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::Change;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use value::{Map, Unknown, Value};

use crate::error::Error;
use crate::{Backend, FileType, Overlay, Result, State, System, sha1_hex};

/// What is at a path, or should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Inode {
    /// The path.
    pub path: PathBuf,
    /// What is there.
    pub kind: Kind,
    /// The lower twelve mode bits; `None` where nothing is yet and the system shall choose.
    pub permissions: Option<u32>,
    /// User id of the owner.
    pub owner: u32,
    /// Group id.
    pub group: u32,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing.
    Absent,
    /// A regular file.
    File(Content),
    /// A directory.
    Directory,
    /// A symbolic link to this target.
    Link(PathBuf),
    /// One more name for the file at this path; only ever wanted, never found.
    HardLink(PathBuf),
    /// Something else.
    Other(FileType),
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// What is on the host, nobody has looked; its size in bytes.
    OnHost(u64),
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// A dry run can't know.
    Unknown(Unknown),
}

/// The largest content, in bytes, that a change carries to be shown or shared.
const LARGEST_SHOWN: usize = 16 * 1024 * 1024;

impl Inode {
    /// Whether nothing is there.
    pub fn is_absent(&self) -> bool {
        self.kind == Kind::Absent
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }

    /// The word for it in results: `absent`, `file`, `directory`, `link`, ...
    pub fn state(&self) -> &'static str {
        match &self.kind {
            Kind::Absent => "absent",
            Kind::File(_) => "file",
            Kind::Directory => "directory",
            Kind::Link(_) => "link",
            Kind::HardLink(_) => "hard",
            Kind::Other(FileType::BlockDevice) => "block device",
            Kind::Other(FileType::CharacterDevice) => "character device",
            Kind::Other(FileType::Pipe) => "fifo",
            Kind::Other(FileType::Socket) => "socket",
            Kind::Other(_) => "other",
        }
    }

    /// The same place with something of this kind; what replaces a thing of another kind gets the permissions of a new one.
    pub fn into_kind(mut self, kind: Kind) -> Inode {
        if std::mem::discriminant(&self.kind) != std::mem::discriminant(&kind) {
            self.permissions = None;
        }
        self.kind = kind;
        self
    }

    /// The same place with a file of these bytes.
    pub fn with_content(self, bytes: impl Into<Arc<[u8]>>) -> Inode {
        self.into_kind(Kind::File(Content::Bytes(bytes.into())))
    }

    /// The same place with nothing there.
    pub fn removed(self) -> Inode {
        self.into_kind(Kind::Absent)
    }

    /// The permission bits that it has or, if it is new, gets.
    pub fn effective_permissions(&self, umask: u32) -> u32 {
        self.permissions.unwrap_or(match self.kind {
            Kind::Directory => 0o777 & !umask,
            Kind::Link(_) => 0o777,
            _ => 0o666 & !umask,
        })
    }

    fn describe(&self, umask: u32, before: Option<Arc<[u8]>>) -> Value {
        if self.is_absent() {
            return Value::Null;
        }
        let mut map = Map::new();
        map.insert("state".into(), self.state().into());
        match &self.kind {
            Kind::Link(target) | Kind::HardLink(target) => {
                map.insert("target".into(), target.to_string_lossy().as_ref().into());
            }
            _ => {
                map.insert("mode".into(), format!("0{:03o}", self.effective_permissions(umask)).into());
            }
        }
        map.insert("uid".into(), self.owner.into());
        map.insert("gid".into(), self.group.into());
        if let Kind::File(content) = &self.kind {
            let bytes = match content {
                Content::Bytes(bytes) => Some(Arc::clone(bytes)),
                _ => before,
            };
            match (content, bytes) {
                (Content::Unknown(unknown), _) => {
                    map.insert("content".into(), unknown.clone().into());
                }
                (_, Some(bytes)) => {
                    map.insert("size".into(), bytes.len().into());
                    map.insert("checksum".into(), sha1_hex(&bytes).into());
                    if bytes.len() <= LARGEST_SHOWN {
                        map.insert("content".into(), Value::Bytes(bytes));
                    }
                }
                (_, None) => {}
            }
        }
        map.into()
    }

    fn from_description(path: &str, value: &Value) -> Option<Inode> {
        let word = |key: &str| value.get(key).and_then(Value::as_str);
        let number =
            |key: &str| value.get(key).and_then(Value::as_i64).and_then(|number| u32::try_from(number).ok());
        let kind = match word("state") {
            None => Kind::Absent,
            Some("file") => Kind::File(match value.get("content") {
                Some(Value::Bytes(bytes)) => Content::Bytes(Arc::clone(bytes)),
                Some(Value::Unknown(unknown)) => Content::Unknown((**unknown).clone()),
                _ => Content::Unknown(Unknown::new(
                    "the content of a large file that another user would write",
                )),
            }),
            Some("directory") => Kind::Directory,
            Some("link") => Kind::Link(word("target")?.into()),
            Some("hard") => Kind::HardLink(word("target")?.into()),
            Some(_) => return None,
        };
        Some(Inode {
            path: path.into(),
            kind,
            permissions: word("mode").and_then(|mode| u32::from_str_radix(mode, 8).ok()),
            owner: number("uid").unwrap_or(0),
            group: number("gid").unwrap_or(0),
        })
    }
}

/// Only so that an inode is a [`State`]; the overlay keeps inodes as they are.
impl Serialize for Inode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = Map::new();
        map.insert("path".into(), self.path.to_string_lossy().as_ref().into());
        map.insert("inode".into(), self.describe(0o022, None));
        Value::from(map).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Inode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inode, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let path =
            value.get("path").and_then(Value::as_str).ok_or_else(|| D::Error::missing_field("path"))?;
        Inode::from_description(path, value.get("inode").unwrap_or(&Value::Null))
            .ok_or_else(|| D::Error::custom("not an inode"))
    }
}

impl State for Inode {
    const KIND: &'static str = "inode";

    fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn observe(host: &mut System, name: &str) -> Result<Inode> {
        host.inode(Path::new(name))
    }

    fn absent(name: &str) -> Inode {
        Inode { path: name.into(), kind: Kind::Absent, permissions: None, owner: 0, group: 0 }
    }

    fn is_absent(&self) -> bool {
        Inode::is_absent(self)
    }

    fn changes(host: &mut System, now: &Inode, want: &Inode) -> Result<Vec<Change>> {
        let umask = host.identity().umask;
        let unread = |content: &Kind| matches!(content, Kind::File(Content::OnHost(_)));
        let new_bytes = match (&now.kind, &want.kind) {
            (Kind::File(_), Kind::File(Content::Bytes(bytes))) => Some(bytes),
            _ => None,
        };
        // What is there has to be read if it is to be compared, or to be shown before it goes.
        let going = now.is_file() && !want.is_file() && host.shows_contents();
        let before = match &now.kind {
            Kind::File(Content::Bytes(bytes)) => Some(Arc::clone(bytes)),
            Kind::File(Content::OnHost(size)) => match new_bytes {
                Some(bytes) if bytes.len() as u64 != *size && !host.shows_contents() => None,
                Some(_) => Some(host.read(&now.path)?.into()),
                None if going && *size <= LARGEST_SHOWN as u64 => Some(host.read(&now.path)?.into()),
                None => None,
            },
            _ => None,
        };
        let same_content = match (&now.kind, &want.kind) {
            (Kind::File(_), Kind::File(Content::Bytes(bytes))) => before.as_ref() == Some(bytes),
            (Kind::File(_), kind) if unread(kind) => true,
            (left, right) => left == right,
        };
        let same_attributes = want.is_absent()
            || ((matches!(want.kind, Kind::Link(_))
                || now.effective_permissions(umask) == want.effective_permissions(umask))
                && (now.owner, now.group) == (want.owner, want.group));
        if same_content && same_attributes {
            return Ok(Vec::new());
        }
        // Contents are shown only where they change.
        let (before, after) = if same_content {
            (describe_without_content(now, umask), describe_without_content(want, umask))
        } else {
            (now.describe(umask, before), want.describe(umask, None))
        };
        let (mut before, after) = (with_names(host, before), with_names(host, after));
        if now.is_directory() && want.is_absent() && host.shows_differences() {
            let (mut directories, mut files) = (Vec::new(), Vec::new());
            list_below(host, &now.path, &mut directories, &mut files)?;
            if let Value::Map(before) = &mut before
                && !(directories.is_empty() && files.is_empty())
            {
                let content =
                    Value::map([("directories", Value::list(directories)), ("files", Value::list(files))]);
                Arc::make_mut(before).insert("path_content".into(), content);
            }
        }
        Ok(vec![Change { kind: Self::KIND.into(), name: want.name(), before, after }])
    }

    fn bring_about(host: &mut dyn Backend, now: &Inode, want: &Inode) -> Result<()> {
        let path = &want.path;
        let umask = host.identity().umask;
        let permissions = want.effective_permissions(umask);
        let replaces = std::mem::discriminant(&now.kind) != std::mem::discriminant(&want.kind);
        if replaces && now.is_directory() && !want.is_absent() {
            host.remove(path).map_err(|error| Error::io("can't remove", path, error))?;
        }
        match &want.kind {
            Kind::Absent => return host.remove(path).map_err(|error| Error::io("can't remove", path, error)),
            Kind::File(Content::Bytes(bytes)) => {
                return host
                    .write(path, bytes, permissions, want.owner, want.group)
                    .map_err(|error| Error::io("can't write", path, error));
            }
            Kind::File(Content::OnHost(_)) if now.is_file() => {}
            // What only a dry run can't know must not become an empty file.
            Kind::File(Content::Unknown(unknown)) => return Err(unknown.clone().into()),
            Kind::File(_) => {
                return host
                    .write(path, b"", permissions, want.owner, want.group)
                    .map_err(|error| Error::io("can't write", path, error));
            }
            Kind::Directory if now.is_directory() => {}
            Kind::Directory => {
                if !now.is_absent() {
                    host.remove(path).map_err(|error| Error::io("can't remove", path, error))?;
                }
                host.make_directory(path, permissions)
                    .map_err(|error| Error::io("can't make the directory", path, error))?;
            }
            Kind::Link(target) if now.kind != want.kind => {
                host.make_link(path, target)
                    .map_err(|error| Error::io("can't make the link", path, error))?;
            }
            Kind::HardLink(source) => {
                return host
                    .make_hard_link(path, source)
                    .map_err(|error| Error::io("can't make the hard link", path, error));
            }
            Kind::Link(_) | Kind::Other(_) => {}
        }
        let found = host.metadata(path).map_err(|error| Error::io("can't look at", path, error))?;
        let found = found.ok_or_else(|| {
            Error::failed(format!("{} went away while it was being changed", path.display()))
        })?;
        if (found.owner, found.group) != (want.owner, want.group) {
            host.set_owner(path, want.owner, want.group)
                .map_err(|error| Error::io("can't change the owner of", path, error))?;
        }
        // Changing the owner may clear the set-user-id bits, so permissions come last. A new directory has its
        // set-group-id bit from the one that it is in.
        let inherited = found.permissions & if want.permissions.is_none() { 0o2000 } else { 0 };
        let permissions = permissions | inherited;
        if !matches!(want.kind, Kind::Link(_)) {
            host.set_permissions(path, permissions)
                .map_err(|error| Error::io("can't change the permissions of", path, error))?;
        }
        Ok(())
    }

    fn recall(_: &Overlay, _: &str) -> Option<Inode> {
        // System::inode asks the overlay itself, for it has to follow links on the way.
        None
    }

    fn remember(&self, overlay: &mut Overlay) {
        overlay.set_inode(self.clone());
    }
}

/// What goes together with a directory: the paths of directories, and those of everything else.
fn list_below(
    host: &mut System,
    directory: &Path,
    directories: &mut Vec<String>,
    files: &mut Vec<String>,
) -> Result<()> {
    let mut inner = Vec::new();
    // A program may have taken it away already, before the change is told.
    let is_there = host.inode(directory)?.is_directory();
    for name in if is_there { host.list(directory)? } else { Vec::new() } {
        let path = directory.join(name);
        let shown = path.to_string_lossy().into_owned();
        if host.inode(&path)?.is_directory() {
            directories.push(shown);
            inner.push(path);
        } else {
            files.push(shown);
        }
    }
    inner.iter().try_for_each(|path| list_below(host, path, directories, files))
}

fn describe_without_content(inode: &Inode, umask: u32) -> Value {
    match inode.describe(umask, None) {
        Value::Map(map) => {
            let mut map = Arc::unwrap_or_clone(map);
            for key in ["content", "checksum", "size"] {
                map.shift_remove(key);
            }
            map.into()
        }
        other => other,
    }
}

/// Numbers say little to people: owner and group by name as well.
fn with_names(host: &mut System, described: Value) -> Value {
    let Value::Map(map) = described else { return described };
    let mut map = Arc::unwrap_or_clone(map);
    let id =
        |map: &Map, key: &str| map.get(key).and_then(Value::as_i64).and_then(|id| u32::try_from(id).ok());
    if let Some(uid) = id(&map, "uid") {
        map.insert("owner".into(), host.user_name(uid).into());
    }
    if let Some(gid) = id(&map, "gid") {
        map.insert("group".into(), host.group_name(gid).into());
    }
    map.into()
}

/// Another runner's predicted change, for this runner's overlay.
pub(crate) fn predicted(name: &str, after: &Value) -> Option<Inode> {
    Inode::from_description(name, after)
}
