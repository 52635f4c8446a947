use async_trait::async_trait;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Action, Call, Done, Failure};

/// Collects facts about the host, as plays do at their start. Everything else that is written goes to the module
/// `setup`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct GatherFacts {
    /// Accepted for compatibility: there is one module that collects facts, so that there is nothing to run beside it.
    #[allow(dead_code)]
    parallel: Option<bool>,
}

impl Arguments for GatherFacts {
    const NAME: &'static str = "gather_facts";
    const EXAMPLES: &'static str = r#"
- name: Look again after the change
  gather_facts:
"#;
}

pub(crate) struct GatherFactsAction;

#[async_trait]
impl Action for GatherFactsAction {
    fn manual(&self) -> Manual {
        Manual::of::<GatherFacts>()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let mut arguments = call.arguments.clone();
        arguments.shift_remove("parallel");
        let setup = crate::find("setup").map(|kind| kind.manual.schema.normalise(&arguments));
        let arguments = match setup {
            Some(Ok(arguments)) => arguments,
            Some(Err(problems)) => {
                let messages: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
                return Ok(Done::failed(messages.join("; ")));
            }
            None => arguments,
        };
        Ok(call.site.call("setup", arguments, Vec::new()).await?.report.into())
    }
}
