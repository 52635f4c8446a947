use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Unknown, Value};

use crate::{Action, Call, Done, Failure, Verdict};

/// Runs a line in the login shell of the host, with nothing in between.
///
/// Nothing is needed on the host but a shell, so this is for what other modules can't do yet: routers, or systems that
/// no runner is there for. Everywhere else the modules command and shell are better. Nobody knows what the line changes,
/// so the task always counts as changed; `changed_when` says it better.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    /// The line.
    #[schemars(extend("aliases" = ["_raw_params"]))]
    cmd: String,
    /// The shell to run it, by its absolute path.
    executable: Option<String>,
}

impl Arguments for Raw {
    const NAME: &'static str = "raw";
    const EXAMPLES: &'static str = r#"
- name: How long is it up
  raw: cat /proc/uptime
  register: uptime
  changed_when: false

- name: In bash
  raw: set -o pipefail; lspci | sort
  args:
    executable: /bin/bash
"#;
}

pub(crate) struct RawAction;

#[async_trait]
impl Action for RawAction {
    fn manual(&self) -> Manual {
        Manual::of::<Raw>()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let Raw { cmd, executable } = call.arguments()?;
        if call.dry_run {
            return Ok(not_run());
        }
        let line = match executable.filter(|executable| !executable.is_empty()) {
            None => cmd,
            Some(executable) => {
                let quoted = shlex::try_join([executable.as_str(), "-c", &cmd]);
                quoted.map_err(|error| {
                    call.failure(Error::new("the line can't be passed to the shell").cause(error))
                })?
            }
        };
        let output = call.site.shell(&line).await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut done = Done::default()
            .and("rc", output.exit.code().unwrap_or(-1))
            .and("stdout", text(&output.stdout))
            .and("stderr", text(&output.stderr))
            .and("changed", true);
        if !call.task.keywords.environment.is_empty() {
            done.warnings
                .push("'raw' runs its line as it is, so the task's environment is not set for it".into());
        }
        if output.exit.code() != Some(0) {
            done.verdict = Verdict::Failed;
            done = done.and("msg", "non-zero return code");
        }
        Ok(done)
    }
}

/// What a dry run knows of it.
fn not_run() -> Done {
    let unknown =
        Value::from(Unknown::new("a dry run does not run commands, so nobody knows what it would say"));
    let outputs = ["rc", "stdout", "stdout_lines", "stderr", "stderr_lines"];
    outputs.into_iter().fold(Done::default(), |done, key| done.and(key, unknown.clone())).and("changed", true)
}
