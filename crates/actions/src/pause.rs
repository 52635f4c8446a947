use std::time::Instant;

use async_trait::async_trait;
use diag::Error;
use jiff::Zoned;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Text, float_repr};

use crate::{Action, Call, Done, Failure, Question, Reply};

/// Pauses for a time, or until somebody presses Enter, once for all hosts.
///
/// If nobody is at the terminal, a pause without a time is none. A dry run asks, so that what depends on the answer can
/// be told, but does not wait.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pause {
    /// So many seconds.
    seconds: Option<String>,
    /// So many minutes.
    minutes: Option<String>,
    /// What to ask; the answer is `user_input` of the result.
    prompt: Option<String>,
    /// Show what is typed.
    #[serde(default = "yes")]
    echo: bool,
}

fn yes() -> bool {
    true
}

impl Arguments for Pause {
    const NAME: &'static str = "pause";
    const EXAMPLES: &'static str = r#"
- name: The balancer needs a while
  pause:
    seconds: 30

- name: Ask before it gets serious
  pause:
    prompt: "Really upgrade? Type yes"
  register: answer
"#;
}

pub(crate) struct PauseAction;

#[async_trait]
impl Action for PauseAction {
    fn manual(&self) -> Manual {
        Manual::of::<Pause>()
    }

    fn once_for_all_hosts(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let Pause { seconds, minutes, prompt, echo } = call.arguments()?;
        let seconds = seconds.map(|text| whole(&call, "seconds", &text)).transpose()?;
        let minutes = minutes.map(|text| whole(&call, "minutes", &text)).transpose()?;
        let (time, unit) = match (seconds, minutes) {
            (Some(_), Some(_)) => {
                // Playbooks look at these words.
                let message = "parameters are mutually exclusive: minutes|seconds";
                return Err(call.failure(Error::new(message).at(call.place_of(&["minutes"]))));
            }
            (Some(seconds), None) => (Some(seconds.max(1)), "seconds"),
            (None, Some(minutes)) => (Some(minutes.saturating_mul(60).max(1)), "minutes"),
            (None, None) => (None, "minutes"),
        };
        let (start, clock) = (now(), Instant::now());
        let mut answer = None;
        let mut warnings = Vec::new();
        match time {
            Some(_) if call.dry_run => {}
            Some(seconds) => {
                let notice = format!("Pausing for {seconds} seconds");
                let prompt = prompt.map(|prompt| asked(&call, &prompt));
                if !call.site.terminal().wait(seconds as f64, &notice, prompt.as_deref()).await {
                    return Err(aborted(&call));
                }
            }
            None => {
                let nothing_asked = prompt.is_none() && !echo;
                let prompt = prompt.unwrap_or_else(|| "Press enter to continue, Ctrl+C to interrupt".into());
                let hidden = if echo || nothing_asked { "" } else { " (output is hidden)" };
                let text = asked(&call, &format!("{prompt}{hidden}"));
                match call.site.terminal().ask(&Question { text: &text, echo, interruptible: true }).await {
                    Reply::Line(line) => answer = Some(line),
                    Reply::GoOn => {}
                    Reply::Abort => return Err(aborted(&call)),
                    Reply::Nobody => warnings
                        .push("Not waiting for response to prompt as stdin is not interactive".to_owned()),
                }
            }
        }
        let elapsed = clock.elapsed();
        let duration = if unit == "minutes" { elapsed.as_secs_f64() / 60.0 } else { elapsed.as_secs_f64() };
        let duration = float_repr((duration * 100.0).round() / 100.0);
        let done = Done::default()
            .and("rc", 0)
            .and("stdout", format!("Paused for {duration} {unit}"))
            .and("stderr", "")
            .and("start", start)
            .and("stop", now())
            .and("delta", elapsed.as_secs())
            .and("echo", echo)
            .and("user_input", typed(answer.unwrap_or_default(), echo));
        Ok(Done { warnings, ..done })
    }
}

/// A number without what stands behind its point.
fn whole(call: &Call<'_>, name: &str, text: &str) -> Result<i64, Failure> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number as i64),
        _ => {
            // Playbooks look at these words.
            let message = format!(
                "argument '{name}' is of type str and we were unable to convert to int: '{text}' is no number"
            );
            Err(call.failure(Error::new(message).at(call.place_of(&[name]))))
        }
    }
}

fn aborted(call: &Call<'_>) -> Failure {
    // Playbooks look at these words.
    call.failure(Error::new("user requested abort!"))
}

/// What was typed unseen is a secret.
fn typed(answer: String, echo: bool) -> Text {
    if echo { Text::new(answer) } else { Text::new(answer).secret() }
}

fn asked(call: &Call<'_>, prompt: &str) -> String {
    format!("[{}]\n{prompt}:", call.task.plain_name().trim())
}

/// `2026-11-20 10:35:40.551994`.
fn now() -> String {
    Zoned::now().strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}
