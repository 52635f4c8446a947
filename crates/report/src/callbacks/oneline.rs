//! Each host's result on one line.

use engine::Ran;
use value::Value;

use super::Callback;
use super::minimal::{Results, exit_code};
use crate::options::ResultFormat;
use crate::screen::Screen;

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    Box::new(Results {
        command,
        result: |ran, _| format!(" => {}", flat(ran)),
        unreachable: |ran, _| format!(": {}", ran.result.get("msg").unwrap_or(&Value::Null)),
        unchanged: " => {\"changed\": false}",
    })
}

/// The result as JSON of several lines, without the line breaks: what is there to be shown keeps its indentation.
fn flat(ran: &Ran) -> String {
    let format = ResultFormat { indent: if ran.shown { 4 } else { 0 }, ..ResultFormat::default() };
    format.json(ran, true).replace('\n', "")
}

fn command(ran: &Ran, word: &str) -> String {
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
