//! Nothing but each host's result: the output of single tasks.

use engine::{Event, Ran, Status};
use value::Value;

use super::Callback;
use crate::paint::Tone;
use crate::screen::{Screen, Stream};

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    Box::new(Minimal)
}

struct Minimal;

impl Callback for Minimal {
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
                        format!("{host} | {word}!{}", screen.options.format.behind(ran, true))
                    }
                    _ if is_command(ran) => output(ran, word),
                    Status::Failed { .. } => {
                        format!("{host} | {word}!{}", screen.options.format.behind(ran, true))
                    }
                    _ => format!("{host} | {word}{}", screen.options.format.behind(ran, true)),
                };
                screen.say(tone, &text);
            }
            Event::Included { hosts, .. } => {
                for host in hosts {
                    screen.say(Tone::Ok, &format!("{host} | SUCCESS => {{\n    \"changed\": false\n}}"));
                }
            }
            _ => {}
        }
    }
}

/// What a command wrote, as it would stand on a terminal.
fn output(ran: &Ran, word: &str) -> String {
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
pub(super) fn complain(screen: &mut Screen, ran: &Ran) {
    for warning in &ran.warnings {
        screen.tell(Stream::Err, &diag::Error::warning(warning.as_str()));
    }
    if let (Status::Failed { .. } | Status::Unreachable { .. }, Some(error)) = (&ran.status, &ran.error) {
        screen.tell(Stream::Out, error);
    }
}

/// How it ended, in a word.
pub(super) fn verdict(ran: &Ran) -> (Tone, &'static str) {
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
pub(super) fn is_command(ran: &Ran) -> bool {
    let action = ran.action.strip_prefix("ansible.builtin.").unwrap_or(&ran.action);
    let action = action.strip_prefix("ansible.legacy.").unwrap_or(action);
    COMMANDS.contains(&action) && !ran.result.contains_key("ansible_job_id")
}
