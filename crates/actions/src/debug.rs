use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Map, Text, Value};

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

    fn complaint(&self, arguments: &Map) -> Option<String> {
        let both =
            ["msg", "var"].iter().all(|name| arguments.get(*name).is_some_and(|value| !value.is_null()));
        if both {
            return Some("parameters are mutually exclusive: msg|var".into());
        }
        let var = arguments.get("var").filter(|var| !var.is_null() && !matches!(var, Value::Unknown(_)))?;
        var.as_str().is_none().then(|| {
            format!(
                "argument 'var' is of type {} and we were unable to convert to str: '{var}' is not a string and \
                 conversion is not allowed",
                var.type_name()
            )
        })
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
            // Nothing is not shown, even where it was asked for.
            (None, None) if call.arguments.contains_key("msg") => Done::default(),
            (None, message) => {
                Done::default().and("msg", message.cloned().unwrap_or_else(|| "Hello world!".into()))
            }
            (Some(var), _) => {
                let name = var.to_string();
                let expression = expression(&call, var)?;
                let (value, undefined) = call
                    .templates
                    .expression_shown(&expression, call.scope)
                    .map_err(|error| unresolved(&call, error))?;
                let omitted = matches!(value, Value::Omit);
                let mut done = Done::default().and(&name, if omitted { "<<Omit>>".into() } else { value });
                if omitted {
                    // Playbooks and scripts look for these words.
                    let warning = "The result of the `var` expression could not be omitted; a placeholder was used instead.";
                    done.warnings.push(warning.to_owned());
                }
                done.warnings.extend(template_errors(&undefined));
                done
            }
        };
        done.shown = true;
        Ok(done)
    }
}

/// The warning that some of what is shown is undefined.
pub(crate) fn template_errors(undefined: &[Error]) -> Option<String> {
    let listed: String = undefined
        .iter()
        .enumerate()
        .map(|(index, error)| format!("\nerror {} - {}", index + 1, error.message()))
        .collect();
    let plural = if undefined.len() == 1 { "" } else { "s" };
    (!undefined.is_empty())
        .then(|| format!("Encountered {} template error{plural}.{listed}", undefined.len()))
}

/// The failure that the expression has no value.
fn unresolved(call: &Call<'_>, error: Error) -> Failure {
    let place = call.place_of(&["var"]);
    call.failure(error.at(place).within("Error while resolving `var` expression", Some(place)))
}

/// The expression, which has to be somebody's own text: what a host said is never evaluated.
fn expression(call: &Call<'_>, var: &Value) -> Result<Text, Failure> {
    match var {
        Value::String(text) if text.is_trusted() => Ok(text.clone()),
        Value::Unknown(_) | Value::String(_) => {
            let error = Error::new("Encountered untrusted template or expression.");
            let hint = "what a host or a lookup says is data; write the variable's name without braces";
            Err(unresolved(call, error.hint(hint)))
        }
        other => Ok(Text::trusted(other.to_string(), Some(call.place_of(&["var"]).clone()))),
    }
}
