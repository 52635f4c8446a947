use std::path::{Path, PathBuf};

use diag::{Error, Result};
use indexmap::IndexMap;
use value::Value;
use yaml::Node;

use crate::collection::Name;
use crate::document;
use crate::version::Version;

/// What `galaxy.yml` says about a collection.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) name: Name,
    /// Nothing, where it has none.
    pub(crate) version: Option<Version>,
    pub(crate) readme: String,
    pub(crate) authors: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) license: Vec<String>,
    pub(crate) license_file: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) dependencies: IndexMap<String, String>,
    pub(crate) repository: Option<String>,
    pub(crate) documentation: Option<String>,
    pub(crate) homepage: Option<String>,
    pub(crate) issues: Option<String>,
    pub(crate) build_ignore: Vec<String>,
    pub(crate) directives: Option<Directives>,
}

/// The key `manifest`: which files belong to it, as in Python's `MANIFEST.in`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directives {
    pub(crate) own: Vec<String>,
    pub(crate) omit_default: bool,
}

const KEYS: [&str; 16] = [
    "namespace",
    "name",
    "version",
    "readme",
    "authors",
    "description",
    "license",
    "license_file",
    "tags",
    "dependencies",
    "repository",
    "documentation",
    "homepage",
    "issues",
    "build_ignore",
    "manifest",
];

/// The `galaxy.yml` of a folder, if it has one.
pub(crate) fn file_in(folder: &Path) -> Option<PathBuf> {
    ["galaxy.yml", "galaxy.yaml"].iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

impl Metadata {
    /// Reads `galaxy.yml`; what is unknown in it is told to `warn`.
    ///
    /// # Errors
    /// It can't be read, or something that must be there is missing or wrong.
    pub(crate) fn read(path: &Path, warn: &mut dyn FnMut(Error)) -> Result<Metadata> {
        let wrong =
            |what: &str| Error::new(format!("The collection galaxy.yml at '{}' {what}", path.display()));
        let root = document::read(path)?.ok_or_else(|| wrong("is incorrectly formatted."))?;
        let entries = root.entries().ok_or_else(|| wrong("is incorrectly formatted."))?;
        let keys: Vec<String> = entries.iter().filter_map(|entry| document::text(&entry.key)).collect();
        let missing: Vec<&str> = ["authors", "name", "namespace", "readme", "version"]
            .into_iter()
            .filter(|key| !keys.iter().any(|known| known == key))
            .collect();
        if !missing.is_empty() {
            return Err(wrong(&format!("is missing the following mandatory keys: {}", missing.join(", "))));
        }
        let mut unknown: Vec<&str> =
            keys.iter().map(String::as_str).filter(|key| !KEYS.contains(key)).collect();
        unknown.sort_unstable();
        if !unknown.is_empty() {
            warn(Error::warning(format!(
                "Found unknown keys in collection galaxy.yml at '{}': {}",
                path.display(),
                unknown.join(", ")
            )));
        }
        let text = |key: &str| document::text_of(&root, key);
        let filled = |key: &str| text(key).filter(|text| !text.is_empty());
        let name = format!("{}.{}", text("namespace").unwrap_or_default(), text("name").unwrap_or_default());
        let name = Name::given(&name)?;
        let version = version(&name, root.get("version"))?;
        let mut dependencies = IndexMap::new();
        if let Some(node) = root.get("dependencies").filter(|node| !node.is_null()) {
            for entry in node.expect_entries("dependencies")? {
                let name = document::text(&entry.key).unwrap_or_default();
                dependencies.insert(name, document::text(&entry.value).unwrap_or_else(|| "*".into()));
            }
        }
        let directives = root.entry("manifest").map(|entry| directives(&entry.value)).transpose()?;
        let build_ignore = list(&root, "build_ignore");
        if directives.is_some() && !build_ignore.is_empty() {
            return Err(
                wrong("has both build_ignore and manifest, of which there can be only one").at(&root.span)
            );
        }
        Ok(Metadata {
            name,
            version,
            readme: text("readme").unwrap_or_default(),
            authors: list(&root, "authors"),
            description: filled("description"),
            license: list(&root, "license"),
            license_file: filled("license_file"),
            tags: list(&root, "tags"),
            dependencies,
            repository: filled("repository"),
            documentation: filled("documentation"),
            homepage: filled("homepage"),
            issues: filled("issues"),
            build_ignore,
            directives,
        })
    }
}

fn version(name: &Name, node: Option<&Node>) -> Result<Option<Version>> {
    let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(None) };
    let shown = document::text(node).unwrap_or_default();
    if shown == "*" {
        return Ok(None);
    }
    if let Some(version) = node.as_str().and_then(Version::parse) {
        return Ok(Some(version));
    }
    let kind = match node.as_scalar() {
        Some(Value::Float(_)) => format!(": {shown} (<class 'float'>)"),
        Some(Value::Int(_)) => format!(": {shown} (<class 'int'>)"),
        Some(_) => format!(": {shown} (<class 'str'>)"),
        None => String::new(),
    };
    let message = format!(
        "Invalid version found for the collection '{name}:{shown}'{kind}. A SemVer-compliant version or '*' is required."
    );
    Err(Error::new(message).at(&node.span))
}

/// The texts under a key, which may be one alone.
fn list(root: &Node, key: &str) -> Vec<String> {
    let Some(node) = root.get(key) else { return Vec::new() };
    match node.items() {
        Some(items) => items.iter().filter_map(document::text).collect(),
        None => document::text(node).into_iter().collect(),
    }
}

fn directives(node: &Node) -> Result<Directives> {
    if node.is_null() {
        return Ok(Directives::default());
    }
    node.expect_entries("manifest")?;
    let omit = node.get("omit_default_directives").and_then(|node| node.as_scalar()?.as_bool());
    Ok(Directives { own: list(node, "directives"), omit_default: omit.unwrap_or(false) })
}
