use std::time::Duration;

use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};
use value::{Map, Unknown};

use crate::{Action, Answer, Call, Done, Failure};

/// Waits until the host can be reached and a module runs there.
///
/// A dry run tries once and does not wait.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitForConnection {
    /// Seconds to wait before the first attempt.
    #[serde(default)]
    delay: f64,
    /// Seconds between two attempts.
    #[serde(default = "one")]
    sleep: f64,
    /// Seconds after which it fails.
    #[serde(default = "ten_minutes")]
    timeout: f64,
    /// Seconds that an attempt may take to connect.
    #[serde(default = "five")]
    connect_timeout: f64,
}

fn one() -> f64 {
    1.0
}

fn five() -> f64 {
    5.0
}

fn ten_minutes() -> f64 {
    600.0
}

impl Arguments for WaitForConnection {
    const NAME: &'static str = "wait_for_connection";
    const EXAMPLES: &'static str = r#"
- name: The new machine is up
  wait_for_connection:
    delay: 10
    timeout: 300
"#;
}

pub(crate) struct WaitForConnectionAction;

#[async_trait]
impl Action for WaitForConnectionAction {
    fn manual(&self) -> Manual {
        Manual::of::<WaitForConnection>()
    }

    fn complaint(&self, arguments: &Map) -> Option<String> {
        let known = ["delay", "sleep", "timeout", "connect_timeout"];
        crate::complaint::invalid_options(WaitForConnection::NAME, &known, arguments)
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let waiting: WaitForConnection = call.arguments()?;
        let connect_timeout = seconds(waiting.connect_timeout);
        if call.dry_run {
            return Ok(match attempt(&call, connect_timeout).await {
                Ok(_) => Done::with([("elapsed", 0)]),
                Err(_) => {
                    Done::unknown(&Unknown::new("whether the host can be reached later; now it can't be"))
                }
            });
        }
        let start = Instant::now();
        sleep(seconds(waiting.delay)).await;
        let end = start + seconds(waiting.timeout);
        loop {
            let error = match attempt(&call, connect_timeout).await {
                Ok(answer) => {
                    let mut done = Done::from(answer.report);
                    // What ping says is of no interest, unless it fails.
                    done.result.shift_remove("ping");
                    return Ok(done.and("elapsed", start.elapsed().as_secs()));
                }
                Err(error) => error,
            };
            if Instant::now() + seconds(waiting.sleep) >= end {
                let message = format!("timed out waiting for the connection: {}", error.summary());
                return Ok(Done::failed(message).and("elapsed", start.elapsed().as_secs()));
            }
            sleep(seconds(waiting.sleep)).await;
        }
    }
}

/// One attempt over a new connection.
async fn attempt(call: &Call<'_>, limit: Duration) -> Result<Answer, Error> {
    call.site.reset().await;
    match timeout(limit, call.site.call("ping", Map::new(), Vec::new())).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Failure::Task(error) | Failure::Refused(error) | Failure::Unreachable(error))) => Err(error),
        Err(_) => Err(Error::new(format!("no answer within {} seconds", limit.as_secs_f64()))),
    }
}

/// A negative or absurd number of seconds is none, or very many.
fn seconds(seconds: f64) -> Duration {
    const YEAR: f64 = 365.0 * 86400.0;
    if seconds.is_nan() { Duration::ZERO } else { Duration::from_secs_f64(seconds.clamp(0.0, YEAR)) }
}
