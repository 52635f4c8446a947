use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use diag::{Error, Result};
use engine::UnmatchedPattern;
use inventory::{HostName, Inventory};

use crate::arguments::SingleTaskArguments;
use crate::carry_out::{assemble, carry_out};
use crate::commands::Command;
use crate::config;
use crate::display;
use crate::exit::{self, Ended};
use crate::output::{self, print};
use crate::runner_binary;
use crate::session::Session;
use crate::settings::{settings, unmatched_pattern};
use crate::single_task::SingleTask;

/// Run a single module on hosts.
#[derive(Debug, Parser)]
pub(crate) struct RunModule {
    /// The hosts: names, groups and patterns.
    pattern: String,

    /// The module.
    /// [default: the setting 'module_name', else command]
    #[arg(short, long, value_name = "MODULE")]
    module_name: Option<String>,
    /// Its arguments: name=value words, JSON, or a command.
    /// [default: the setting 'module_args']
    #[arg(short, long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    args: Option<String>,

    #[command(flatten)]
    task: SingleTaskArguments,
    /// Show each result in one line.
    #[arg(short, long)]
    one_line: bool,
    /// Write each host's result into a file of this folder.
    #[arg(short, long, value_name = "FOLDER")]
    tree: Option<PathBuf>,
    /// Run it in the background, for at most so many seconds.
    #[arg(short = 'B', long, value_name = "SECONDS", default_value_t = 0)]
    background: u64,
    /// With -B: look at it every so many seconds; 0 does not wait.
    #[arg(short = 'P', long, value_name = "SECONDS")]
    poll: Option<u64>,
}

impl Command for RunModule {
    const NAME: &'static str = "run";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible");

    fn run(self) -> Ended {
        self.try_run().unwrap_or_else(|ended| ended)
    }
}

impl RunModule {
    fn try_run(&self) -> Result<Ended, Ended> {
        let mut session = Session::open(&self.task.source)?;
        session.verbosity = session.verbosity.max(self.task.running.verbose);
        session.search_modules(&self.task.running.module_path);
        let folder = self.task.folder(&session.config);
        let settings = settings(&session.config, &self.task.request())?;
        output::header("ansible", &session.config, settings.verbosity);
        let inventory = session.inventory(&self.task.source.inventory, &[folder.join("adhoc")])?;
        let pattern = session.rendered(&self.pattern)?;
        let hosts = matched(&session, &inventory, &pattern, settings.limit.as_deref())?;
        if self.task.list_hosts {
            let lines: String = hosts.iter().map(|host| format!("    {host}\n")).collect();
            return Ok(print(&format!("  hosts ({}):\n{lines}", hosts.len())));
        }
        let poll = match self.poll {
            Some(poll) => poll,
            None => session.config.number(&config::POLL_INTERVAL)?.unwrap_or(15),
        };
        let given = |given: &Option<String>, setting| given.clone().or_else(|| session.config.text(setting));
        let module = given(&self.module_name, &config::MODULE_NAME).unwrap_or_else(|| "command".into());
        let arguments = given(&self.args, &config::MODULE_ARGS).unwrap_or_default();
        let action = session.rendered(&module)?;
        let task = SingleTask {
            pattern: &pattern,
            action: &action,
            arguments: &arguments,
            background: self.background,
            poll,
        };
        task.check().map_err(|error| Ended::Misused(error.into()))?;
        if hosts.is_empty() {
            return Ok(Ended::Good);
        }
        let playbook = task.playbook(&session.loader, &folder).map_err(Ended::TaskWrong)?;
        exit::tell(&playbook.warnings);
        let events =
            display::for_single_tasks(&session.config, &settings, self.one_line, self.tree.as_deref())?;
        let run = assemble(session, settings, inventory, Some(runner_binary::find()?), Arc::new(events));
        carry_out(&run, &[playbook])
    }
}

/// The hosts of a pattern within the limit, after telling what does not match.
///
/// # Errors
/// The limit leaves no host, or what does not match is an error by configuration.
pub(crate) fn matched(
    session: &Session,
    inventory: &Inventory,
    pattern: &str,
    limit: Option<&str>,
) -> Result<Vec<HostName>, Ended> {
    let warn = |text: &str| exit::tell(&Error::warning(text).into());
    let is_local = ["localhost", "127.0.0.1", "::1"].contains(&pattern);
    let empty = inventory.hosts().next().is_none();
    if empty && !is_local {
        tell_if_empty(session, inventory)?;
        return Ok(Vec::new());
    }
    for part in [Some(pattern), limit].into_iter().flatten() {
        tell_unmatched(session, inventory, part)?;
    }
    let hosts = inventory.select_limited(pattern, limit)?;
    if hosts.is_empty() && inventory.select(pattern)?.is_empty() {
        warn("No hosts matched, nothing to do");
    } else if hosts.is_empty() && !is_local {
        let text = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";
        return Err(Error::new(text).into());
    }
    Ok(hosts)
}

/// Warns if there is no host but this machine.
///
/// # Errors
/// The setting for it is neither yes nor no.
pub(crate) fn tell_if_empty(session: &Session, inventory: &Inventory) -> Result<()> {
    let wanted = session.config.flag(&config::LOCALHOST_WARNING)?.unwrap_or(true);
    if wanted && inventory.hosts().next().is_none() {
        let text = "provided hosts list is empty, only localhost is available. Note that the implicit localhost does \
                    not match 'all'";
        exit::tell(&Error::warning(text).into());
    }
    Ok(())
}

/// Tells which parts of a pattern match nothing.
///
/// # Errors
/// There is one, and that is an error by configuration; or the pattern can't be understood.
pub(crate) fn tell_unmatched(session: &Session, inventory: &Inventory, pattern: &str) -> Result<()> {
    for unmatched in inventory.unmatched(pattern)? {
        let text = format!("Could not match supplied host pattern, ignoring: {unmatched}");
        match unmatched_pattern(&session.config)? {
            UnmatchedPattern::Refuse => return Err(Error::new(text)),
            UnmatchedPattern::Ignore => {}
            UnmatchedPattern::Warn => exit::tell(&Error::warning(text).into()),
        }
    }
    Ok(())
}
