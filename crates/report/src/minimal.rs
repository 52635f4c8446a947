use std::io::Write;
use std::sync::{Mutex, PoisonError};

use diag::Style;
use engine::{Event, Events, Ran, Status};
use value::Value;

use crate::json;
use crate::paint::{Colours, Tone};

/// The output of single tasks: nothing but each host's result, as Ansible's callbacks `minimal` and `oneline` write it.
pub struct Minimal {
    colours: Colours,
    one_line: bool,
    streams: Mutex<Streams>,
}

struct Streams {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
}

impl Minimal {
    /// Writes results to `out` and warnings to `err`; with `one_line` each result takes one line.
    pub fn new(
        colours: Colours,
        one_line: bool,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Minimal {
        let streams = Mutex::new(Streams { out: Box::new(out), err: Box::new(err) });
        Minimal { colours, one_line, streams }
    }

    fn style(&self) -> Style {
        if self.colours.are_on() { Style::Coloured } else { Style::Plain }
    }

    fn say(&self, text: &str) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever closed the stream does not want to read it.
        let _ = streams.out.write_all(text.as_bytes()).and_then(|()| streams.out.flush());
    }

    fn complain(&self, text: &str) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = streams.err.write_all(text.as_bytes()).and_then(|()| streams.err.flush());
    }

    fn ran(&self, ran: &Ran) {
        for warning in &ran.warnings {
            self.complain(&diag::Error::warning(warning.as_str()).render(self.style()));
        }
        let failed = matches!(ran.status, Status::Failed { .. } | Status::Unreachable { .. });
        if let (true, Some(error)) = (failed, &ran.error) {
            self.say(&error.render(self.style()));
        }
        let (tone, word) = match &ran.status {
            Status::Ok => (Tone::Ok, "SUCCESS"),
            Status::Changed => (Tone::Changed, "CHANGED"),
            Status::Skipped => (Tone::Skipped, "SKIPPED"),
            Status::Failed { .. } => (Tone::Failed, "FAILED"),
            Status::Unreachable { .. } => (Tone::Unreachable, "UNREACHABLE"),
            Status::Unknown(_) => (Tone::Unknown, "UNKNOWN"),
        };
        let host = &ran.host;
        let text = match &ran.status {
            Status::Skipped => format!("{host} | {word}"),
            Status::Unknown(unknown) => format!("{host} | {word} => {unknown}"),
            Status::Unreachable { .. } if self.one_line => {
                format!("{host} | {word}!: {}", ran.result.get("msg").unwrap_or(&Value::Null))
            }
            _ if is_command(ran) => self.command(ran, word),
            _ => {
                let exclamation = if failed { "!" } else { "" };
                let json = json::shown(ran, true);
                let json = if self.one_line { json.replace('\n', "") } else { json };
                format!("{host} | {word}{exclamation} => {json}")
            }
        };
        self.say(&(self.colours.paint(tone, &text) + "\n"));
    }

    /// What a command wrote, as it would stand on a terminal.
    fn command(&self, ran: &Ran, word: &str) -> String {
        let part = |name: &str| ran.result.get(name).and_then(Value::as_str).unwrap_or_default();
        let code = ran.result.get("rc").map_or_else(|| "-1".to_owned(), ToString::to_string);
        let host = &ran.host;
        if !self.one_line {
            return format!(
                "{host} | {word} | rc={code} >>\n{}{}{}",
                part("stdout"),
                part("stderr"),
                part("msg")
            );
        }
        let flat = |text: &str| text.replace('\r', "").replace('\n', "\\n");
        match part("stderr") {
            "" => format!("{host} | {word} | rc={code} | (stdout) {}", flat(part("stdout"))),
            stderr => format!(
                "{host} | {word} | rc={code} | (stdout) {} (stderr) {}",
                flat(part("stdout")),
                flat(stderr)
            ),
        }
    }
}

/// The actions whose output is shown as text.
const COMMANDS: [&str; 3] = ["command", "shell", "raw"];

fn is_command(ran: &Ran) -> bool {
    let action = ran.action.strip_prefix("ansible.builtin.").unwrap_or(&ran.action);
    let action = action.strip_prefix("ansible.legacy.").unwrap_or(action);
    COMMANDS.contains(&action) && !ran.result.contains_key("ansible_job_id")
}

impl Events for Minimal {
    fn take(&self, event: Event) {
        match event {
            Event::Ran(ran) => self.ran(&ran),
            Event::Included { hosts, .. } => {
                let result =
                    if self.one_line { "{\"changed\": false}" } else { "{\n    \"changed\": false\n}" };
                for host in hosts {
                    let text = format!("{host} | SUCCESS => {result}");
                    self.say(&(self.colours.paint(Tone::Ok, &text) + "\n"));
                }
            }
            Event::Notice(error) => match error.severity() {
                diag::Severity::Warning => self.complain(&error.render(self.style())),
                diag::Severity::Error => self.say(&error.render(self.style())),
            },
            Event::Playbook { .. }
            | Event::Play { .. }
            | Event::NoHosts
            | Event::Task { .. }
            | Event::Item(_)
            | Event::Retry { .. }
            | Event::Job { .. }
            | Event::Working { .. }
            | Event::NoMoreHosts
            | Event::Remark { .. }
            | Event::RetryFile { .. }
            | Event::Stats(_) => {}
        }
    }
}
