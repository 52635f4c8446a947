//! Each host's result on one line.

use engine::{Event, Ran, Status};
use value::Value;

use super::Callback;
use super::minimal::{complain, exit_code, is_command, verdict};
use crate::options::ResultFormat;
use crate::paint::Tone;
use crate::screen::Screen;

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    Box::new(OneLine)
}

struct OneLine;

impl Callback for OneLine {
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
                        format!("{host} | {word}!: {}", ran.result.get("msg").unwrap_or(&Value::Null))
                    }
                    _ if is_command(ran) => output(ran, word),
                    Status::Failed { .. } => format!("{host} | {word}! => {}", flat(ran)),
                    _ => format!("{host} | {word} => {}", flat(ran)),
                };
                screen.say(tone, &text);
            }
            Event::Included { hosts, .. } => {
                for host in hosts {
                    screen.say(Tone::Ok, &format!("{host} | SUCCESS => {{\"changed\": false}}"));
                }
            }
            _ => {}
        }
    }
}

/// The result as JSON of several lines, without the line breaks: what is there to be shown keeps its indentation.
fn flat(ran: &Ran) -> String {
    let format = ResultFormat { indent: if ran.shown { 4 } else { 0 }, ..ResultFormat::default() };
    format.json(ran, true).replace('\n', "")
}

fn output(ran: &Ran, word: &str) -> String {
    let part = |name: &str| {
        let text = ran.result.get(name).and_then(Value::as_str).unwrap_or_default();
        text.replace('\r', "").replace('\n', "\\n")
    };
    let errors = match part("stderr") {
        errors if errors.is_empty() => errors,
        errors => format!(" (stderr) {errors}"),
    };
    format!("{} | {word} | rc={} | (stdout) {}{errors}", ran.host, exit_code(ran), part("stdout"))
}
