use std::path::{Path, PathBuf};

use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Inode, Kind, Result, System};
use value::{Map, Value};

/// Tells how a job is doing that a task with `async` has started.
///
/// `finished` of the result says whether the job has ended; then everything that its module gave is in the result too,
/// and a job that failed makes this task fail.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AsyncStatus {
    /// The job, which is `ansible_job_id` of the result of the task that started it.
    jid: String,
    /// Look at the job, or remove the file that holds its result.
    #[serde(default)]
    mode: Mode,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Status,
    Cleanup,
}

impl Arguments for AsyncStatus {
    const NAME: &'static str = "async_status";
    const EXAMPLES: &'static str = r#"
- name: Upgrade without waiting
  command: /usr/local/bin/upgrade
  async: 3600
  poll: 0
  register: upgrade

- name: Wait for its end
  async_status:
    jid: "{{ upgrade.ansible_job_id }}"
  register: job
  until: job is finished
  retries: 100
  delay: 10
"#;
}

impl Module for AsyncStatus {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let directory = host.environment("ANSIBLE_ASYNC_DIR").unwrap_or_else(|| "~/.ansible_async".into());
        let path = HostPath::new(directory).expand(host)?.join(&self.jid);
        let Some(text) = host.read_text_if_any(&path)? else {
            return Err(self.failure(&path, "could not find job"));
        };
        if self.mode == Mode::Cleanup {
            return self.clean_up(host, path);
        }
        let result = serde_json::from_str::<Value>(&text).ok();
        let Some(Value::Map(result)) = result else {
            return Err(self.failure(&path, "Could not parse job output: it is no JSON object"));
        };
        let running = result.contains_key("started") && !result.get("finished").is_none_or(Value::is_true);
        let state = [
            ("ansible_job_id", Value::from(self.jid.as_str())),
            ("results_file", path.to_string_lossy().as_ref().into()),
            ("started", true.into()),
            ("finished", (!running).into()),
            ("stdout", "".into()),
            ("stderr", "".into()),
        ];
        let mut all: Map = state.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
        if running {
            return Ok(Outcome::from(all).changed(false));
        }
        all.extend(result.iter().map(|(key, value)| (key.clone(), value.clone())));
        if all.get("failed").is_some_and(Value::is_true) {
            let message = all.get("msg").map(ToString::to_string).unwrap_or_default();
            return Err(all.iter().fold(Error::failed(message), |error, (key, value)| {
                error.with(&key.to_string(), value.clone())
            }));
        }
        Ok(all.into())
    }
}

impl AsyncStatus {
    fn clean_up(&self, host: &mut System, path: PathBuf) -> Result<Outcome> {
        let now = host.inode(&path)?;
        let gone = Inode { kind: Kind::Absent, ..now.clone() };
        host.settle(&now, gone)?;
        let erased = path.to_string_lossy().into_owned();
        let result = Outcome::new()
            .with("ansible_job_id", self.jid.as_str())
            .with("erased", erased)
            .with("started", false)
            .with("finished", false)
            .with("stdout", "")
            .with("stderr", "");
        // What is removed is nothing that anybody wanted to have on the host.
        Ok(result.changed(false))
    }

    fn failure(&self, path: &Path, message: &str) -> Error {
        Error::failed(message)
            .with("ansible_job_id", self.jid.as_str())
            .with("results_file", path.to_string_lossy().as_ref())
            .with("started", true)
            .with("finished", true)
            .with("stdout", "")
            .with("stderr", "")
    }
}
