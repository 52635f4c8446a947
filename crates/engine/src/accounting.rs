use indexmap::IndexMap;
use inventory::HostName;

use crate::{CustomStats, Ran, Status};

/// What happened on each host, in numbers: the recap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    hosts: IndexMap<HostName, Tally>,
    /// What playbooks have noted themselves.
    pub custom: CustomStats,
}

/// What happened on one host, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tasks that ended well, changed or not.
    pub ok: usize,
    /// Tasks that changed something.
    pub changed: usize,
    /// Whether it could not be reached.
    pub unreachable: usize,
    /// Tasks that failed.
    pub failed: usize,
    /// Tasks that a condition skipped.
    pub skipped: usize,
    /// Failures that a rescue mended.
    pub rescued: usize,
    /// Failures that were ignored.
    pub ignored: usize,
    /// Tasks of which a dry run can't know what they would do.
    pub unknown: usize,
}

impl Tally {
    /// The sums of both.
    pub fn plus(&self, other: &Tally) -> Tally {
        Tally {
            ok: self.ok + other.ok,
            changed: self.changed + other.changed,
            unreachable: self.unreachable + other.unreachable,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            rescued: self.rescued + other.rescued,
            ignored: self.ignored + other.ignored,
            unknown: self.unknown + other.unknown,
        }
    }
}

impl Stats {
    /// The hosts and their numbers, sorted by name.
    pub fn hosts(&self) -> Vec<(&HostName, &Tally)> {
        let mut hosts: Vec<_> = self.hosts.iter().collect();
        hosts.sort_by(|left, right| left.0.cmp(right.0));
        hosts
    }

    /// The numbers of one host.
    pub fn of(&mut self, host: &HostName) -> &mut Tally {
        self.hosts.entry(host.clone()).or_default()
    }

    /// Counts a task that ended.
    pub(crate) fn count(&mut self, ran: &Ran) {
        let tally = self.of(&ran.host);
        match ran.status {
            Status::Ok => tally.ok += 1,
            Status::Changed => {
                tally.ok += 1;
                tally.changed += 1;
            }
            Status::Skipped => tally.skipped += 1,
            Status::Failed { ignored: false } => tally.failed += 1,
            Status::Failed { ignored: true } => {
                tally.ok += 1;
                tally.ignored += 1;
                tally.changed += usize::from(ran.result.get("changed").is_some_and(value::Value::is_true));
            }
            Status::Unreachable { ignored: false } => tally.unreachable += 1,
            Status::Unreachable { ignored: true } => {
                tally.ok += 1;
                tally.ignored += 1;
            }
            Status::Unknown(_) => tally.unknown += 1,
        }
    }

    /// Counts a failure that a rescue takes over.
    pub(crate) fn rescue(&mut self, host: &HostName) {
        let tally = self.of(host);
        tally.rescued += 1;
        tally.failed = tally.failed.saturating_sub(1);
    }
}
