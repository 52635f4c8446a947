//! The packages of a task as a table: name, version before, version after.

use protocol::Change;

use super::words::words;
use super::{Difference, Fate, Line, Look};

/// The table.
pub(super) fn table(changes: &[&Change], look: Look) -> Difference {
    let version = |value: &value::Value| value.get("version").map_or_else(|| "-".into(), words);
    let rows: Vec<(Fate, &str, String, String)> = changes
        .iter()
        .map(|change| {
            let fate = super::readable::fate(change);
            (fate, change.name.as_str(), version(&change.before), version(&change.after))
        })
        .collect();
    let widest = |width: fn(&(Fate, &str, String, String)) -> usize, title: &str| {
        rows.iter().map(width).max().unwrap_or(0).max(title.len())
    };
    let names = widest(|row| row.1.chars().count(), "package");
    let before = widest(|row| row.2.chars().count(), "before");
    let row = |name: &str, old: &str, new: &str| {
        format!("{name:<names$}  {old:<before$}  {new}").trim_end().to_owned()
    };
    let mut lines = vec![Line::Header(format!("  {}", row("package", "before", "after")))];
    let rows = rows.iter().map(|(fate, name, old, new)| Line::Subject(*fate, row(name, old, new)));
    match rows.len().checked_sub(LONGEST).filter(|_| look.folded) {
        None | Some(0) => lines.extend(rows),
        Some(more) => {
            lines.extend(rows.take(LONGEST));
            lines.push(Line::Folded(format!("... {more} more ...")));
        }
    }
    Difference { subject: "packages".into(), lines }
}

/// The largest number of packages that are named where differences are folded.
const LONGEST: usize = 100;
