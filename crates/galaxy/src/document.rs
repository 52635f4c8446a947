use std::path::Path;

use diag::{Error, Result, Source};
use yaml::Node;

/// The YAML of a file; nothing, if there is nothing in it.
///
/// # Errors
/// The file can't be read, or is not YAML.
pub(crate) fn read(path: &Path) -> Result<Option<Node>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(format!("can't read '{}'", path.display())).cause(error))?;
    Ok(yaml::parse(&Source::new(path, text))?.root)
}

/// A scalar as text, as Python's `str` would write it; nothing, where nothing stands.
pub(crate) fn text(node: &Node) -> Option<String> {
    match node.as_scalar() {
        Some(scalar) if scalar.is_null() => None,
        Some(scalar) => Some(scalar.as_str().map_or_else(|| scalar.repr(), str::to_owned)),
        None => Some(node.to_value().repr()),
    }
}

/// The scalar under a key as text.
pub(crate) fn text_of(node: &Node, key: &str) -> Option<String> {
    text(node.get(key)?)
}
