use diag::{Error, Result};

/// What is known of the targets: one line each, with ansible-core's own figures (2.21, Debian 12, two processors).
const LIST: &str = include_str!("../targets.tsv");

/// A target and what is recorded of it.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The name of its folder.
    pub(crate) name: String,
    /// What it is about.
    pub(crate) covers: String,
    /// How many ok tasks ansible-core's own run has, over all recaps.
    pub(crate) tasks: u64,
    /// How many seconds ansible-core's own run takes.
    pub(crate) seconds: f64,
    pub(crate) host: Host,
    /// Whether CI runs it.
    pub(crate) in_ci: bool,
    pub(crate) recorded: Recorded,
}

/// What a target runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Host {
    /// Namespaces over an overlay.
    Sandbox,
    /// The same with a web server and a network of its own.
    Http,
    /// The same, booted with systemd.
    Machine,
}

/// What Capstan does with a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Recorded {
    Passes,
    /// It does not pass, for this reason.
    Fails(String),
    /// It is not in the list.
    Nothing,
}

impl Entry {
    /// A target that nothing is recorded of: its exit status alone decides.
    pub(crate) fn unlisted(name: &str) -> Entry {
        Entry {
            name: name.to_owned(),
            covers: String::new(),
            tasks: 0,
            seconds: 0.0,
            host: Host::Sandbox,
            in_ci: false,
            recorded: Recorded::Nothing,
        }
    }
}

/// The targets in the order of the file.
///
/// # Errors
/// A line of it is not right.
pub(crate) fn read() -> Result<Vec<Entry>> {
    LIST.lines()
        .skip(1)
        .map(|line| entry(line).ok_or_else(|| Error::new(format!("targets.tsv: what is '{line}'?"))))
        .collect()
}

fn entry(line: &str) -> Option<Entry> {
    let [name, covers, tasks, seconds, host, ci, verdict] =
        line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    Some(Entry {
        name: name.to_owned(),
        covers: covers.to_owned(),
        tasks: tasks.parse().ok()?,
        seconds: seconds.parse().ok()?,
        host: match host {
            "sandbox" => Host::Sandbox,
            "http" => Host::Http,
            "machine" => Host::Machine,
            _ => return None,
        },
        in_ci: match ci {
            "yes" => true,
            "no" => false,
            _ => return None,
        },
        recorded: match verdict {
            "" => return None,
            "passes" => Recorded::Passes,
            reason => Recorded::Fails(reason.to_owned()),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_an_entry_of_its_own() {
        let list = read().unwrap();
        let names: BTreeSet<&str> = list.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names.len(), list.len());
        assert!(list.iter().all(|entry| entry.seconds > 0.0));
    }

    #[test]
    fn a_line_that_lacks_a_column_is_refused() {
        assert!(entry("ping\tping\t6\t3.1\tsandbox\tyes").is_none());
        assert!(entry("ping\tping\t6\t3.1\tsandbox\tyes\tpasses").is_some());
        assert!(entry("ping\tping\t6\t3.1\tcloud\tyes\tpasses").is_none());
    }
}
