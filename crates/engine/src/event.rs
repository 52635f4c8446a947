use std::path::PathBuf;
use std::time::Instant;

use diag::{Error, Span};
use inventory::HostName;
use protocol::Change;
use value::{Map, Unknown};

use crate::Stats;

/// What happens in a run, in the order in which it is to be told.
#[derive(Clone, Debug)]
pub enum Event {
    /// A playbook begins.
    Playbook {
        /// Its file.
        path: PathBuf,
        /// The number of its plays.
        plays: usize,
    },
    /// A play begins.
    Play {
        /// Its name; the hosts' pattern if it has none.
        name: String,
        /// Whether it is a dry run.
        check_mode: bool,
    },
    /// A play has no hosts.
    NoHosts,
    /// A task begins, for one or more hosts.
    Task {
        /// Its name with the role's.
        title: String,
        /// Whether it is a handler.
        handler: bool,
        /// Where it is written.
        span: Option<Span>,
        /// Whether it is a dry run.
        check_mode: bool,
    },
    /// A host begins a task.
    Start {
        /// The host.
        host: HostName,
        /// The task.
        title: String,
    },
    /// One item of a loop has ended on a host.
    Item(Box<Ran>),
    /// A task has ended on a host.
    Ran(Box<Ran>),
    /// An attempt failed, there will be another.
    Retry {
        /// The host.
        host: HostName,
        /// The task.
        title: String,
        /// How many attempts are left.
        left: u64,
        /// What came of the attempt.
        result: Map,
    },
    /// A job of a task with `async` was looked at on a host.
    Job {
        /// The host.
        host: HostName,
        /// The job.
        id: String,
        /// How it is doing.
        state: JobState,
    },
    /// Tasks were included for some hosts.
    Included {
        /// The file, or the role's name.
        what: String,
        /// For which hosts.
        hosts: Vec<HostName>,
        /// The loop item.
        label: Option<String>,
    },
    /// Something that may not be meant, or an error that concerns no host alone.
    Notice(Error),
    /// Hosts began or ended work, for a live view.
    Working {
        /// The hosts that work now, and at what.
        hosts: Vec<HostName>,
    },
    /// No hosts are left to go on with.
    NoMoreHosts,
    /// What only those are told who ask for more.
    Remark {
        /// What to say.
        text: String,
        /// The number of `-v` from which on it is told.
        verbosity: u8,
    },
    /// The hosts that failed were written to a file, for another try.
    RetryFile {
        /// The file.
        path: PathBuf,
    },
    /// The run is over.
    Stats(Stats),
}

/// How a job is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It goes on.
    Running,
    /// It has done what it should.
    Ok,
    /// It failed, or took too long.
    Failed,
}

/// What came of a task, or of one item of its loop, on a host.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The host.
    pub host: HostName,
    /// The host that did it instead.
    pub delegate: Option<String>,
    /// How it ended.
    pub status: Status,
    /// The result as it is registered.
    pub result: Map,
    /// What was changed, or in a dry run would be.
    pub changes: Vec<Change>,
    /// The loop item, as it is shown.
    pub label: Option<String>,
    /// The error behind a failure.
    pub error: Option<Error>,
    /// Whether the result must be hidden.
    pub no_log: bool,
    /// Whether differences are to be shown.
    pub diff: bool,
    /// Whether the result is shown however quiet the run is.
    pub shown: bool,
    /// Whether items of a loop were told one by one, so that this is only their sum.
    pub looped: bool,
    /// The action's name as written.
    pub action: String,
    /// Things worth telling the user.
    pub warnings: Vec<String>,
    /// Ways to write the task that go away some day.
    pub deprecations: Vec<Error>,
    /// When it began. Events are told in the hosts' order, so when they are told says nothing about it.
    pub began: Instant,
    /// When it ended.
    pub ended: Instant,
}

impl Ran {
    /// An end with nothing but a status and a result.
    pub(crate) fn new(host: &HostName, action: &str, status: Status, result: Map) -> Ran {
        let now = Instant::now();
        Ran {
            host: host.clone(),
            delegate: None,
            status,
            result,
            changes: Vec::new(),
            label: None,
            error: None,
            no_log: false,
            diff: false,
            shown: false,
            looped: false,
            action: action.to_owned(),
            warnings: Vec::new(),
            deprecations: Vec::new(),
            began: now,
            ended: now,
        }
    }

    /// A condition said no.
    pub(crate) fn skipped(host: &HostName, action: &str) -> Ran {
        let result = Map::from_iter([("changed".into(), false.into()), ("skipped".into(), true.into())]);
        Ran::new(host, action, Status::Skipped, result)
    }
}

/// How a task ended on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// All was as it should be.
    Ok,
    /// Something was changed, or in a dry run would be.
    Changed,
    /// A condition said no.
    Skipped,
    /// It failed.
    Failed {
        /// Whether the play goes on all the same.
        ignored: bool,
    },
    /// The host can't be reached.
    Unreachable {
        /// Whether the host stays in the play.
        ignored: bool,
    },
    /// A dry run can't know what it would do.
    Unknown(Unknown),
}

/// Takes events.
pub trait Events: Send + Sync {
    /// Takes the next one.
    fn take(&self, event: Event);
}
