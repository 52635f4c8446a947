use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Convert, Map, Text, Value};

use crate::{Action, Call, Done, Failure};

/// Notes figures of the user's own, for the run or for single hosts; they can be shown when the run ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetStats {
    /// What is noted, each under a name.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    data: Option<Value>,
    /// Note it for the host instead of for the whole run.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    per_host: Option<Value>,
    /// Add it to what is noted already, as far as the types allow; otherwise replace that. Yes if not written.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    aggregate: Option<Value>,
}

impl Arguments for SetStats {
    const NAME: &'static str = "set_stats";
    const EXAMPLES: &'static str = r#"
- name: Count what was restarted
  set_stats:
    data:
      restarted: 1

- name: Which release each host got
  set_stats:
    data:
      release: "{{ version.stdout }}"
    per_host: true
    aggregate: false
"#;
}

pub(crate) struct SetStatsAction;

#[async_trait]
impl Action for SetStatsAction {
    fn manual(&self) -> Manual {
        Manual::of::<SetStats>()
    }

    fn complaint(&self, arguments: &Map) -> Option<String> {
        crate::complaint::invalid_options("set_stats", &["data", "per_host", "aggregate"], arguments)
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let data = match call.argument("data") {
            None => Map::new(),
            Some(Value::Map(data)) => named(&call, data)?,
            Some(_) => return Ok(Done::failed("The 'data' option needs to be a dictionary/hash")),
        };
        // Whatever is no truth value counts as no.
        let flag = |name: &str, default: bool| {
            call.argument(name).map_or(default, |value| value.to_bool().unwrap_or(false))
        };
        let stats = Value::map([
            ("data", Value::from(data)),
            ("per_host", flag("per_host", false).into()),
            ("aggregate", flag("aggregate", true).into()),
        ]);
        Ok(Done::default().and("ansible_stats", stats))
    }
}

/// The figures under their names, which may be templates.
fn named(call: &Call<'_>, data: &Map) -> Result<Map, Failure> {
    let mut named = Map::new();
    for (name, value) in data {
        let name = match name {
            Value::String(text) if text.contains("{{") => {
                let text = Text::trusted(text.shared(), text.origin().cloned());
                call.templates.render(&text, call.scope).map_err(|error| call.failure(error))?
            }
            name => name.clone(),
        };
        if !name.as_str().is_some_and(playbook::is_identifier) {
            return Err(call.failure(
                Error::new(format!("Invalid variable name '{name}'.")).at(call.place_of(&["data"])),
            ));
        }
        named.insert(name, value.clone());
    }
    Ok(named)
}
