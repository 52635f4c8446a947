//! A place in a source as Ansible shows it: the origin, two lines before it, its line, and a pointer to the column.

use crate::source::{Position, Span};

/// Lines that stand before the one that is meant.
const LINES_BEFORE: usize = 2;

/// Longer lines, their numbers counted in, are cut.
const WIDEST: usize = 120;

/// What stands at the end of a line that is cut.
const CUT: &str = "...";

/// `Origin: FILE:LINE:COLUMN`, and the numbered lines where the source has them. The place is that of the node that the
/// span is a part of. Ends without a line break.
pub(crate) fn excerpt(span: &Span) -> String {
    let source = span.source();
    let position = span.node_position();
    let mut text = format!("Origin: {}:{}:{}\n", source.path().display(), position.line, position.column);
    if source.text().is_empty() {
        return text.trim_end().to_owned();
    }
    let width = position.line.to_string().len();
    for number in position.line.saturating_sub(LINES_BEFORE).max(1)..=position.line {
        let line = format!("{number:>width$} {}", source.line(number));
        text.push('\n');
        text.push_str(&cut(line.trim_end()));
    }
    if let Some(pointer) = pointer(position, width) {
        text.push('\n');
        text.push_str(&pointer);
    }
    text
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDEST {
        return line.to_owned();
    }
    line.chars().take(WIDEST - CUT.len()).chain(CUT.chars()).collect()
}

/// The pointer to a column; its words go to the left where there is no room to the right. `None` where the column is cut
/// off.
fn pointer(position: Position, width: usize) -> Option<String> {
    let indent = width + position.column;
    if indent >= WIDEST - CUT.len() {
        return None;
    }
    let right = format!("^ column {}", position.column);
    if indent + right.len() <= WIDEST {
        return Some(" ".repeat(indent) + &right);
    }
    Some(format!("{:>1$}", format!("column {} ^", position.column), indent + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn two_lines_stand_before_the_place() {
        let source = Source::new("/site.yml", "a: 1\n\nb:\n  c: \"{{ d }}\"\n");
        let scalar = Span::new(&source, 14, 23);
        let expected = "Origin: /site.yml:4:6\n\n2\n3 b:\n4   c: \"{{ d }}\"\n       ^ column 6";
        assert_eq!(excerpt(&scalar), expected);
        assert_eq!(excerpt(&scalar.part(4, 5)), expected, "a part has the place of the whole");
    }

    #[test]
    fn long_lines_are_cut_and_their_pointers_turned() {
        let source = Source::new("/site.yml", "x".repeat(200));
        let at = |column: usize| excerpt(&Span::new(&source, column - 1, column));
        assert_eq!(at(1).lines().nth(2).map(str::len), Some(120));
        assert!(at(103).ends_with(&format!("\n{}^ column 103", " ".repeat(104))));
        assert!(at(112).ends_with(&format!("\n{}column 112 ^", " ".repeat(102))));
        assert!(at(116).ends_with("xxx..."), "the column itself is cut off");
    }
}
