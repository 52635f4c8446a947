use std::process::Stdio;

use diag::{Error, Result};
use tokio::process::Command;

use super::options::Options;

/// Asks the `ssh` program what its configuration says about a host, for files with conditions that only it can decide.
/// `arguments` are ssh's own, and come before the host.
///
/// # Errors
/// When the program is missing or refuses.
pub(super) async fn ask(arguments: &[String], host: &str) -> Result<Options> {
    let command = format!("ssh -G {host}");
    let output = Command::new("ssh")
        .arg("-G")
        .args(arguments)
        .args(["--", host])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| {
            Error::new("the ssh configuration holds a condition that needs the ssh program")
                .cause(format!("{command}: {error}"))
                .hint("install OpenSSH's client, or remove 'Match exec' and the like for this host")
        })?;
    if !output.status.success() {
        return Err(
            Error::new(format!("'{command}' failed")).cause(String::from_utf8_lossy(&output.stderr).trim())
        );
    }
    let mut options = Options::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some((keyword, text)) = line.split_once(' ') {
            // It prints every option, those without a value as 'none' or with nothing after them.
            if text != "none" {
                options.set_unquoted(keyword, text);
            }
        }
    }
    Ok(options)
}
