//! Differences as people read them: unified, with the hunks that Python's difflib finds, which is what eyes know from
//! Ansible.

mod difference;
mod matcher;

pub use difference::Difference;

use similar::{DiffOp, group_diff_ops};

/// A line of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `--- before` or `+++ after`.
    Header(String),
    /// `@@ -1,2 +1,3 @@`.
    Hunk(String),
    /// A line that stays.
    Same(String),
    /// A line that goes.
    Removed(String),
    /// A line that comes.
    Added(String),
    /// `\ No newline at end of file`.
    NoNewline,
}

/// The unified diff of two texts with so many lines of context; empty if they are equal.
pub fn unified(before: &str, after: &str, context: usize) -> Vec<Line> {
    let (old, new) = (lines(before), lines(after));
    let ops = matcher::operations(&old, &new);
    let mut out = Vec::new();
    for group in group_diff_ops(ops, context) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        if group.iter().all(|op| matches!(op, DiffOp::Equal { .. })) {
            continue;
        }
        let old_range = range(first.old_range().start, last.old_range().end);
        let new_range = range(first.new_range().start, last.new_range().end);
        out.push(Line::Hunk(format!("@@ -{old_range} +{new_range} @@")));
        for op in group {
            if let DiffOp::Equal { .. } = op {
                push(&mut out, &old[op.old_range()], Line::Same);
            } else {
                push(&mut out, &old[op.old_range()], Line::Removed);
                push(&mut out, &new[op.new_range()], Line::Added);
            }
        }
    }
    out
}

/// Lines with their line breaks.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn push(out: &mut Vec<Line>, lines: &[&str], kind: impl Fn(String) -> Line) {
    for line in lines {
        match line.strip_suffix('\n') {
            Some(line) => out.push(kind(line.to_owned())),
            None => {
                out.push(kind((*line).to_owned()));
                out.push(Line::NoNewline);
            }
        }
    }
}

/// A range as hunk headers have it: one-based, the length left out if it is 1.
fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

impl Line {
    /// The line as text, with its sign.
    pub fn text(&self) -> String {
        match self {
            Line::Header(text) | Line::Hunk(text) => text.clone(),
            Line::Same(text) => format!(" {text}"),
            Line::Removed(text) => format!("-{text}"),
            Line::Added(text) => format!("+{text}"),
            Line::NoNewline => "\\ No newline at end of file".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> String {
        unified(before, after, 3).iter().map(|line| line.text() + "\n").collect()
    }

    #[test]
    fn hunks_are_those_of_difflib() {
        assert_eq!(shown("a\nb\nc\n", "a\nx\nc\n"), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
        assert_eq!(shown("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(shown("a\n", ""), "@@ -1 +0,0 @@\n-a\n");
        assert_eq!(shown("a", "a\n"), "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
        assert_eq!(shown("a\n", "a\n"), "");
        let before: String = (1..=20).map(|number| format!("{number}\n")).collect();
        let after = before.replace("10\n", "ten\n").replace("18\n", "");
        assert_eq!(
            shown(&before, &after),
            "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n@@ -15,6 +15,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n"
        );
    }
}
