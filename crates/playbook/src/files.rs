use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use diag::{Error, Result, Source, Span};
use value::{Text, Value};
use vault::Secrets;
use yaml::{Entry, Node, NodeKind};

/// The files that were read, each once as long as it does not change.
#[derive(Default)]
pub(crate) struct Files {
    read: Mutex<HashMap<PathBuf, (Stamp, Arc<File>)>>,
    /// Texts that are in no file, by the path that they pretend to have.
    given: Mutex<HashMap<PathBuf, Arc<File>>>,
}

/// What tells whether a file has changed: its size and when it was written.
type Stamp = Option<(u64, SystemTime)>;

/// A YAML file.
pub(crate) struct File {
    pub(crate) root: Option<Node>,
    /// Keys that are written twice.
    pub(crate) warnings: Vec<Error>,
    /// The whole text, for errors about the file as such.
    pub(crate) span: Span,
    /// Whether it was encrypted; then its text is not in any span.
    pub(crate) encrypted: bool,
}

impl File {
    /// The same file with nothing to warn of.
    pub(crate) fn without_warnings(&self) -> File {
        File {
            root: self.root.clone(),
            warnings: Vec::new(),
            span: self.span.clone(),
            encrypted: self.encrypted,
        }
    }
}

impl Files {
    /// Takes a text for the file of this path.
    pub(crate) fn give(&self, path: &Path, text: &str) -> Result<()> {
        let source = Source::new(shown(path), text);
        let document = yaml::parse(&source)?;
        let span = Span::new(&source, 0, 0);
        let file = File { root: document.root, warnings: document.warnings, span, encrypted: false };
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert(path.to_path_buf(), Arc::new(file));
        Ok(())
    }

    /// Reads a YAML file, which may be encrypted as a whole.
    pub(crate) fn read(&self, path: &Path, secrets: &Secrets) -> Result<Arc<File>> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(file) = given {
            return Ok(file);
        }
        let stamp = std::fs::metadata(path).ok().and_then(|file| Some((file.len(), file.modified().ok()?)));
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some((known_stamp, file)) = known
            && known_stamp == stamp
            && stamp.is_some()
        {
            return Ok(file);
        }
        let file = Arc::new(read(path, secrets)?);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(path.to_path_buf(), (stamp, Arc::clone(&file)));
        Ok(file)
    }
}

fn read(path: &Path, secrets: &Secrets) -> Result<File> {
    let shown = shown(path);
    let unreadable =
        |cause: &dyn std::fmt::Display| Error::new(format!("can't read '{}'", shown.display())).cause(cause);
    let bytes = std::fs::read(path)
        .map_err(|cause| unreadable(&cause).advice("see that the file is there, and may be read"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| unreadable(&"it is not UTF-8 text").advice("save it in the encoding UTF-8"))?;
    let source = Source::new(&shown, text);
    let start = Span::new(&source, 0, 0);
    if !vault::is_vaulted(source.text()) {
        let document = yaml::parse(&source)?;
        return Ok(File { root: document.root, warnings: document.warnings, span: start, encrypted: false });
    }
    let (content, _) =
        vault::decrypt(source.text(), secrets).map_err(|error| error.at(&start).of_environment())?;
    let content =
        String::from_utf8(content).map_err(|_| unreadable(&"what was encrypted is not UTF-8 text"))?;
    // An error shows the line it is about, so nothing may point into what was encrypted.
    let hidden = Source::new(&shown, content);
    let document = yaml::parse(&hidden).map_err(|error| {
        let place =
            error.span().map(|span| format!(" (line {} of the decrypted text)", span.position().line));
        Error::new(format!("{}{}", error.message(), place.unwrap_or_default())).at(&start)
    })?;
    Ok(File {
        root: document.root.map(|root| moved(root, &start)),
        warnings: Vec::new(),
        span: start,
        encrypted: true,
    })
}

/// The path as errors show it: from the working directory, if it lies below.
fn shown(path: &Path) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|directory| path.strip_prefix(directory).ok())
        .filter(|relative| !relative.as_os_str().is_empty())
        .unwrap_or(path)
        .to_path_buf()
}

/// The node with all its places replaced by one.
fn moved(node: Node, to: &Span) -> Node {
    let kind = match node.kind {
        NodeKind::Scalar(Value::String(text)) if text.is_trusted() => {
            NodeKind::Scalar(Value::String(Text::trusted(text.shared(), Some(to.clone()))))
        }
        NodeKind::Scalar(Value::String(text)) => NodeKind::Scalar(Value::String(Text::new(text.shared()))),
        NodeKind::Scalar(value) => NodeKind::Scalar(value),
        NodeKind::List(items) => NodeKind::List(items.into_iter().map(|item| moved(item, to)).collect()),
        NodeKind::Map(entries) => NodeKind::Map(
            entries
                .into_iter()
                .map(|entry| Entry { key: moved(entry.key, to), value: moved(entry.value, to) })
                .collect(),
        ),
    };
    Node { kind, span: to.clone() }
}

/// The path without `.` and `..`, made absolute.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

/// The file `name`, with one of the endings of YAML if it has none of its own: with `exact` the name itself first.
pub(crate) fn with_ending(directory: &Path, name: &str, exact: bool) -> Option<PathBuf> {
    let endings = if exact { ["", ".yml", ".yaml", ".json"] } else { [".yml", ".yaml", ".json", ""] };
    endings.iter().map(|ending| directory.join(format!("{name}{ending}"))).find(|path| path.is_file())
}

/// The names of the files in a directory; none if it can't be read.
pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
