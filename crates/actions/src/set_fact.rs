use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Convert, Map, Text, Value};

use crate::{Action, Call, Done, Effect, Failure};

/// Sets variables of the host for the rest of the run.
///
/// Every argument but `cacheable` is a variable. What is assigned is rendered once, now: later changes of the variables
/// that it is made of don't change it. It keeps its type; text such as `yes` stays text. What a dry run can't know is
/// assigned as unknown, and makes those later tasks unknown that use it.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SetFact {
    /// Set them as facts too, which a fact cache keeps for later runs.
    #[serde(default)]
    #[allow(dead_code)]
    cacheable: bool,
}

impl Arguments for SetFact {
    const NAME: &'static str = "set_fact";
    const EXAMPLES: &'static str = r#"
- name: What later tasks need
  set_fact:
    release: "{{ version.stdout | trim }}"
    ports: [80, 443]

- name: Kept in the fact cache
  set_fact:
    installed_at: "{{ now() }}"
    cacheable: true
"#;
}

pub(crate) struct SetFactAction;

#[async_trait]
impl Action for SetFactAction {
    fn manual(&self) -> Manual {
        Manual::of::<SetFact>()
    }

    fn only_sets_variables(&self) -> bool {
        true
    }

    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        // Read from the map: what is assigned may be anything, also unknown, which no struct can hold.
        let cacheable = match call.argument("cacheable") {
            None => false,
            Some(Value::Unknown(unknown)) => return Ok(Done::unknown(unknown)),
            Some(cacheable) => cacheable.to_bool().map_err(|error| {
                call.failure(Error::new(format!("'cacheable': {error}")).at(call.place_of(&["cacheable"])))
            })?,
        };
        let mut facts = Map::new();
        for (name, value) in &call.arguments {
            let name = &rendered_name(&call, name)?;
            match name.as_str() {
                Some("cacheable") => {}
                Some(text) if playbook::is_identifier(text) => {
                    facts.insert(name.clone(), value.clone());
                }
                _ => return Err(invalid_name(&call, name)),
            }
        }
        if facts.is_empty() {
            let message = "No key/value pairs provided, at least one is required for this action to succeed";
            return Err(call.refusal(Error::new(message).hint("write 'name: value' under it")));
        }
        let result = Done::default().and("ansible_facts", facts.clone());
        Ok(result.effect(Effect::SetFacts { facts, cacheable }))
    }
}

/// The name of a variable, which may be a template where the playbook itself says it.
fn rendered_name(call: &Call<'_>, name: &Value) -> Result<Value, Failure> {
    let written =
        call.task.action.arguments.named.iter().find(|argument| name.as_str() == Some(&*argument.name));
    let Some(argument) = written.filter(|argument| argument.name.contains("{{")) else {
        return Ok(name.clone());
    };
    let text = Text::trusted(&*argument.name, Some(argument.span.clone()));
    let rendered = call.templates.render(&text, call.scope).map_err(|error| call.failure(error))?;
    Ok(Value::string(rendered.to_string()))
}

fn invalid_name(call: &Call<'_>, name: &Value) -> Failure {
    let written =
        call.task.action.arguments.named.iter().find(|argument| name.as_str() == Some(&*argument.name));
    let error = Error::new(format!("Invalid variable name '{name}'."))
        .at_some(written.map(|argument| &argument.span));
    call.failure(error.hint("a name starts with a letter or '_' and goes on with letters, digits and '_'"))
}
