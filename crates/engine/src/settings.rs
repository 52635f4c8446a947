use std::path::PathBuf;
use std::time::Duration;

use protocol::Foresight;
use transport::Secret;

use crate::FactCache;

/// How a run is to be carried out: command line and configuration, resolved.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many hosts are worked on at once.
    pub forks: usize,
    /// Whether this is a dry run.
    pub check: bool,
    /// How far a dry run looks ahead.
    pub foresight: Foresight,
    /// Whether differences are shown.
    pub diff: bool,
    /// The number of `-v`.
    pub verbosity: u8,
    /// Whether the run tells what it does between tasks.
    pub debug: bool,
    /// The tags to run; empty runs all.
    pub tags: Vec<String>,
    /// The tags to skip.
    pub skip_tags: Vec<String>,
    /// The task to start at, by name or pattern.
    pub start_at_task: Option<String>,
    /// Whether notified handlers run even on hosts that failed.
    pub force_handlers: bool,
    /// The hosts that the run is limited to, as patterns; none is all.
    pub limit: Option<String>,
    /// Whether results of failed hosts end the run for all, unless a play says otherwise.
    pub any_errors_fatal: bool,
    /// How hosts go through a play that does not say it.
    pub strategy: String,
    /// When facts are gathered.
    pub gathering: Gathering,
    /// Where facts outlive the run, if anywhere.
    pub fact_cache: Option<FactCache>,
    /// Whether facts of runs before are forgotten.
    pub flush_cache: bool,
    /// Whether the hosts that failed are written to a file, for another try, and where.
    pub retry_files: Option<RetryFiles>,
    /// Whether dicts of the same name are merged, and not only the uppermost of them seen.
    pub merges_dicts: bool,
    /// Whether facts are also variables of their own.
    pub inject_facts: bool,
    /// Whether the notification of a handler that is not there is an error.
    pub error_on_missing_handler: bool,
    /// Whether arguments and results are masked, unless a task says otherwise.
    pub no_log: bool,
    /// How long a task may take, in seconds; 0 is forever.
    pub task_timeout: f64,
    /// Whether results tell the arguments that modules were called with, unless a variable says otherwise.
    pub inject_invocation: bool,
    /// Seconds between two looks at a job, unless a task says otherwise.
    pub poll_interval: f64,
    /// Where jobs keep their files on hosts, if not in the usual place.
    pub async_directory: Option<String>,
    /// Whether a person is asked about each task before it runs.
    pub step: bool,
    /// Whether the debugger lets a person in when a task fails, unless the task says otherwise.
    pub debugger: bool,
    /// Whether the debugger leaves failures alone that are ignored.
    pub debugger_ignores_errors: bool,
    /// How hosts are reached, where no variable says otherwise.
    pub connection: ConnectionSettings,
    /// Whom to become, where no variable says otherwise.
    pub become_user: BecomeSettings,
    /// What becomes of a play's pattern that matches no host.
    pub unmatched_pattern: UnmatchedPattern,
    /// What `ansible_managed` is where no variable says otherwise: `{file}`, `{host}` and `{uid}` stand for the template's
    /// path, this machine and the template's owner, and the directives of strftime(3) for the time of its last change.
    pub managed: Option<String>,
    /// The configuration file, for `ansible_config_file`.
    pub config_file: Option<PathBuf>,
}

/// What becomes of a pattern that matches no host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnmatchedPattern {
    /// It is most likely misspelt, so there is a warning.
    #[default]
    Warn,
    /// Nothing.
    Ignore,
    /// It is an error.
    Refuse,
}

/// The files that name the hosts that failed.
#[derive(Clone, Debug, Default)]
pub struct RetryFiles {
    /// The folder to put them into, instead of that of the playbook.
    pub save_path: Option<PathBuf>,
}

/// When facts are gathered at the start of a play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gathering {
    /// Always, unless the play says no.
    #[default]
    Implicit,
    /// Only if the play says yes.
    Explicit,
    /// Of each host once in a run.
    Smart,
}

/// How hosts are reached.
#[derive(Clone, Debug)]
pub struct ConnectionSettings {
    /// The connection plugin.
    pub plugin: String,
    /// The user to log in as.
    pub user: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The password to log in with.
    pub password: Option<Secret>,
    /// The private key to try first.
    pub private_key_file: Option<PathBuf>,
    /// Arguments of the `ssh` program.
    pub ssh_common_args: Vec<String>,
    /// Whether host keys are checked.
    pub host_key_checking: bool,
    /// Whether keys of hosts never seen before are accepted and remembered.
    pub accept_new: bool,
    /// How long connecting may take.
    pub timeout: Duration,
    /// How often connecting is tried again.
    pub retries: u32,
}

/// Whom to become.
#[derive(Clone, Debug, Default)]
pub struct BecomeSettings {
    /// Whether to become another user.
    pub enabled: bool,
    /// How.
    pub method: Option<String>,
    /// Whom.
    pub user: Option<String>,
    /// The password to become that user.
    pub password: Option<Secret>,
    /// Flags of the program.
    pub flags: Option<String>,
    /// The program.
    pub executable: Option<String>,
    /// Whether also the user who logs in is become.
    pub allow_same_user: bool,
}

impl Default for ConnectionSettings {
    fn default() -> ConnectionSettings {
        ConnectionSettings {
            plugin: "ssh".into(),
            user: None,
            port: None,
            password: None,
            private_key_file: None,
            ssh_common_args: Vec::new(),
            host_key_checking: true,
            accept_new: false,
            timeout: Duration::from_secs(10),
            retries: 0,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            forks: 5,
            check: false,
            foresight: Foresight::default(),
            diff: false,
            verbosity: 0,
            debug: false,
            tags: Vec::new(),
            skip_tags: Vec::new(),
            start_at_task: None,
            force_handlers: false,
            limit: None,
            any_errors_fatal: false,
            strategy: "linear".into(),
            gathering: Gathering::default(),
            fact_cache: None,
            flush_cache: false,
            retry_files: None,
            merges_dicts: false,
            inject_facts: true,
            error_on_missing_handler: true,
            no_log: false,
            task_timeout: 0.0,
            inject_invocation: false,
            poll_interval: 15.0,
            async_directory: None,
            step: false,
            debugger: false,
            debugger_ignores_errors: true,
            connection: ConnectionSettings::default(),
            become_user: BecomeSettings::default(),
            unmatched_pattern: UnmatchedPattern::default(),
            managed: None,
            config_file: None,
        }
    }
}
