use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that was read: a file, or something like the command line that stands in for one.
pub struct Source {
    name: PathBuf,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Keeps `text` under the name that errors will show: a path, or a description such as `<command line>`.
    pub fn new(name: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Source> {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Source { name: name.into(), text, line_starts })
    }

    /// The path or description given to [`Source::new`].
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The absolute path of a file; the description of what is none.
    pub fn path(&self) -> PathBuf {
        let described = self.name.to_str().is_none_or(|name| name.is_empty() || name.starts_with('<'));
        if described {
            self.name.clone()
        } else {
            std::path::absolute(&self.name).unwrap_or_else(|_| self.name.clone())
        }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset; offsets past the end count as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.boundary(offset);
        let line = self.line_starts.partition_point(|&start| start <= offset) - 1;
        let column = self.text[self.line_starts[line]..offset].chars().count();
        Position { line: line + 1, column: column + 1 }
    }

    /// The nearest start of a character, not after `offset`.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// The byte offset of a one-based line and column; places past the end count as the end.
    pub fn offset(&self, position: Position) -> usize {
        let Some(&start) = self.line_starts.get(position.line.saturating_sub(1)) else {
            return self.text.len();
        };
        let rest = &self.text[start..];
        start + rest.char_indices().nth(position.column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
    }

    /// The text of a one-based line, without its line break.
    pub fn line(&self, line: usize) -> &str {
        let Some(&start) = self.line_starts.get(line.saturating_sub(1)) else { return "" };
        let end = self.line_starts.get(line).map_or(self.text.len(), |&next| next - 1);
        self.text[start..end].trim_end_matches('\r')
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Source({})", self.name.display())
    }
}

/// A one-based line and column; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// One-based line.
    pub line: usize,
    /// One-based column, in characters.
    pub column: usize,
}

/// A range of bytes in a [`Source`]; cheap to clone.
#[derive(Clone)]
pub struct Span {
    source: Arc<Source>,
    start: u32,
    end: u32,
    /// Where the node starts that this is a part of.
    node: u32,
}

impl Span {
    /// The bytes `start..end` of `source`; what lies inside of a character counts as its start.
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Span {
        let start = source.boundary(start);
        let end = source.boundary(end).max(start);
        Span { source: Arc::clone(source), start: start as u32, end: end as u32, node: start as u32 }
    }

    /// The source that the range lies in.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The byte offset where the range starts.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// The byte offset just past the range.
    pub fn end(&self) -> usize {
        self.end as usize
    }

    /// The line and column where the range starts.
    pub fn position(&self) -> Position {
        self.source.position(self.start())
    }

    /// The text of the range; empty where the range cuts a character.
    pub fn text(&self) -> &str {
        self.source.text.get(self.start()..self.end()).unwrap_or_default()
    }

    /// The range `start..end` counted from the start of this one.
    pub fn part(&self, start: usize, end: usize) -> Span {
        Span { node: self.node, ..Span::new(&self.source, self.start() + start, self.start() + end) }
    }

    /// The line and column where the node starts that this is a [`Span::part`] of: of an expression inside of a scalar, the
    /// scalar's.
    pub fn node_position(&self) -> Position {
        self.source.position(self.node as usize)
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Span) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && (self.start, self.end) == (other.start, other.end)
    }
}

/// `file:line:column`.
impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        write!(formatter, "{}:{line}:{column}", self.source.name.display())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_never_cuts_a_character() {
        let source = Source::new("site.yml", "é: ü");
        let span = Span::new(&source, 1, 5);
        assert_eq!((span.start(), span.end(), span.text()), (0, 4, "é: "));
        assert_eq!(crate::Error::new("x").at(&span).render(crate::Style::Plain).lines().count(), 5);
    }

    #[test]
    fn positions_and_offsets_are_inverse() {
        let source = Source::new("site.yml", "a: é\nb: 2\n");
        for (offset, line, column) in [(0, 1, 1), (5, 1, 5), (6, 2, 1), (9, 2, 4), (11, 3, 1)] {
            assert_eq!(source.position(offset), Position { line, column });
            assert_eq!(source.offset(Position { line, column }), offset);
        }
        assert_eq!(source.position(4), Position { line: 1, column: 4 }, "inside a character");
        assert_eq!(source.line(2), "b: 2");
        assert_eq!(source.line(9), "");
    }
}
