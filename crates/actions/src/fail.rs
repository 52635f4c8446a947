use async_trait::async_trait;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Map, Value};

use crate::{Action, Call, Done, Failure};

/// Fails with a message, usually under a condition.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fail {
    /// What to say.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    msg: Option<Value>,
}

impl Arguments for Fail {
    const NAME: &'static str = "fail";
    const EXAMPLES: &'static str = r#"
- name: Not on this system
  fail:
    msg: "{{ inventory_hostname }} runs {{ ansible_distribution }}, which this role does not know."
  when: ansible_distribution not in ['Debian', 'Ubuntu']
"#;
}

pub(crate) struct FailAction;

#[async_trait]
impl Action for FailAction {
    fn manual(&self) -> Manual {
        Manual::of::<Fail>()
    }

    fn complaint(&self, arguments: &Map) -> Option<String> {
        crate::complaint::invalid_options("fail", &["msg"], arguments)
    }

    // It fails whatever the message will be.
    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let message = call.argument("msg").cloned().unwrap_or_else(|| "Failed as requested from task".into());
        Ok(Done::failed("").and("msg", message))
    }
}
