use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser};
use diag::{Error, Result};
use engine::{Events, Run};
use graph::Graph;
use inventory::Inventory;
use playbook::{Listing, Play as PlaybookPlay, Playbook, syntax_check_text};
use report::{End, PageOptions, check_destination};

use crate::arguments::{BecomeArguments, ConnectionArguments, RunArguments, SourceArguments};
use crate::carry_out::{assemble, carry_out};
use crate::commands::run::{tell_if_empty, tell_unmatched};
use crate::commands::{BEYOND_ANSIBLE, Command};
use crate::display::terminal;
use crate::exit::{self, Ended};
use crate::output::{self, print};
use crate::runner_binary;
use crate::session::Session;
use crate::settings::{RunRequest, settings};

/// Run playbooks.
#[derive(Debug, Default, Parser)]
pub(crate) struct Play {
    /// The playbooks.
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub(crate) playbooks: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) source: SourceArguments,

    #[command(flatten)]
    pub(crate) running: RunArguments,

    /// Run only tasks with these tags.
    #[arg(short, long, value_name = "TAGS")]
    pub(crate) tags: Vec<String>,
    /// Skip tasks with these tags.
    #[arg(long, value_name = "TAGS")]
    pub(crate) skip_tags: Vec<String>,
    /// Start at the task of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) start_at_task: Option<String>,
    /// Run notified handlers even if a task fails.
    #[arg(long)]
    pub(crate) force_handlers: bool,
    /// Only check the playbooks.
    #[arg(long)]
    pub(crate) syntax_check: bool,
    /// Only list the hosts of each play.
    #[arg(long)]
    pub(crate) list_hosts: bool,
    /// Only list the tasks.
    #[arg(long)]
    pub(crate) list_tasks: bool,
    /// Only list the tags.
    #[arg(long)]
    pub(crate) list_tags: bool,
    /// Confirm each task.
    #[arg(long)]
    pub(crate) step: bool,

    #[command(flatten)]
    pub(crate) own: OwnArguments,

    #[command(flatten)]
    pub(crate) connection: ConnectionArguments,
    #[command(flatten)]
    pub(crate) become_user: BecomeArguments,
}

/// What Ansible has no options for.
#[derive(Debug, Default, Args)]
pub(crate) struct OwnArguments {
    /// Show so many lines around each difference; 3 if not said.
    #[arg(long, value_name = "LINES", help_heading = BEYOND_ANSIBLE)]
    pub(crate) diff_context: Option<usize>,
    /// Exit with 2 if something was changed, or would be, or can't be known; then 1 says that a host failed.
    #[arg(long, help_heading = BEYOND_ANSIBLE)]
    pub(crate) detailed_exitcode: bool,
    /// Write a report of the run to this file: one page of HTML, to be looked at in a browser.
    #[arg(long, value_name = "FILE", help_heading = BEYOND_ANSIBLE)]
    pub(crate) report: Option<PathBuf>,
}

impl Command for Play {
    const NAME: &'static str = "play";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-playbook");

    fn run(self) -> Ended {
        run(&self)
    }
}

/// Runs playbooks as a command line says.
pub(crate) fn run(play: &Play) -> Ended {
    match try_run(play) {
        Ok(ended) | Err(ended) => ended,
    }
}

fn try_run(play: &Play) -> Result<Ended, Ended> {
    let mut session = Session::open(&play.source)?;
    session.verbosity = session.verbosity.max(play.running.verbose);
    session.search_modules(&play.running.module_path);
    let playbooks = session.playbooks(&play.playbooks)?;
    if play.syntax_check {
        let text: String = playbooks.iter().map(syntax_check_text).collect();
        return Ok(print(&text));
    }
    let inventory = session.inventory(&play.source.inventory, &play.playbooks)?;
    let request = RunRequest {
        tags: &play.tags,
        skip_tags: &play.skip_tags,
        start_at_task: play.start_at_task.as_deref(),
        force_handlers: play.force_handlers,
        step: play.step,
        ..RunRequest::new(&play.source, &play.running, &play.connection, &play.become_user)
    };
    let settings = settings(&session.config, &request)?;
    let listing = Listing {
        hosts: play.list_hosts,
        tasks: play.list_tasks,
        tags: play.list_tags,
        only_tags: settings.tags.clone(),
        skip_tags: settings.skip_tags.clone(),
    };
    let lists = listing.hosts || listing.tasks || listing.tags;
    tell_if_empty(&session, &inventory)?;
    if let Some(limit) = &settings.limit {
        tell_unmatched(&session, &inventory, limit)?;
    }
    check_limit(&inventory, settings.limit.as_deref())?;
    let runner = if lists { None } else { Some(runner_binary::find()?) };
    let report = if lists { None } else { report(play, &session, &playbooks)? };
    let terminal = Arc::new(terminal(&session.config, &settings, play.own.diff_context, report)?);
    output::header("ansible-playbook", &session.config, settings.verbosity);
    let run = assemble(session, settings, inventory, runner, Arc::clone(&terminal) as Arc<dyn Events>);
    if lists {
        return list(&run, &listing, &playbooks);
    }
    let ended = carry_out(&run, &playbooks)?;
    let end = End { outcome: ended.outcome(), errors: ended.errors(), hide: &|text: &str| run.hide(text) };
    let finished = terminal.finish(&end);
    // What the run came to matters more than what was made of it.
    let ended = match finished {
        Err(error) if matches!(ended, Ended::Good) => return Err(error.into()),
        Err(error) => {
            exit::tell(&error.into());
            ended
        }
        Ok(()) => ended,
    };
    Ok(if play.own.detailed_exitcode { ended.in_detail(&run.stats()) } else { ended })
}

/// What a report of the run needs, if one is wanted.
///
/// # Errors
/// It can't be written where it shall be.
fn report(play: &Play, session: &Session, playbooks: &[Playbook]) -> Result<Option<PageOptions>> {
    let Some(path) = play.own.report.clone() else { return Ok(None) };
    check_destination(&path)?;
    let graph = |playbook: &Playbook| {
        // One that can't be drawn was refused before.
        let graph = Graph::of(playbook, &session.loader, &session.templates).ok()?;
        let name = playbook.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Some((name, graph.to_svg()))
    };
    Ok(Some(PageOptions { path, graphs: playbooks.iter().filter_map(graph).collect() }))
}

fn list(run: &Run, listing: &Listing, playbooks: &[Playbook]) -> Result<Ended, Ended> {
    let hosts_of = |play: &PlaybookPlay| -> Result<Vec<String>> {
        Ok(run.hosts_of(play)?.iter().map(ToString::to_string).collect())
    };
    for playbook in playbooks {
        let text =
            listing.text(playbook, run.loader(), &hosts_of).map_err(|error| Ended::Wrong(error.into()))?;
        print(&text);
    }
    Ok(Ended::Good)
}

/// Refuses a limit that leaves no host.
///
/// # Errors
/// It does, or can't be understood.
pub(crate) fn check_limit(inventory: &Inventory, limit: Option<&str>) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    if inventory.select_limited("all:localhost", Some(limit))?.is_empty() {
        let text = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";
        return Err(Error::new(text)
            .hint(format!("no host matches the limit '{limit}'"))
            .hint_some(diag::did_you_mean(limit, inventory.hosts().map(|host| &**host.name()))));
    }
    Ok(())
}
