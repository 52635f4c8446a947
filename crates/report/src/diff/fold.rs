//! Long differences, folded: what is left out is counted.

use super::Line;
use super::words::{count, cut};

/// The longest run of added or removed lines that is shown whole.
const LONGEST_RUN: usize = 40;

/// What is shown of a longer one: so much of its beginning and its end.
const SHOWN_OF_RUN: (usize, usize) = (20, 5);

/// The largest number of lines that are shown of one thing.
const LONGEST: usize = 150;

/// The longest line that is shown whole.
const WIDEST: usize = 400;

/// The difference with long lines, long runs of lines, and the lines beyond a bound left out and counted.
pub(super) fn fold(lines: Vec<Line>) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    let mut rest = lines.into_iter().map(narrow).peekable();
    while let Some(line) = rest.next() {
        let mut run = vec![line];
        while let Some(next) = rest.next_if(|next| is_of_run(&run[0], next)) {
            run.push(next);
        }
        if run.len() > LONGEST_RUN {
            let end = run.split_off(run.len() - SHOWN_OF_RUN.1);
            let left_out = run.split_off(SHOWN_OF_RUN.0);
            out.append(&mut run);
            out.push(Line::Folded(format!("... {} ...", told(&left_out))));
            out.extend(end);
        } else {
            out.append(&mut run);
        }
    }
    if out.len() > LONGEST {
        let left_out = out.split_off(LONGEST);
        out.push(Line::Folded(format!("... {} ...", told(&left_out))));
    }
    out
}

/// Whether a line goes on with what `first` begins.
fn is_of_run(first: &Line, next: &Line) -> bool {
    matches!(
        (first, next),
        (Line::Added(_), Line::Added(_))
            | (Line::Removed(_), Line::Removed(_))
            | (Line::Same(_), Line::Same(_))
            | (Line::Note(_), Line::Note(_))
    )
}

/// How many lines of which kind there are.
fn told(lines: &[Line]) -> String {
    let number = |is: fn(&Line) -> bool| lines.iter().filter(|line| is(line)).count();
    let added = number(|line| matches!(line, Line::Added(_)));
    let removed = number(|line| matches!(line, Line::Removed(_)));
    let same = number(|line| matches!(line, Line::Same(_)));
    let others = number(|line| matches!(line, Line::Note(_)));
    let parts = [(added, "more line", " added"), (removed, "more line", " removed"), (same, "more line", "")];
    let mut parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, how)| count(number, what) + how)
        .collect();
    if others > 0 {
        parts.push(format!("{others} more"));
    }
    parts.join(", ")
}

fn narrow(line: Line) -> Line {
    match line {
        Line::Added(text) => Line::Added(cut(&text, WIDEST)),
        Line::Removed(text) => Line::Removed(cut(&text, WIDEST)),
        Line::Same(text) => Line::Same(cut(&text, WIDEST)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(count: usize) -> Vec<Line> {
        (0..count).map(|number| Line::Added(number.to_string())).collect()
    }

    #[test]
    fn long_runs_lose_their_middle() {
        assert_eq!(fold(added(40)), added(40));
        let folded = fold(added(100));
        assert_eq!(folded.len(), 26);
        assert_eq!(folded[20], Line::Folded("... 75 more lines added ...".into()));
        assert_eq!(folded[25], Line::Added("99".into()));
    }

    #[test]
    fn many_short_hunks_are_bounded_too() {
        let hunk = [Line::Hunk("@@".into()), Line::Removed("a".into()), Line::Added("b".into())];
        let folded = fold(std::iter::repeat_n(hunk, 100).flatten().collect());
        assert_eq!(folded.len(), 151);
        assert_eq!(folded[150], Line::Folded("... 50 more lines added, 50 more lines removed ...".into()));
    }

    #[test]
    fn long_lines_are_cut() {
        let folded = fold(vec![Line::Same("x".repeat(500))]);
        assert_eq!(folded, [Line::Same(format!("{} ... 100 more characters", "x".repeat(400)))]);
    }
}
