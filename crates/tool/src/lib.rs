//! What programs for development share: calls of other programs, and errors of files.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::Path;
use std::process::{Command, Stdio};

use diag::{Error, Result};

/// Runs a program whose output matters only if it fails.
///
/// # Errors
/// It can't be started, or fails; the error has the end of what it printed.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::new(format!("can't run '{name}'")).cause(error))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(10)..].join("\n");
    Err(Error::new(format!("'{name}' failed: {}", output.status)).cause(end))
}

/// A command with its arguments.
pub fn command(program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The error of something that can't be done to a file.
pub fn cannot(what: &str, path: &Path, cause: impl Display) -> Error {
    Error::new(format!("can't {what} {}", path.display())).cause(cause)
}
