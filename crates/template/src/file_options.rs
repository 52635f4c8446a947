use std::sync::Arc;

use diag::{Error, Result, Source, Span};
use minijinja::syntax::SyntaxConfig;

use crate::syntax::unescape;

/// How a template file is read; the default is what the template module does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileOptions {
    /// What a statement starts with.
    pub block_start: String,
    /// What a statement ends with.
    pub block_end: String,
    /// What an expression starts with.
    pub variable_start: String,
    /// What an expression ends with.
    pub variable_end: String,
    /// What a comment starts with.
    pub comment_start: String,
    /// What a comment ends with.
    pub comment_end: String,
    /// What a line that is a statement starts with; empty for none.
    pub line_statement_prefix: String,
    /// What a line that is a comment starts with; empty for none.
    pub line_comment_prefix: String,
    /// Whether the line break after a statement is dropped.
    pub trim_blocks: bool,
    /// Whether blanks before a statement at the start of a line are dropped.
    pub lstrip_blocks: bool,
    /// The line break that the result is written with.
    pub newline_sequence: String,
    /// Whether a line break at the end of the file is kept.
    pub keep_trailing_newline: bool,
}

impl Default for FileOptions {
    fn default() -> FileOptions {
        FileOptions {
            block_start: "{%".into(),
            block_end: "%}".into(),
            variable_start: "{{".into(),
            variable_end: "}}".into(),
            comment_start: "{#".into(),
            comment_end: "#}".into(),
            line_statement_prefix: String::new(),
            line_comment_prefix: String::new(),
            trim_blocks: true,
            lstrip_blocks: false,
            newline_sequence: "\n".into(),
            keep_trailing_newline: true,
        }
    }
}

/// The word that a first line with options starts with.
const HEADER: &str = "#jinja2:";

impl FileOptions {
    /// These options, with those of the file's own `#jinja2:` line, and where the template starts behind that line.
    ///
    /// # Errors
    /// If that line sets an option that there is not.
    pub(crate) fn with_header(&self, source: &Arc<Source>) -> Result<(FileOptions, usize)> {
        let Some(rest) = source.text().strip_prefix(HEADER) else { return Ok((self.clone(), 0)) };
        let line_end = rest.find('\n').unwrap_or(rest.len());
        let mut options = self.clone();
        for setting in pairs(&rest[..line_end]) {
            options.set(setting.trim()).map_err(|error| {
                let start = HEADER.len() + (setting.as_ptr() as usize - rest.as_ptr() as usize);
                error.at(&Span::new(source, start, start + setting.len()))
            })?;
        }
        Ok((options, (HEADER.len() + line_end + 1).min(source.text().len())))
    }

    fn set(&mut self, setting: &str) -> Result<()> {
        let (name, value) = setting.split_once(':').ok_or_else(|| {
            Error::new(format!("'{setting}' is not a setting: it needs a name, a colon and a value"))
        })?;
        let (name, value) = (name.trim(), value.trim());
        let text = || {
            let quoted = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
            unescape(quoted('\'').or_else(|| quoted('"')).unwrap_or(value))
        };
        let flag = || match value {
            "True" | "true" => Ok(true),
            "False" | "false" => Ok(false),
            _ => Err(Error::new(format!("'{name}' must be True or False, not {value}"))),
        };
        match name {
            "block_start_string" => self.block_start = text(),
            "block_end_string" => self.block_end = text(),
            "variable_start_string" => self.variable_start = text(),
            "variable_end_string" => self.variable_end = text(),
            "comment_start_string" => self.comment_start = text(),
            "comment_end_string" => self.comment_end = text(),
            "line_statement_prefix" => self.line_statement_prefix = text(),
            "line_comment_prefix" => self.line_comment_prefix = text(),
            "newline_sequence" => self.newline_sequence = text(),
            "trim_blocks" => self.trim_blocks = flag()?,
            "lstrip_blocks" => self.lstrip_blocks = flag()?,
            "keep_trailing_newline" => self.keep_trailing_newline = flag()?,
            _ => {
                let known = [
                    "block_start_string",
                    "block_end_string",
                    "variable_start_string",
                    "variable_end_string",
                    "comment_start_string",
                    "comment_end_string",
                    "line_statement_prefix",
                    "line_comment_prefix",
                    "newline_sequence",
                    "trim_blocks",
                    "lstrip_blocks",
                    "keep_trailing_newline",
                ];
                return Err(Error::new(format!("there is no template setting '{name}'"))
                    .hint_some(diag::did_you_mean(name, known)));
            }
        }
        Ok(())
    }

    /// The parser's settings.
    ///
    /// # Errors
    /// If the delimiters can't be told from each other.
    pub(crate) fn syntax(&self) -> Result<SyntaxConfig> {
        let mut builder = SyntaxConfig::builder();
        builder
            .block_delimiters(self.block_start.clone(), self.block_end.clone())
            .variable_delimiters(self.variable_start.clone(), self.variable_end.clone())
            .comment_delimiters(self.comment_start.clone(), self.comment_end.clone())
            .line_statement_prefix(self.line_statement_prefix.clone())
            .line_comment_prefix(self.line_comment_prefix.clone())
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            .keep_trailing_newline(self.keep_trailing_newline);
        builder.build().map_err(|error| {
            Error::new("the template's delimiters can't be told from each other").cause(error)
        })
    }

    /// The text with its line breaks as asked for.
    pub(crate) fn with_newlines(&self, text: &str) -> String {
        let text = text.replace("\r\n", "\n");
        if self.newline_sequence == "\n" { text } else { text.replace('\n', &self.newline_sequence) }
    }

    /// The same for what is no text as a whole.
    pub(crate) fn bytes_with_newlines(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => {
                    out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
                    out.extend_from_slice(self.newline_sequence.as_bytes());
                }
                None => out.extend_from_slice(line),
            }
        }
        out
    }
}

/// The settings of a header: separated by commas, which may also stand inside quotes.
fn pairs(line: &str) -> Vec<&str> {
    let mut quote = None;
    line.split(|character| {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, ',') => return true,
            _ => {}
        }
        false
    })
    .filter(|setting| !setting.trim().is_empty())
    .collect()
}
