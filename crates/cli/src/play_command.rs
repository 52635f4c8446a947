use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use diag::{Error, Result};
use engine::{BecomeSettings, ConnectionSettings, Gathering, Run, Settings};
use inventory::Inventory;
use playbook::{Listing, Play as PlaybookPlay, Playbook, syntax_check_text};
use report::{Colours, Options, Terminal};
use transport::{RunnerBinary, Secret};

use crate::arguments::Play;
use crate::config::{self, Config};
use crate::exit::{self, Ended};
use crate::prompt::{self, Person};
use crate::runner_binary;
use crate::session::Session;

/// `capstan play` and `ansible-playbook`.
pub(crate) fn run(play: &Play) -> Ended {
    match try_run(play) {
        Ok(ended) | Err(ended) => ended,
    }
}

fn try_run(play: &Play) -> Result<Ended, Ended> {
    if play.step {
        return Err(Error::new("--step is not supported yet").into());
    }
    let session = Session::open(&play.source)?;
    let playbooks = session.playbooks(&play.playbooks)?;
    if play.syntax_check {
        let text: String = playbooks.iter().map(syntax_check_text).collect();
        return Ok(print(&text));
    }
    let inventory = session.inventory(&play.source.inventory, &play.playbooks)?;
    let settings = settings(&session.config, play)?;
    let listing = Listing {
        hosts: play.list_hosts,
        tasks: play.list_tasks,
        tags: play.list_tags,
        only_tags: settings.tags.clone(),
        skip_tags: settings.skip_tags.clone(),
    };
    let lists = listing.hosts || listing.tasks || listing.tags;
    check_limit(&inventory, settings.limit.as_deref())?;
    let runner = if lists { None } else { Some(runner_binary::find()?) };
    let terminal = terminal(&session.config, &settings)?;
    if settings.verbosity > 0 {
        print(&match &settings.config_file {
            Some(file) => format!("Using {} as config file\n", file.display()),
            None => "No config file found; using defaults\n".into(),
        });
    }
    let run = assemble(session, settings, inventory, runner, terminal);
    if lists {
        return list(&run, &listing, &playbooks);
    }
    carry_out(&run, &playbooks)
}

fn assemble(
    session: Session,
    settings: Settings,
    inventory: Inventory,
    runner: Option<RunnerBinary>,
    terminal: Terminal,
) -> Run {
    let Session { secrets, templates, loader, .. } = session;
    Run::new(settings, templates, loader, inventory, secrets, runner, Arc::new(terminal), Arc::new(Person))
}

fn carry_out(run: &Run, playbooks: &[Playbook]) -> Result<Ended, Ended> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new("can't start the scheduler").cause(error))?;
    let ended = runtime.block_on(async {
        tokio::select! {
            ending = run.playbooks(playbooks) => ending.map_or_else(Ended::Wrong, Ended::from),
            _ = tokio::signal::ctrl_c() => {
                // Connections close, runners see that and end what they have started.
                run.abort().await;
                Ended::Interrupted
            }
        }
    });
    // A thread that still waits for something must not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(ended)
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

fn check_limit(inventory: &Inventory, limit: Option<&str>) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    if inventory.select_limited("all:localhost", Some(limit))?.is_empty() {
        return Err(Error::new(format!("no host matches the limit '{limit}'"))
            .hint_some(diag::did_you_mean(limit, inventory.hosts().map(|host| &**host.name()))));
    }
    Ok(())
}

/// Prints to standard output.
fn print(text: &str) -> Ended {
    use std::io::Write;
    // Whoever closed the stream does not want to read it.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ended::Good
}

fn terminal(config: &Config, settings: &Settings) -> Result<Terminal> {
    let on_terminal = std::io::stdout().is_terminal();
    let width = match on_terminal {
        true => rustix::termios::tcgetwinsize(std::io::stdout())
            .map_or(79, |size| usize::from(size.ws_col).saturating_sub(1)),
        false => 79,
    };
    let options = Options {
        verbosity: settings.verbosity,
        colours: Colours::new(exit::colours_wanted(on_terminal)),
        width: if width == 0 { 79 } else { width },
        diff_context: config.number(&config::DIFF_CONTEXT)?.unwrap_or(3),
        show_skipped: config.flag(&config::DISPLAY_SKIPPED_HOSTS)?.unwrap_or(true),
        show_ok: config.flag(&config::DISPLAY_OK_HOSTS)?.unwrap_or(true),
        mark_check_mode: settings.check && config.flag(&config::CHECK_MODE_MARKERS)?.unwrap_or(false),
        live: on_terminal,
    };
    Ok(Terminal::new(options, std::io::stdout(), std::io::stderr()))
}

/// Command line over environment over file.
fn settings(config: &Config, play: &Play) -> Result<Settings> {
    let tags = |given: &[String], configured: Option<String>| -> Vec<String> {
        let given: Vec<String> =
            if given.is_empty() { configured.into_iter().collect() } else { given.to_vec() };
        given
            .iter()
            .flat_map(|tags| tags.split(','))
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty())
            .collect()
    };
    let gathering = match config.text(&config::GATHERING).as_deref() {
        None | Some("implicit" | "") => Gathering::Implicit,
        Some("explicit") => Gathering::Explicit,
        Some("smart") => Gathering::Smart,
        Some(other) => {
            return Err(Error::new(format!("the setting 'gathering' can't be '{other}'"))
                .hint("it is implicit, explicit or smart"));
        }
    };
    let defaults = Settings::default();
    Ok(Settings {
        forks: play.forks.or(config.number(&config::FORKS)?).unwrap_or(defaults.forks).max(1),
        check: play.check,
        diff: play.diff || config.flag(&config::DIFF_ALWAYS)?.unwrap_or(false),
        verbosity: if play.verbose > 0 {
            play.verbose
        } else {
            config.number(&config::VERBOSITY)?.unwrap_or(0)
        },
        tags: tags(&play.tags, config.text(&config::RUN_TAGS)),
        skip_tags: tags(&play.skip_tags, config.text(&config::SKIP_TAGS)),
        start_at_task: play.start_at_task.clone(),
        force_handlers: play.force_handlers || config.flag(&config::FORCE_HANDLERS)?.unwrap_or(false),
        limit: play.source.limit.clone(),
        any_errors_fatal: config.flag(&config::ANY_ERRORS_FATAL)?.unwrap_or(false),
        gathering,
        inject_facts: config.flag(&config::INJECT_FACTS_AS_VARS)?.unwrap_or(true),
        error_on_missing_handler: config.flag(&config::ERROR_ON_MISSING_HANDLER)?.unwrap_or(true),
        no_log: config.flag(&config::NO_LOG)?.unwrap_or(false),
        task_timeout: config.number(&config::TASK_TIMEOUT)?.unwrap_or(0.0),
        connection: connection(config, play)?,
        become_user: become_user(config, play)?,
        config_file: config.file.clone(),
    })
}

fn connection(config: &Config, play: &Play) -> Result<ConnectionSettings> {
    let arguments = &play.connection;
    let words = |text: Option<String>| -> Result<Vec<String>> {
        let Some(text) = text else { return Ok(Vec::new()) };
        shlex::split(&text).ok_or_else(|| {
            Error::new(format!("ssh arguments '{text}' can't be split: a quote is not closed"))
        })
    };
    let mut ssh_args = words(config.text(&config::SSH_ARGS))?;
    ssh_args
        .extend(words(arguments.ssh_common_args.clone().or_else(|| config.text(&config::SSH_COMMON_ARGS)))?);
    ssh_args
        .extend(words(arguments.ssh_extra_args.clone().or_else(|| config.text(&config::SSH_EXTRA_ARGS)))?);
    let key =
        config.text(&config::PRIVATE_KEY_FILE).map(|path| config.path(&config::PRIVATE_KEY_FILE, &path));
    let password_file = config
        .text(&config::CONNECTION_PASSWORD_FILE)
        .map(|path| config.path(&config::CONNECTION_PASSWORD_FILE, &path));
    let asks = arguments.ask_pass || config.flag(&config::ASK_PASS)?.unwrap_or(false);
    let defaults = ConnectionSettings::default();
    Ok(ConnectionSettings {
        plugin: arguments
            .connection
            .clone()
            .or_else(|| config.text(&config::TRANSPORT))
            .unwrap_or(defaults.plugin),
        user: arguments.user.clone().or_else(|| config.text(&config::REMOTE_USER)),
        port: config.number(&config::REMOTE_PORT)?,
        password: secret(
            asks,
            "SSH password: ",
            arguments.connection_password_file.clone().or(password_file),
        )?,
        private_key_file: arguments.private_key.clone().or(key),
        ssh_common_args: ssh_args,
        host_key_checking: config.flag(&config::HOST_KEY_CHECKING)?.unwrap_or(true),
        accept_new: arguments.accept_new_host_keys,
        timeout: Duration::from_secs(arguments.timeout.or(config.number(&config::TIMEOUT)?).unwrap_or(10)),
    })
}

fn become_user(config: &Config, play: &Play) -> Result<BecomeSettings> {
    let arguments = &play.become_user;
    let asks = arguments.ask_become_pass || config.flag(&config::BECOME_ASK_PASS)?.unwrap_or(false);
    let file = config
        .text(&config::BECOME_PASSWORD_FILE)
        .map(|path| config.path(&config::BECOME_PASSWORD_FILE, &path));
    Ok(BecomeSettings {
        enabled: arguments.enabled || config.flag(&config::BECOME)?.unwrap_or(false),
        method: arguments.become_method.clone().or_else(|| config.text(&config::BECOME_METHOD)),
        user: arguments.become_user.clone().or_else(|| config.text(&config::BECOME_USER)),
        password: secret(asks, "BECOME password: ", arguments.become_password_file.clone().or(file))?,
        flags: config.text(&config::BECOME_FLAGS).filter(|flags| !flags.is_empty()),
        executable: config.text(&config::BECOME_EXE).filter(|program| !program.is_empty()),
    })
}

fn secret(asks: bool, question: &str, file: Option<std::path::PathBuf>) -> Result<Option<Secret>> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(&file).map_err(|error| {
            Error::new(format!("can't read the password file {}", file.display())).cause(error)
        })?;
        return Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))));
    }
    if asks { prompt::password(question).map(Some) } else { Ok(None) }
}
