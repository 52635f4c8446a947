mod input;

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use diag::{Error, Result};
use engine::Settings;
use vault::Secrets;

use self::input::Input;
use crate::arguments::SingleTaskArguments;
use crate::carry_out::{assemble, carry_out};
use crate::commands::Command;
use crate::commands::run::matched;
use crate::config::Config;
use crate::exit::{self, Ended};
use crate::output::print;
use crate::session::Session;
use crate::settings::settings;
use crate::single_task::SingleTask;
use crate::{display, runner_binary, vault_passwords};

/// Run modules on hosts, one after another, as they are typed.
#[derive(Debug, Parser)]
pub(crate) struct Console {
    /// The hosts to begin with.
    #[arg(default_value = "all")]
    pattern: String,
    #[command(flatten)]
    task: SingleTaskArguments,
    /// Accepted for compatibility: every task is typed.
    #[arg(long, hide = true)]
    step: bool,
}

impl Command for Console {
    const NAME: &'static str = "console";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-console");

    fn run(self) -> Ended {
        self.try_run().unwrap_or_else(|ended| ended)
    }
}

/// What the person at the console has set so far.
struct State {
    pattern: String,
    settings: Settings,
    config: Config,
    secrets: Arc<Secrets>,
    folder: PathBuf,
}

impl Console {
    fn try_run(&self) -> Result<Ended, Ended> {
        let config = Config::load()?;
        exit::tell_all(&config.warnings);
        let secrets = Arc::new(vault_passwords::read(&config, &self.task.source.vault)?);
        let settings = settings(&config, &self.task.request())?;
        let folder = self.task.folder(&config);
        let mut state = State { pattern: String::new(), settings, config, secrets, folder };
        state.pattern = self.session(&state)?.rendered(&self.pattern)?;
        if self.task.list_hosts {
            return Ok(print(&self.hosts(&state)?));
        }
        while let Some(line) = read(&state) {
            match Input::of(&line) {
                Input::Nothing => {}
                Input::Exit => break,
                input => {
                    if let Err(ended) = self.follow(&mut state, input) {
                        // What went wrong is told; the next line may do better.
                        let _ = exit::code(ended);
                    }
                }
            }
        }
        Ok(Ended::Good)
    }

    fn session(&self, state: &State) -> Result<Session> {
        Session::with(state.config.clone(), Arc::clone(&state.secrets), &self.task.source)
    }

    fn follow(&self, state: &mut State, input: Input<'_>) -> Result<(), Ended> {
        let settings = &mut state.settings;
        match input {
            Input::Nothing | Input::Exit => {}
            Input::Pattern("" | "/" | "*") => state.pattern = "all".to_owned(),
            Input::Pattern(pattern) => {
                let before = std::mem::replace(&mut state.pattern, pattern.to_owned());
                if self.matching(state).is_ok_and(|hosts| hosts.is_empty()) {
                    state.pattern = before;
                    return Err(Error::new(format!("no host matches {pattern}")).into());
                }
            }
            Input::ListHosts => {
                print(&self.hosts(state)?);
            }
            Input::ListGroups => {
                let session = self.session(state)?;
                let inventory =
                    session.inventory(&self.task.source.inventory, &[state.folder.join("console")])?;
                print(&inventory.groups().keys().map(|name| format!("{name}\n")).collect::<String>());
            }
            Input::Set(switch, value) => switch.set(settings, value)?,
            Input::Help(None) => {
                print(input::HELP);
            }
            Input::Help(Some(module)) => {
                let manual = actions::find(module.trim_start_matches("ansible.builtin."))
                    .ok_or_else(|| Error::new(format!("there is no module '{module}'")))?;
                let arguments: String = manual
                    .manual
                    .arguments()
                    .iter()
                    .map(|argument| {
                        format!("  {} ({}): {}\n", argument.name, argument.kind, argument.description)
                    })
                    .collect();
                print(&format!("{}\n{arguments}", manual.manual.description));
            }
            Input::Task { action, arguments } => self.task(state, action, arguments)?,
        }
        Ok(())
    }

    fn matching(&self, state: &State) -> Result<Vec<inventory::HostName>, Ended> {
        let session = self.session(state)?;
        let inventory = session.inventory(&self.task.source.inventory, &[state.folder.join("console")])?;
        matched(&session, &inventory, &state.pattern, state.settings.limit.as_deref())
    }

    fn hosts(&self, state: &State) -> Result<String, Ended> {
        Ok(self.matching(state)?.iter().map(|host| format!("{host}\n")).collect())
    }

    fn task(&self, state: &State, action: &str, arguments: &str) -> Result<(), Ended> {
        let session = self.session(state)?;
        let inventory = session.inventory(&self.task.source.inventory, &[state.folder.join("console")])?;
        let hosts = matched(&session, &inventory, &state.pattern, state.settings.limit.as_deref())?;
        let task = SingleTask { pattern: &state.pattern, action, arguments, background: 0, poll: 0 };
        task.check()?;
        if hosts.is_empty() {
            return Ok(());
        }
        let playbook = task.playbook(&session.loader, &state.folder).map_err(Ended::TaskWrong)?;
        let events = Arc::new(display::for_single_tasks(&state.config, &state.settings, false, None)?);
        let run = assemble(session, state.settings.clone(), inventory, Some(runner_binary::find()?), events);
        match carry_out(&run, &[playbook])? {
            // Results tell it.
            Ended::Good | Ended::HostFailed | Ended::HostUnreachable => Ok(()),
            ended => Err(ended),
        }
    }
}

/// The next line; nothing at the end of the input.
fn read(state: &State) -> Option<String> {
    if std::io::stdin().is_terminal() {
        let Settings { forks, become_user, connection, .. } = &state.settings;
        let become_name = become_user.user.as_deref().unwrap_or("root");
        let user = if become_user.enabled { Some(become_name) } else { connection.user.as_deref() };
        let user = user.map(str::to_owned).or_else(|| std::env::var("USER").ok()).unwrap_or_default();
        let mark = if user == "root" { '#' } else { '$' };
        print(&format!("{user}@{} [f:{forks}]{mark} ", state.pattern));
        let _ = std::io::stdout().flush();
    }
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line),
    }
}
