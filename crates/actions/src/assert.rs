use std::sync::Arc;

use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use template::Truth;
use value::{Convert, Map, Text, Unknown, Value};

use crate::{Action, Call, Done, Failure, braced_condition};

/// Checks that conditions hold, and fails at the first that does not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assert {
    /// The condition or conditions, written as in `when`: without braces.
    #[schemars(with = "serde_json::Value")]
    #[allow(dead_code)]
    that: Value,
    /// What to say if one does not hold: text, or a list of texts.
    #[schemars(with = "Option<serde_json::Value>", extend("aliases" = ["msg"]))]
    #[allow(dead_code)]
    fail_msg: Option<Value>,
    /// What to say if all hold: text, or a list of texts.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    success_msg: Option<Value>,
    /// Say nothing if all hold.
    #[serde(default)]
    #[allow(dead_code)]
    quiet: bool,
}

impl Arguments for Assert {
    const NAME: &'static str = "assert";
    const EXAMPLES: &'static str = r#"
- name: The settings make sense
  assert:
    that:
      - port | int > 0
      - mode in ['primary', 'replica']
    fail_msg: Check 'port' and 'mode' in group_vars.
    quiet: true
"#;
}

pub(crate) struct AssertAction;

#[async_trait]
impl Action for AssertAction {
    fn manual(&self) -> Manual {
        Manual::of::<Assert>()
    }

    fn raw_arguments(&self) -> &'static [&'static str] {
        &["that"]
    }

    fn complaint(&self, arguments: &Map) -> Option<String> {
        let is_message = |value: &Value| match value {
            Value::List(items) => items.iter().all(|item| item.as_str().is_some()),
            other => matches!(other, Value::String(_) | Value::Unknown(_) | Value::Null),
        };
        ["fail_msg", "msg", "success_msg"].into_iter().find_map(|name| {
            let value = arguments.get(name).filter(|value| !is_message(value))?;
            let name = if name == "msg" { "fail_msg" } else { name };
            Some(format!(
                "argument '{name}' is of type {} and we were unable to convert to str_or_list_of_str: a string or list \
                 of strings is required",
                value.type_name()
            ))
        })
    }

    // A dry run need not know the messages, and may know enough of the conditions.
    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let quiet = match call.argument("quiet") {
            None => false,
            Some(quiet) => quiet.to_bool().map_err(|error| {
                call.failure(Error::new(format!("'quiet': {error}")).at(call.place_of(&["quiet"])))
            })?,
        };
        let mut unknown: Option<Arc<Unknown>> = None;
        let mut deprecations = Vec::new();
        for condition in conditions(&call)? {
            deprecations.extend(braced_condition(&condition));
            match call.templates.condition(&condition, call.scope).map_err(|error| misplaced(&call, error))? {
                Truth::True => {}
                Truth::Unknown(cause) => {
                    unknown.get_or_insert(cause);
                }
                // Also after one that is unknown: the task fails either way.
                Truth::False => {
                    return Ok(Done { shown: !quiet, deprecations, ..refuted(&call, &condition) });
                }
            }
        }
        if let Some(unknown) = unknown {
            return Ok(Done::unknown(&unknown));
        }
        let message = call.argument("success_msg").filter(|message| !is_empty(message)).cloned();
        let done = Done::default().and("msg", message.unwrap_or_else(|| "All assertions passed".into()));
        Ok(Done { shown: !quiet, deprecations, ..done })
    }
}

/// The conditions as written: a list, a single one, or a template that names a list.
fn conditions(call: &Call<'_>) -> Result<Vec<Value>, Failure> {
    let that = call.argument("that").cloned().unwrap_or_default();
    let that = match &that {
        Value::String(text) if text.trim().starts_with("{{") && text.is_template() => {
            let named = call
                .templates
                .resolve_outermost(&that, call.scope)
                .map_err(|error| misplaced(call, error))?;
            if named.is_list() { named } else { that }
        }
        _ => that,
    };
    Ok(that.as_list().map_or_else(|| vec![that.clone()], <[Value]>::to_vec))
}

fn refuted(call: &Call<'_>, condition: &Value) -> Done {
    let place =
        condition.as_text().and_then(|text| text.origin()).unwrap_or_else(|| call.place_of(&["that"]));
    // Text is said of this condition, wherever it was written.
    let said_here = |text: &Text| {
        let said = Text::trusted(text.shared(), Some(place.clone())).untrusted();
        Value::String(if text.is_secret() { said.secret() } else { said })
    };
    let message = match call.argument("fail_msg") {
        Some(Value::String(message)) if !message.is_empty() => said_here(message),
        None | Some(Value::String(_)) => said_here(&Text::new("Assertion failed")),
        Some(message) => message.clone(),
    };
    Done::failed("").and("assertion", condition.clone()).and("evaluated_to", false).and("msg", message)
}

fn is_empty(message: &Value) -> bool {
    message.as_str().is_some_and(str::is_empty)
}

fn misplaced(call: &Call<'_>, error: Error) -> Failure {
    Failure::Task(error.at(call.place_of(&["that"])))
}
