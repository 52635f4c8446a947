//! Nothing but each host's result: the output of single tasks.

use engine::{Event, Ran, Status};
use value::Value;

use super::Callback;
use crate::paint::Tone;
use crate::screen::{Screen, Stream};

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    let behind = |ran: &Ran, screen: &Screen| screen.options.format.behind(ran, true);
    let unchanged = " => {\n    \"changed\": false\n}";
    Box::new(Results { command, result: behind, unreachable: behind, unchanged })
}

/// Each host's result behind its name and a word.
pub(super) struct Results {
    /// What a command wrote, with the word for how it ended.
    pub(super) command: fn(&Ran, &str) -> String,
    /// Any other result.
    pub(super) result: fn(&Ran, &Screen) -> String,
    /// Why there is none.
    pub(super) unreachable: fn(&Ran, &Screen) -> String,
    /// The result of an include.
    pub(super) unchanged: &'static str,
}

impl Callback for Results {
    fn take(&mut self, event: &Event, screen: &mut Screen) {
        match event {
            Event::Ran(ran) => {
                complain(screen, ran);
                let (tone, word) = verdict(ran);
                let host = &ran.host;
                let text = match &ran.status {
                    Status::Skipped => format!("{host} | {word}"),
                    Status::Unknown(unknown) => format!("{host} | {word} => {unknown}"),
                    Status::Unreachable { .. } => {
                        format!("{host} | {word}!{}", (self.unreachable)(ran, screen))
                    }
                    _ if is_command(ran) => (self.command)(ran, word),
                    Status::Failed { .. } => format!("{host} | {word}!{}", (self.result)(ran, screen)),
                    _ => format!("{host} | {word}{}", (self.result)(ran, screen)),
                };
                screen.say(tone, &text);
            }
            Event::Included { hosts, .. } => {
                for host in hosts {
                    screen.say(Tone::Ok, &format!("{host} | SUCCESS{}", self.unchanged));
                }
            }
            _ => {}
        }
    }
}

/// What a command wrote, as it would stand on a terminal.
fn command(ran: &Ran, word: &str) -> String {
    let part = |name: &str| ran.result.get(name).and_then(Value::as_str).unwrap_or_default();
    format!(
        "{} | {word} | rc={} >>\n{}{}{}",
        ran.host,
        exit_code(ran),
        part("stdout"),
        part("stderr"),
        part("msg")
    )
}

/// The exit code, -1 where there is none.
pub(super) fn exit_code(ran: &Ran) -> String {
    ran.result.get("rc").map_or_else(|| "-1".to_owned(), ToString::to_string)
}

/// Warnings, and the error behind a failure.
fn complain(screen: &mut Screen, ran: &Ran) {
    for warning in &ran.warnings {
        screen.tell(Stream::Err, &diag::Error::warning(warning.as_str()));
    }
    if let (Status::Failed { .. } | Status::Unreachable { .. }, Some(error)) = (&ran.status, &ran.error) {
        screen.tell(Stream::Out, error);
    }
}

/// How it ended, in a word.
fn verdict(ran: &Ran) -> (Tone, &'static str) {
    match &ran.status {
        Status::Ok => (Tone::Ok, "SUCCESS"),
        Status::Changed => (Tone::Changed, "CHANGED"),
        Status::Skipped => (Tone::Skipped, "SKIPPED"),
        Status::Failed { .. } => (Tone::Failed, "FAILED"),
        Status::Unreachable { .. } => (Tone::Unreachable, "UNREACHABLE"),
        Status::Unknown(_) => (Tone::Unknown, "UNKNOWN"),
    }
}

/// The actions whose output is shown as text.
const COMMANDS: [&str; 3] = ["command", "shell", "raw"];

/// Whether the result is that of a command that has ended.
fn is_command(ran: &Ran) -> bool {
    let action = ran.action.strip_prefix("ansible.builtin.").unwrap_or(&ran.action);
    let action = action.strip_prefix("ansible.legacy.").unwrap_or(action);
    COMMANDS.contains(&action) && !ran.result.contains_key("ansible_job_id")
}
