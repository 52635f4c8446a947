use std::ffi::OsString;

use crate::process::{Failed, cargo, run as run_command, target};
use crate::runner;

/// `cargo xtask dist`: a release build that carries the runner in itself, compressed, so that it is one file.
pub(crate) fn run(_: &[OsString]) -> Result<(), Failed> {
    let runner = runner::build()?;
    let mut command = cargo(&["build", "--release", "--package=capstan"]);
    command.env("RUNNER_BIN", &runner);
    run_command(command)?;
    println!("xtask: the program is {}", target().join("release/capstan").display());
    Ok(())
}
