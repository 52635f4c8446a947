use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Text, Value};

use crate::{Action, Call, Done, Failure};

/// Shows a message or a variable.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Debug {
    /// The message; `Hello world!` if neither this nor `var` is given.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    msg: Option<Value>,
    /// An expression, usually a variable's name, whose value is shown.
    #[allow(dead_code)]
    var: Option<String>,
    /// Show it only at this number of `-v` or more.
    #[serde(default)]
    #[allow(dead_code)]
    verbosity: u8,
}

impl Arguments for Debug {
    const NAME: &'static str = "debug";
    const EXAMPLES: &'static str = r#"
- name: Where are we?
  debug:
    msg: "{{ inventory_hostname }} runs {{ ansible_distribution }}"

- name: All that a command said
  debug:
    var: result.stdout_lines
    verbosity: 2
"#;
}

pub(crate) struct DebugAction;

#[async_trait]
impl Action for DebugAction {
    fn manual(&self) -> Manual {
        Manual::of::<Debug>()
    }

    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        // Read from the map: a message may be anything, also unknown, which no struct can hold.
        let verbosity = call.argument("verbosity").and_then(Value::as_i64).unwrap_or(0);
        if i64::from(call.verbosity) < verbosity {
            return Ok(Done::skipped("Verbosity threshold not met."));
        }
        let mut done = match (call.argument("var"), call.argument("msg")) {
            (Some(_), Some(_)) => return Ok(Done::failed("'msg' and 'var' can't be used together")),
            (None, message) => {
                Done::default().and("msg", message.cloned().unwrap_or_else(|| "Hello world!".into()))
            }
            (Some(var), None) => {
                let name = var.to_string();
                let expression = expression(&call, var)?;
                let (value, undefined) = call
                    .templates
                    .expression_shown(&expression, call.scope)
                    .map_err(|error| call.failure(error))?;
                let mut done = Done::default().and(&name, value);
                done.warnings.extend(
                    undefined.iter().map(|error| format!("'{name}' can't be shown: {}", error.summary())),
                );
                done
            }
        };
        done.shown = true;
        Ok(done)
    }
}

/// The expression, which has to be somebody's own text: what a host said is never evaluated.
fn expression(call: &Call<'_>, var: &Value) -> Result<Text, Failure> {
    match var {
        Value::String(text) if text.is_trusted() => Ok(text.clone()),
        Value::Unknown(_) | Value::String(_) => {
            let error = Error::new("'var' is data and no expression").at(call.place_of(&["var"]));
            Err(call.failure(
                error.hint("write the variable's name without braces, or show a template with 'msg'"),
            ))
        }
        other => Ok(Text::trusted(other.to_string(), Some(call.place_of(&["var"]).clone()))),
    }
}
