use std::ffi::OsString;
use std::path::PathBuf;

use crate::process::{Failed, cargo, run as run_command, target};

/// `cargo xtask runner`.
pub(crate) fn run(_: &[OsString]) -> Result<(), Failed> {
    build().map(|file| println!("xtask: the runner is {}", file.display()))
}

/// Builds the runner, static, so that it runs on any Linux of this processor. `capstan` finds it beside its own target
/// folder.
///
/// # Errors
/// It does not compile.
pub(crate) fn build() -> Result<PathBuf, Failed> {
    // The flag is for the last crate only: given to all of them it would break procedural macros.
    run_command(cargo(&[
        "rustc",
        "--package=runner",
        "--bin=runner",
        "--profile=runner",
        "--",
        "-Ctarget-feature=+crt-static",
    ]))?;
    Ok(target().join("runner/runner"))
}
