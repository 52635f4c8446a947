//! Differences as people read them: unified, with the hunks that Python's difflib finds, which is what eyes know from
//! Ansible. Under Ansible's names the rest of a change looks as it does there as well; under our own it is made to be read.

mod ansible;
mod content;
mod fold;
mod matcher;
mod packages;
mod readable;
mod words;

use protocol::Change;
use similar::{DiffOp, group_diff_ops};

use crate::options::Manner;
use crate::paint::Tone;

/// What one change, or several packages together, look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: a path, a package, a unit.
    pub subject: String,
    /// The lines, ready to be shown.
    pub lines: Vec<Line>,
}

/// How differences are to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whose they are.
    pub manner: Manner,
    /// Lines around each difference of a text.
    pub context: usize,
    /// Whether long ones are folded, if they are our own.
    pub folded: bool,
}

impl Look {
    /// Whether what is long or stands there already is left out and counted.
    pub(crate) fn folds(self) -> bool {
        self.manner == Manner::Capstan && self.folded
    }
}

impl Difference {
    /// The differences of changes. Packages are shown together; what has no state to compare is left out.
    pub fn of(changes: &[Change], look: Look) -> Vec<Difference> {
        match look.manner {
            Manner::Ansible => ansible::differences(changes, look.context),
            Manner::Capstan => readable::differences(changes, look),
        }
    }
}

/// Whether a change has a state to compare: commands have none, and a file that a module copies before it changes it, named
/// `PATH.PROCESS.DATE@TIME~`, is seen in the difference of the file itself.
fn has_state(change: &Change) -> bool {
    let time = change.name.strip_suffix('~').and_then(|name| name.rsplit_once('@')).map(|(_, time)| time);
    let is_time = time.is_some_and(|time| time.len() == 8 && time.split(':').count() == 3);
    change.kind != "command" && !(change.before.is_null() && is_time)
}

/// A line of a difference.
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
    /// What is about to be told, and what becomes of it.
    Subject(Fate, String),
    /// Something beside the text: permissions, a package's version.
    Note(String),
    /// What is left out.
    Folded(String),
}

/// What becomes of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    New,
    /// It is another.
    Changed,
    /// It is no more.
    Gone,
    /// Something is done with it that leaves it as it is.
    Used,
}

impl Fate {
    /// The sign that stands for it.
    pub fn sign(self) -> char {
        match self {
            Fate::New => '+',
            Fate::Changed => '~',
            Fate::Gone => '-',
            Fate::Used => '!',
        }
    }
}

/// What stands in the place of a secret.
const MASK: &str = "********";

/// Whether a secret was in this line. A longer row of stars is an ornament.
fn holds_secret(line: &str) -> bool {
    line.split(|character| character != '*').any(|stars| stars == MASK)
}

/// A line in the place of one that a secret takes.
const OLD_SECRET: &str = "********\n";

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
            let (gone, come) = (&old[op.old_range()], &new[op.new_range()]);
            if let DiffOp::Equal { .. } = op {
                push(&mut out, gone, Line::Same);
            } else if come.iter().any(|line| holds_secret(line)) {
                // What a secret takes the place of was the secret before.
                push(&mut out, &vec![OLD_SECRET; gone.len()], Line::Removed);
                push(&mut out, come, Line::Added);
            } else {
                push(&mut out, gone, Line::Removed);
                push(&mut out, come, Line::Added);
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
            Line::Subject(fate, text) => format!("{} {text}", fate.sign()),
            Line::Note(text) | Line::Folded(text) => format!("    {text}"),
        }
    }

    /// What it is about, for its colour.
    pub(crate) fn tone(&self) -> Tone {
        match self {
            Line::Added(_) | Line::Subject(Fate::New, _) => Tone::Added,
            Line::Removed(_) | Line::Subject(Fate::Gone, _) => Tone::Removed,
            Line::Hunk(_) => Tone::Hunk,
            Line::Header(text) if text.starts_with("---") => Tone::Removed,
            Line::Header(text) if text.starts_with("+++") => Tone::Added,
            Line::Subject(Fate::Changed | Fate::Used, _) => Tone::Changed,
            Line::Folded(_) => Tone::Detail,
            Line::Header(_) | Line::Same(_) | Line::NoNewline | Line::Note(_) => Tone::Plain,
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
        assert_eq!(
            shown("a\nkey=old\n", "a\nkey=********\n"),
            "@@ -1,2 +1,2 @@\n a\n-********\n+key=********\n"
        );
        assert_eq!(shown("/*\n", "/*********\n"), "@@ -1 +1 @@\n-/*\n+/*********\n");
        let before: String = (1..=20).map(|number| format!("{number}\n")).collect();
        let after = before.replace("10\n", "ten\n").replace("18\n", "");
        assert_eq!(
            shown(&before, &after),
            "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n@@ -15,6 +15,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n"
        );
    }
}
