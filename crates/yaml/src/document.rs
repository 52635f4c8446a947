use std::sync::Arc;

use diag::{Error, Result, Source};

use crate::compose::Composer;
use crate::explain::character;
use crate::node::Node;

/// A text that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it holds; nothing for an empty text, or one of comments only.
    pub root: Option<Node>,
    /// What was read but may not be what was meant, such as a key written twice.
    pub warnings: Vec<Error>,
}

/// Reads a text of at most one document. A text that is JSON is read as JSON.
///
/// # Errors
///
/// The text is not YAML, uses a tag that is not known, or holds several documents.
pub fn parse(source: &Arc<Source>) -> Result<Document> {
    if let Some(root) = crate::json::parse(source)? {
        return Ok(Document { root: Some(root), warnings: Vec::new() });
    }
    let mut composer = Composer::new(source)?;
    let document = composer.next()?.unwrap_or(Document { root: None, warnings: Vec::new() });
    match composer.next_start()? {
        None => Ok(document),
        Some(start) => Err(Error::new("a second document starts here, where only one is allowed")
            .at(&character(source, start))
            .hint("remove the '---', or move what follows into a file of its own")),
    }
}

/// Reads a text of any number of documents, each starting with `---`.
///
/// # Errors
///
/// As for [`parse`], several documents excepted.
pub fn parse_all(source: &Arc<Source>) -> Result<Vec<Document>> {
    let mut composer = Composer::new(source)?;
    let mut documents = Vec::new();
    while let Some(document) = composer.next()? {
        documents.push(document);
    }
    Ok(documents)
}
