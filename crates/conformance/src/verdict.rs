use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use diag::Error;

use crate::list::Entry;

/// What came of a run.
pub(crate) struct Verdict {
    outcome: Outcome,
    pub(crate) seconds: f64,
    /// The ok tasks of all recaps.
    pub(crate) tasks: u64,
}

enum Outcome {
    Passed,
    /// It ended well, but ran fewer tasks than ansible-core does.
    Hollow(u64),
    /// The first error, or the last line.
    Failed(String),
    TimedOut,
}

/// Reads the log of a run that ended with `status`, or had to be ended.
pub(crate) fn of(entry: &Entry, status: Option<ExitStatus>, log: &Path, took: Duration) -> Verdict {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let tasks = text.lines().filter_map(ok_tasks).sum();
    let outcome = match status {
        None => Outcome::TimedOut,
        Some(status) if !status.success() => Outcome::Failed(reason(&text)),
        Some(_) if tasks < entry.tasks => Outcome::Hollow(entry.tasks),
        Some(_) => Outcome::Passed,
    };
    Verdict { outcome, seconds: took.as_secs_f64(), tasks }
}

/// The number of ok tasks in a line of a recap.
fn ok_tasks(line: &str) -> Option<u64> {
    let (_, counts) = line.split_once(" : ok=").or_else(|| line.split_once(": ok="))?;
    let mut words = counts.split_whitespace();
    let ok = words.next()?.parse().ok()?;
    words.next()?.starts_with("changed=").then_some(ok)
}

fn reason(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let is_error =
        |line: &&str| ["fatal: ", "[ERROR]", "error: "].iter().any(|start| line.starts_with(start));
    let line = text.lines().rfind(is_error).or_else(|| lines.next_back()).unwrap_or("it printed nothing");
    line.chars().take(160).collect()
}

impl Verdict {
    pub(crate) fn could_not_run(error: &Error) -> Verdict {
        Verdict { outcome: Outcome::Failed(error.summary()), seconds: 0.0, tasks: 0 }
    }

    pub(crate) fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed)
    }

    pub(crate) fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Passed => "pass",
            Outcome::Hollow(_) => "hollow",
            Outcome::Failed(_) => "FAIL",
            Outcome::TimedOut => "TIME",
        }
    }

    /// What there is to say of it, in brackets.
    pub(crate) fn note(&self) -> String {
        match &self.outcome {
            Outcome::Passed => String::new(),
            Outcome::Hollow(wanted) => format!(" ({} ok tasks, ansible-core has {wanted})", self.tasks),
            Outcome::Failed(reason) => format!(" ({reason})"),
            Outcome::TimedOut => " (ended: it took too long)".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_recap_count_and_others_do_not() {
        let line = "web1                       : ok=12   changed=3    unreachable=0    failed=0";
        assert_eq!(ok_tasks(line), Some(12));
        assert_eq!(ok_tasks("    msg: ok=12 and more"), None);
        assert_eq!(ok_tasks("web1 : ok=many changed=1"), None);
    }

    #[test]
    fn the_last_error_is_the_reason() {
        assert_eq!(
            reason("fatal: [a]: one\n...ignoring\nfatal: [a]: two\nPLAY RECAP\n\n"),
            "fatal: [a]: two"
        );
        assert_eq!(reason("+ diff a b\n\n"), "+ diff a b");
        assert_eq!(reason(""), "it printed nothing");
    }
}
