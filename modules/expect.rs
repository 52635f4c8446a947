use std::ops::ControlFlow;
use std::time::Duration;

use module::{
    Arguments, CommandLine, HostPath, Module, Outcome, PythonRegex, RegexFlags, expand_text, split_words,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use system::{Conversation, Conversed, Error, Result, System};
use value::{Map, Value};

/// Runs a program on a terminal and answers what it asks.
///
/// No shell sees the command line. The program's output is searched for the patterns of `responses` as it comes, and the
/// answer of the first one found is typed, with a line break after it. Nobody knows what a program changes, so this task
/// counts as changed each time that the program is run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// The command line; quotes and backslashes keep words together.
    command: String,
    /// What is answered: a regular expression of Python for the question, and the answer, or a list of answers for one
    /// time after another. A single answer is given each time.
    #[schemars(schema_with = "mapping")]
    responses: Map,
    /// The directory to run it in.
    chdir: Option<HostPath>,
    /// If this path is there, the program is not run. It may be a pattern, and counts from `chdir`.
    creates: Option<HostPath>,
    /// If this path is not there, the program is not run. It may be a pattern, and counts from `chdir`.
    removes: Option<HostPath>,
    /// Seconds to wait for something that is to be answered, or the program's end; null is for ever.
    #[serde(default = "half_a_minute")]
    timeout: Option<i64>,
    /// Show the answers in the output, as a terminal does.
    #[serde(default)]
    echo: bool,
}

fn half_a_minute() -> Option<i64> {
    Some(30)
}

impl Arguments for Expect {
    const NAME: &'static str = "expect";
    const EXAMPLES: &'static str = r#"
- name: Set a password
  expect:
    command: passwd alice
    responses:
      (?i)password: "{{ new_password }}"
  no_log: true

- name: Answer the same question differently each time
  expect:
    command: /opt/app/configure
    responses:
      Port:
        - "8080"
        - "8443"
    timeout: 60
"#;
}

impl Module for Expect {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.command.trim().is_empty() {
            // Playbooks look at these words.
            return Err(Error::failed("no command given").with("rc", 256));
        }
        let mut script = Script::new(&self.responses)?;
        let argv: Vec<String> =
            split_words(&self.command)?.iter().map(|word| expand_text(word, host)).collect::<Result<_>>()?;
        let patience = self.timeout.filter(|seconds| *seconds >= 0);
        let conversation = Conversation {
            echo: self.echo,
            patience: patience.map(|seconds| Duration::from_secs(seconds.unsigned_abs())),
        };
        let line = CommandLine {
            command: system::Command::new(argv),
            shown: self.command.into(),
            creates: self.creates,
            removes: self.removes,
            strip_empty_ends: true,
            non_zero: "non-zero return code",
        };
        let line = line.prepare(host, self.chdir.as_ref(), None, false)?;
        if let Some(outcome) = line.skipped(host)? {
            return Ok(outcome);
        }
        let command = line.command.clone();
        let mut refusal = None;
        let outcome = line.run_by(host, |host| {
            let conversed = host.converse(&command, conversation, &mut |new| script.answer(new))?;
            // Playbooks look at these words.
            let message = match conversed {
                Conversed::Ended(_) if std::str::from_utf8(&script.all).is_err() => NO_TEXT.to_owned(),
                Conversed::Ended(ran) => return Ok(ran),
                Conversed::OutOfPatience => "command exceeded timeout".to_owned(),
                Conversed::BrokenOff => script.failure.take().unwrap_or_default(),
            };
            let said = String::from_utf8_lossy(&script.all).into_owned();
            let error = Error::failed(message).with("stdout", said);
            refusal = Some(error.clone());
            Err(error)
        });
        refusal.map_or(outcome, Err)
    }
}

const NO_TEXT: &str =
    "Module result deserialization failed: Refusing to deserialize an invalid UTF8 string value.";

/// Any mapping.
fn mapping(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object"})
}

/// What is to be answered, and how far the conversation has got.
struct Script {
    answers: Vec<Answer>,
    /// All that the program has written.
    all: Vec<u8>,
    /// Where the part begins that nothing was found in yet.
    from: usize,
    failure: Option<String>,
}

struct Answer {
    question: String,
    pattern: PythonRegex,
    lines: Lines,
}

enum Lines {
    Same(String),
    /// The next one is the last.
    OneAfterAnother(Vec<String>),
}

/// How far back an answered question is looked for.
const WINDOW: usize = 2000;

impl Script {
    fn new(responses: &Map) -> Result<Script> {
        let line = |value: &Value| format!("{}\n", value.to_string().trim_end_matches('\n'));
        let mut answers = Vec::new();
        for (question, value) in responses {
            let question = question.to_string();
            let pattern = PythonRegex::new(&question, RegexFlags::default())?;
            let lines = match value {
                Value::List(values) => Lines::OneAfterAnother(values.iter().rev().map(line).collect()),
                value => Lines::Same(line(value)),
            };
            answers.push(Answer { question, pattern, lines });
        }
        Ok(Script { answers, all: Vec::new(), from: 0, failure: None })
    }

    /// What is typed after the program has written something.
    fn answer(&mut self, new: &[u8]) -> ControlFlow<(), Vec<u8>> {
        self.all.extend_from_slice(new);
        let mut typed = Vec::new();
        loop {
            let start = self.from.max(self.all.len().saturating_sub(WINDOW.max(new.len())));
            let unread = &self.all[start..];
            // The earliest question counts; of several at one place, the one that is written first.
            let mut found: Option<(usize, usize, usize)> = None;
            for (index, answer) in self.answers.iter().enumerate() {
                match answer.pattern.find(unread) {
                    Ok(Some(hit)) if found.is_none_or(|(begin, ..)| hit.range().start < begin) => {
                        found = Some((hit.range().start, hit.range().end, index));
                    }
                    Ok(_) => {}
                    Err(error) => return self.stop(error.to_string()),
                }
            }
            let Some((begin, end, index)) = found else { return ControlFlow::Continue(typed) };
            let Some(answer) = self.answers.get_mut(index) else { return ControlFlow::Continue(typed) };
            let line = match &mut answer.lines {
                Lines::Same(line) => Some(line.clone()),
                Lines::OneAfterAnother(lines) => lines.pop(),
            };
            let Some(line) = line else {
                let said = String::from_utf8_lossy(&unread[begin..end]);
                // Playbooks look at these words.
                let message =
                    format!("No remaining responses for '{}', output was '{said}'", answer.question);
                return self.stop(message);
            };
            typed.extend_from_slice(line.as_bytes());
            self.from = start + end;
            // A question of no length would be found for ever.
            if begin == end {
                return ControlFlow::Continue(typed);
            }
        }
    }

    fn stop(&mut self, message: String) -> ControlFlow<(), Vec<u8>> {
        self.failure = Some(message);
        ControlFlow::Break(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(responses: &[(&str, Value)]) -> Script {
        let responses = responses.iter().map(|(question, value)| (Value::from(*question), value.clone()));
        Script::new(&responses.collect()).unwrap()
    }

    fn typed(script: &mut Script, new: &str) -> String {
        match script.answer(new.as_bytes()) {
            ControlFlow::Continue(typed) => String::from_utf8(typed).unwrap(),
            ControlFlow::Break(()) => format!("stopped: {}", script.failure.clone().unwrap()),
        }
    }

    #[test]
    fn questions_are_found_as_the_output_comes() {
        let mut script = script(&[("(?i)pass(word|phrase)", "x".into()), ("[Nn]ame", "Ann\n".into())]);
        assert_eq!(typed(&mut script, "Na"), "");
        assert_eq!(typed(&mut script, "me and PASSWORD: "), "Ann\nx\n");
        assert_eq!(typed(&mut script, "name"), "Ann\n");
    }

    #[test]
    fn a_list_of_answers_has_an_end() {
        let mut script = script(&[("port", Value::list([80, 443]))]);
        assert_eq!(typed(&mut script, "port, "), "80\n");
        assert_eq!(typed(&mut script, "port, "), "443\n");
        assert_eq!(
            typed(&mut script, "port, "),
            "stopped: No remaining responses for 'port', output was 'port'"
        );
    }
}
