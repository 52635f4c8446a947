use std::path::Path;
use std::sync::Arc;

use diag::{Error, Errors, Result, Source, Span};
use value::{Text, Value};
use vault::Secrets;
use yaml::{Document, Entry, Node, NodeKind};

/// A file that was read, and decrypted if it was vaulted.
pub(crate) struct Input {
    source: Arc<Source>,
    /// What errors may show: the text itself, or for a decrypted one asterisks of the same shape.
    shown: Arc<Source>,
    secret: bool,
}

impl Input {
    /// Reads a file.
    pub(crate) fn read(path: &Path, secrets: &Secrets) -> Result<Input> {
        let bytes = std::fs::read(path)
            .map_err(|cause| Error::new(format!("'{}' can't be read", path.display())).cause(cause))?;
        let text = utf8(path, bytes)?;
        if !vault::is_vaulted(&text) {
            return Ok(Input::from(Source::new(path, text)));
        }
        let start = |error: Error| error.at(&Span::new(&Source::new(path, text.as_str()), 0, 0));
        let (content, _) = vault::decrypt(&text, secrets).map_err(start)?;
        let source = Source::new(path, utf8(path, content)?);
        let asterisks = |character: char| match character {
            '\n' | ' ' | '\t' => character.to_string(),
            other => "*".repeat(other.len_utf8()),
        };
        let shown = Source::new(path, source.text().chars().map(asterisks).collect::<String>());
        Ok(Input { source, shown, secret: true })
    }

    pub(crate) fn text(&self) -> &str {
        self.source.text()
    }

    /// A place that may be shown.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(&self.shown, start, end)
    }

    /// A string of this file.
    pub(crate) fn string(&self, text: &str, place: &Span) -> Text {
        let text = Text::trusted(text, Some(place.clone()));
        if self.secret { text.secret() } else { text }
    }

    /// Reads it as YAML.
    pub(crate) fn yaml(&self) -> Result<Document> {
        if !self.secret {
            return yaml::parse(&self.source);
        }
        let document = yaml::parse(&self.source).map_err(|error| self.conceal_error(&error))?;
        Ok(Document {
            root: document.root.map(|root| self.conceal(root)),
            warnings: document.warnings.iter().map(|warning| self.conceal_error(warning)).collect(),
        })
    }

    /// The errors, without words of a file that is secret.
    pub(crate) fn conceal_errors(&self, errors: Errors) -> Errors {
        if !self.secret {
            return errors;
        }
        let mut concealed = Errors::new();
        concealed.extend(errors.iter().map(|error| self.conceal_error(error)));
        concealed
    }

    fn conceal_error(&self, error: &Error) -> Error {
        let message = "something is wrong in the decrypted text of this file";
        let concealed = match error.severity() {
            diag::Severity::Error => Error::new(message),
            diag::Severity::Warning => Error::warning(message),
            diag::Severity::Deprecation => Error::deprecation(message),
        };
        let place = error.span().map(|span| self.span(span.start(), span.end()));
        concealed.at_some(place.as_ref()).hint("view it with 'capstan vault view' to see what")
    }

    fn conceal(&self, node: Node) -> Node {
        let span = self.span(node.span.start(), node.span.end());
        let kind = match node.kind {
            NodeKind::Scalar(Value::String(text)) => {
                let hidden = self.string(&text, &span);
                NodeKind::Scalar(Value::String(if text.is_trusted() { hidden } else { hidden.untrusted() }))
            }
            NodeKind::Scalar(Value::Vaulted(text)) => {
                NodeKind::Scalar(Value::Vaulted(self.string(&text, &span)))
            }
            NodeKind::Scalar(value) => NodeKind::Scalar(value),
            NodeKind::List(items) => {
                NodeKind::List(items.into_iter().map(|item| self.conceal(item)).collect())
            }
            NodeKind::Map(entries) => NodeKind::Map(
                entries
                    .into_iter()
                    .map(|entry| Entry {
                        // A variable's name is no secret, and the names of variables are listed.
                        key: Node {
                            span: self.span(entry.key.span.start(), entry.key.span.end()),
                            ..entry.key
                        },
                        value: self.conceal(entry.value),
                    })
                    .collect(),
            ),
        };
        Node { kind, span }
    }
}

impl From<Arc<Source>> for Input {
    fn from(source: Arc<Source>) -> Input {
        Input { shown: Arc::clone(&source), source, secret: false }
    }
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        Error::new(format!("'{}' is not UTF-8 text", path.display())).hint("save it in the encoding UTF-8")
    })
}
