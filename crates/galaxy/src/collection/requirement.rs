use std::fmt;
use std::path::Path;

use diag::{Error, Result};
use yaml::Node;

use crate::collection::Name;
use crate::document;
use crate::version::Range;

/// A collection that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What kind of place it is in.
    pub kind: Kind,
    /// Its name, or the place itself.
    pub name: String,
    /// The versions that will do, or for git what is to be checked out; `*` for any.
    pub version: String,
    /// The server to ask: its name in the configuration or its address.
    pub server: Option<String>,
}

/// What kind of place a collection is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On a server.
    Server,
    /// In a git repository.
    Git,
    /// An archive at an address.
    Address,
    /// An archive.
    File,
    /// A folder, or one with collections in it.
    Folder,
}

impl Requirement {
    /// Reads what stands on a command line or as a dependency's name.
    ///
    /// # Errors
    /// It is neither a place nor a name.
    pub fn given(text: &str, version: Option<&str>) -> Result<Requirement> {
        let any = || version.filter(|version| !version.is_empty()).unwrap_or("*").to_owned();
        if let Some(kind) = place(text) {
            let requirement = Requirement { kind, name: text.to_owned(), version: any(), server: None };
            return Ok(requirement);
        }
        let (name, range) = match text.split_once(':') {
            Some((name, range)) => (name, range.to_owned()),
            None => (text, any()),
        };
        Requirement { kind: Kind::Server, name: name.to_owned(), version: range, server: None }.checked()
    }

    pub(crate) fn of_node(node: &Node) -> Result<Requirement> {
        if let Some(name) = node.as_str() {
            return Requirement::given(name, None).map_err(|error| error.at(&node.span));
        }
        node.expect_entries("a collection")?;
        let text = |key: &str| document::text_of(node, key);
        let name = text("name");
        let source = text("source");
        let version = text("version").filter(|version| !version.is_empty()).unwrap_or_else(|| "*".into());
        if node.get("signatures").is_some_and(|signatures| !signatures.is_null()) {
            return Err(Error::new("signatures of collections can't be checked").at(&node.span));
        }
        let kind = match text("type").as_deref() {
            Some("galaxy") => Some(Kind::Server),
            Some("git") => Some(Kind::Git),
            Some("url") => Some(Kind::Address),
            Some("file") => Some(Kind::File),
            Some("dir" | "subdirs") => Some(Kind::Folder),
            Some(other) => {
                return Err(Error::new(format!(
                    "The collection requirement entry key 'type' must be one of file, galaxy, git, url, dir, or subdirs, not '{other}'."
                ))
                .at(&node.span));
            }
            None => None,
        };
        let Some(name) = name else {
            return match source.as_deref().and_then(|source| Some((source, place(source)?))) {
                Some((source, found)) if kind.is_none_or(|kind| kind == found) && found != Kind::Git => {
                    Ok(Requirement { kind: found, name: source.to_owned(), version, server: None })
                }
                _ => Err(not_a_name().at(&node.span)),
            };
        };
        let kind = match kind.or_else(|| place(&name)) {
            Some(kind) => kind,
            None if Name::parse(&name).is_some() => Kind::Server,
            None => return Err(not_a_name().at(&node.span)),
        };
        Requirement { kind, name, version, server: source }.checked().map_err(|error| error.at(&node.span))
    }

    fn checked(self) -> Result<Requirement> {
        if self.kind == Kind::Server {
            Name::given(&self.name)?;
            if Range::parse(&self.version).is_none() {
                return Err(Error::new(format!(
                    "'{}' is no range of versions for the collection {}",
                    self.version, self.name
                ))
                .hint("write it as '>=1.0.0,<2.0.0', '1.2.3' or '*'"));
            }
        }
        Ok(self)
    }

    /// The collection, where the requirement names it.
    pub fn collection(&self) -> Option<Name> {
        (self.kind == Kind::Server).then(|| Name::parse(&self.name)).flatten()
    }

    /// The versions that will do.
    pub(crate) fn range(&self) -> Range {
        Range::parse(&self.version).filter(|_| self.kind != Kind::Git).unwrap_or_else(Range::any)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Server => write!(formatter, "{}:{}", self.name, self.version),
            _ => formatter.write_str(&crate::http::without_password(&self.name)),
        }
    }
}

fn not_a_name() -> Error {
    Error::new(
        "Neither the collection requirement entry key 'name', nor 'source' point to a concrete resolvable collection \
         artifact. Also 'name' is not an FQCN. A valid collection name must be in the format <namespace>.<collection>. \
         Please make sure that the namespace and the collection name contain characters from [a-zA-Z0-9_] only.",
    )
}

/// What kind of place a text names, if it is one.
fn place(text: &str) -> Option<Kind> {
    if text.starts_with("git+") || text.starts_with("git@") {
        return Some(Kind::Git);
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Some(Kind::Address);
    }
    let path = Path::new(text.strip_prefix("file://").unwrap_or(text));
    let is_written_as_path = text.contains('/') || text.ends_with(".tar.gz") || text == ".";
    if path.is_file() && is_written_as_path {
        return Some(Kind::File);
    }
    (path.is_dir() && (is_written_as_path || Name::parse(text).is_none())).then_some(Kind::Folder)
}

/// A place in a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GitPlace {
    pub(crate) repository: String,
    /// What to check out.
    pub(crate) version: String,
    /// The folder in the repository; empty for its root.
    pub(crate) folder: String,
}

impl GitPlace {
    /// Reads `git+URL#folder,version`; `version` counts where the text has none.
    pub(crate) fn parse(text: &str, version: &str) -> GitPlace {
        let (text, version) = text.split_once(',').unwrap_or((text, version));
        let version = if matches!(version, "" | "*") { "HEAD" } else { version };
        let text = text.strip_prefix("git+").unwrap_or(text);
        let (repository, folder) = text.split_once('#').unwrap_or((text, ""));
        GitPlace {
            repository: repository.to_owned(),
            version: version.to_owned(),
            folder: folder.trim_matches('/').to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_a_name_or_a_place() {
        let named = Requirement::given("a.b:>=1.0,<2", None).unwrap();
        assert_eq!(
            (named.kind, named.name.as_str(), named.version.as_str()),
            (Kind::Server, "a.b", ">=1.0,<2")
        );
        assert_eq!(Requirement::given("git+https://h/r.git,v1", None).unwrap().kind, Kind::Git);
        assert_eq!(Requirement::given("https://h/a-b-1.0.0.tar.gz", None).unwrap().kind, Kind::Address);
        assert!(Requirement::given("a.b:main", None).is_err());
        assert!(Requirement::given("nothing", None).is_err());
    }

    #[test]
    fn places_in_git_have_folders_and_versions() {
        let place = GitPlace::parse("git+https://h/r.git#/sub/dir/,v1", "*");
        assert_eq!(
            (&*place.repository, &*place.folder, &*place.version),
            ("https://h/r.git", "sub/dir", "v1")
        );
        assert_eq!(GitPlace::parse("git@h:r.git", "*").version, "HEAD");
        assert_eq!(GitPlace::parse("git@h:r.git", "main").version, "main");
    }
}
