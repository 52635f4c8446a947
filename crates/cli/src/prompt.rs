use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use actions::Terminal;
use async_trait::async_trait;
use diag::{Error, Result};
use transport::Secret;

/// The person at the terminal.
pub(crate) struct Person;

impl Person {
    fn is_there() -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }
}

#[async_trait]
impl Terminal for Person {
    async fn ask(&self, prompt: &str, echo: bool) -> Option<String> {
        if !Person::is_there() {
            return None;
        }
        let prompt = prompt.to_owned();
        tokio::task::spawn_blocking(move || {
            if !echo {
                return rpassword::prompt_password(prompt).ok();
            }
            let mut stderr = std::io::stderr();
            write!(stderr, "{prompt}").and_then(|()| stderr.flush()).ok()?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).ok()?;
            Some(line.trim_end_matches(['\r', '\n']).to_owned())
        })
        .await
        .ok()?
    }

    async fn wait(&self, seconds: f64, _: &str) -> bool {
        tokio::time::sleep(Duration::try_from_secs_f64(seconds).unwrap_or_default()).await;
        true
    }
}

/// Asks for a password without showing it.
///
/// # Errors
/// Nobody is there to ask.
pub(crate) fn password(prompt: &str) -> Result<Secret> {
    let failed = |error: std::io::Error| Error::new("can't ask for a password").cause(error);
    Ok(Secret::new(rpassword::prompt_password(prompt).map_err(failed)?))
}
