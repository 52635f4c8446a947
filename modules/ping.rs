use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};

/// Checks that the host can be reached and tasks can be run there, and answers.
///
/// It sends nothing over the network beside the connection that is there anyway, and changes nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ping {
    /// The answer. The word `crash` makes the task fail, to try out what then happens.
    #[serde(default = "pong")]
    data: String,
}

fn pong() -> String {
    "pong".into()
}

impl Arguments for Ping {
    const NAME: &'static str = "ping";
    const EXAMPLES: &'static str = r#"
- name: Is the host there
  ping:

- name: With an answer of one's own
  ping:
    data: here
"#;
}

impl Module for Ping {
    fn run(self, _: &mut System) -> Result<Outcome> {
        match self.data.as_str() {
            // A failure without a message of its own, as of a module that breaks down.
            "crash" => Err(Error::failed("").with("exception", "boom")),
            data => Ok(Outcome::new().with("ping", data)),
        }
    }
}
