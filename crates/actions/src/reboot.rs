use std::time::Duration;

use async_trait::async_trait;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};

use crate::{Action, Call, Done, Failure};

/// Starts the host anew, and waits until it is back.
///
/// That it is back is known by a text that is another each time the host starts, and by a command that works. A dry run
/// says that the host would be started anew, and goes on with the host as it would be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reboot {
    /// Seconds to wait before; in minutes, for that is what the host's program takes, and what is less is nothing.
    #[serde(default)]
    pre_reboot_delay: u64,
    /// Seconds to wait before the host is asked whether it is back.
    #[serde(default)]
    post_reboot_delay: u64,
    /// Seconds after which it fails: for the host to start anew, and once more for the test command.
    #[serde(default = "ten_minutes")]
    reboot_timeout: u64,
    /// Seconds that an attempt may take to connect.
    connect_timeout: Option<u64>,
    /// The command that works when the host is back.
    #[serde(default = "who_am_i")]
    test_command: String,
    /// What users of the host are told.
    #[serde(default = "message")]
    msg: String,
    /// Where `shutdown` is looked for on the host.
    #[serde(default = "usual_paths")]
    search_paths: Vec<String>,
    /// The command that says a text which is another each time the host starts.
    #[serde(default = "boot_id")]
    boot_time_command: String,
    /// The command that starts the host anew, instead of `shutdown`. Delay and message are its own business then.
    reboot_command: Option<String>,
}

fn ten_minutes() -> u64 {
    600
}

fn who_am_i() -> String {
    "whoami".to_owned()
}

fn message() -> String {
    // Users of hosts may look for these words.
    "Reboot initiated by Ansible".to_owned()
}

fn usual_paths() -> Vec<String> {
    ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"].map(str::to_owned).to_vec()
}

fn boot_id() -> String {
    "cat /proc/sys/kernel/random/boot_id".to_owned()
}

impl Arguments for Reboot {
    const NAME: &'static str = "reboot";
    const EXAMPLES: &'static str = r#"
- name: Does the new kernel wait for it
  stat:
    path: /var/run/reboot-required
  register: required

- name: The host runs the new kernel
  reboot:
    reboot_timeout: 300
  when: required.stat.exists
"#;
}

pub(crate) struct RebootAction;

/// How long an attempt may take that says nothing of it.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The longest time between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(12);

#[async_trait]
impl Action for RebootAction {
    fn manual(&self) -> Manual {
        Manual::of::<Reboot>()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let reboot: Reboot = call.arguments()?;
        if is_local(&call)? {
            // Playbooks look for these words, here and below.
            let message = "Running reboot with local connection would reboot the control node.";
            return Ok(told(Done::failed(message), false, Duration::ZERO));
        }
        if call.dry_run {
            return Ok(told(Done::default(), true, Duration::ZERO));
        }
        let start = Instant::now();
        let before = match ask(&call, &reboot.boot_time_command).await? {
            (0, text) => text,
            (code, text) => {
                let message = format!("the boot time command failed with exit code {code}: {text}");
                return Ok(told(Done::failed(message), false, start.elapsed()));
            }
        };
        let Some(line) = reboot.line(&call).await? else {
            let paths: Vec<String> = reboot.search_paths.iter().map(|path| format!("'{path}'")).collect();
            let message =
                format!("Unable to find command \"shutdown\" in search paths: [{}]", paths.join(", "));
            return Ok(told(Done::failed(message), false, start.elapsed()));
        };
        // That the connection goes away with the host is no failure.
        match ask(&call, &line).await {
            Ok((0, _)) | Err(Failure::Unreachable(_)) => {}
            Ok((code, _)) if code < 0 => {}
            Ok((_, text)) => {
                let message = format!("Reboot command failed. Error was: '{text}'");
                return Ok(told(Done::failed(message), false, start.elapsed()));
            }
            Err(failure) => return Err(failure),
        }
        let minutes = if reboot.reboot_command.is_some() { 0 } else { reboot.pre_reboot_delay / 60 };
        sleep(Duration::from_secs(minutes * 60 + reboot.post_reboot_delay)).await;
        let is_new = |code: i32, text: &str| code == 0 && text != before;
        if !reboot.waits(&call, &reboot.boot_time_command, is_new).await {
            let message =
                format!("Timed out waiting for last boot time check (timeout={})", reboot.reboot_timeout);
            return Ok(told(Done::failed(message), true, start.elapsed()));
        }
        if !reboot.waits(&call, &reboot.test_command, |code, _| code == 0).await {
            let message =
                format!("Timed out waiting for post-reboot test command (timeout={})", reboot.reboot_timeout);
            return Ok(told(Done::failed(message), true, start.elapsed()));
        }
        Ok(told(Done::default(), true, start.elapsed()))
    }
}

impl Reboot {
    /// What the host's shell is to run; `None` if the host has no program for it.
    async fn line(&self, call: &Call<'_>) -> Result<Option<String>, Failure> {
        if let Some(command) = &self.reboot_command {
            return Ok(Some(command.clone()));
        }
        let paths = joined(self.search_paths.iter().map(String::as_str));
        let look = format!(
            "for folder in {paths}; do if [ -x \"$folder/shutdown\" ]; then echo \"$folder/shutdown\"; exit; fi; done; \
             exit 1"
        );
        let (code, program) = ask(call, &look).await?;
        let minutes = (self.pre_reboot_delay / 60).to_string();
        Ok((code == 0).then(|| joined([program.as_str(), "-r", &minutes, &self.msg])))
    }

    /// Asks over a new connection each time until the answer is as wanted; false if it takes too long.
    async fn waits(&self, call: &Call<'_>, command: &str, is_wanted: impl Fn(i32, &str) -> bool) -> bool {
        let limit = self.connect_timeout.map_or(ATTEMPT, Duration::from_secs);
        let end = Instant::now() + Duration::from_secs(self.reboot_timeout);
        let mut pause = Duration::from_secs(1);
        loop {
            call.site.reset().await;
            if let Ok(Ok((code, text))) = timeout(limit, ask(call, command)).await
                && is_wanted(code, &text)
            {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Whether the host is the machine that all this runs on.
fn is_local(call: &Call<'_>) -> Result<bool, Failure> {
    let written = call.host_scope.variable("ansible_connection").map_err(|error| call.failure(error))?;
    let Some(value) = written else { return Ok(false) };
    let value = call.templates.resolve(&value, call.host_scope).map_err(|error| call.failure(error))?;
    Ok(matches!(value.to_string().as_str(), "local" | "ansible.builtin.local"))
}

/// Exit code and output of a command, without what is blank around it. A code below zero is none.
async fn ask(call: &Call<'_>, command: &str) -> Result<(i32, String), Failure> {
    let output = call.site.shell(command).await?;
    let code = output.exit.code().unwrap_or(-1);
    let text = if code == 0 { output.stdout } else { [output.stdout, output.stderr].concat() };
    Ok((code, String::from_utf8_lossy(&text).trim().to_owned()))
}

fn joined<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect::<Vec<_>>().join(" ")
}

fn told(done: Done, rebooted: bool, elapsed: Duration) -> Done {
    done.and("changed", rebooted).and("rebooted", rebooted).and("elapsed", elapsed.as_secs())
}
