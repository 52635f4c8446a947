use system::{Content, FileType, Inode, Kind, Metadata, System};
use value::{Map, Unknown, Value};

/// What `stat` and `find` tell alike of what is at a path: kind, permissions, owner, size, numbers and times. Without
/// metadata, for what a dry run only predicts, numbers and times are unknown.
pub fn inode_facts(host: &mut System, inode: &Inode, metadata: Option<&Metadata>) -> Map {
    let mut facts = Facts(Map::new());
    facts.permissions(inode.effective_permissions(host.identity().umask));
    facts.kind(inode);
    facts.add("uid", inode.owner);
    facts.add("gid", inode.group);
    facts.add("pw_name", host.user_name(inode.owner));
    facts.add("gr_name", host.group_name(inode.group));
    facts.numbers(inode, metadata);
    facts.0
}

/// What numbers and times of something that is not there yet are.
pub fn not_yet() -> Value {
    Unknown::new("times and numbers of what a dry run only predicts").into()
}

struct Facts(Map);

impl Facts {
    fn add(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }

    fn permissions(&mut self, bits: u32) {
        self.add("mode", format!("{bits:04o}"));
        for (class, shift) in [("usr", 6), ("grp", 3), ("oth", 0)] {
            for (right, bit) in [("r", 4), ("w", 2), ("x", 1)] {
                self.add(&format!("{right}{class}"), bits >> shift & bit != 0);
            }
        }
        self.add("isuid", bits & 0o4000 != 0);
        self.add("isgid", bits & 0o2000 != 0);
    }

    fn kind(&mut self, inode: &Inode) {
        let is = |file_type| inode.kind == Kind::Other(file_type);
        self.add("isreg", inode.is_file());
        self.add("isdir", inode.is_directory());
        self.add("islnk", matches!(inode.kind, Kind::Link(_)));
        self.add("isblk", is(FileType::BlockDevice));
        self.add("ischr", is(FileType::CharacterDevice));
        self.add("isfifo", is(FileType::Pipe));
        self.add("issock", is(FileType::Socket));
    }

    fn numbers(&mut self, inode: &Inode, metadata: Option<&Metadata>) {
        let number =
            |get: fn(&Metadata) -> u64| metadata.map_or_else(not_yet, |metadata| get(metadata).into());
        let time = |get: fn(&Metadata) -> f64| metadata.map_or_else(not_yet, |metadata| get(metadata).into());
        let size = match &inode.kind {
            Kind::File(Content::Bytes(bytes)) => bytes.len().into(),
            Kind::File(Content::Unknown(unknown)) => unknown.clone().into(),
            Kind::Link(target) => target.as_os_str().len().into(),
            _ => number(|metadata| metadata.size),
        };
        self.add("size", size);
        self.add("inode", number(|metadata| metadata.inode));
        self.add("dev", number(|metadata| metadata.device));
        self.add("nlink", number(|metadata| metadata.links));
        self.add("blocks", number(|metadata| metadata.blocks));
        self.add("atime", time(|metadata| metadata.accessed));
        self.add("mtime", time(|metadata| metadata.modified));
        self.add("ctime", time(|metadata| metadata.changed));
    }
}
