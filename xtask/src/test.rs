use std::ffi::OsString;
use std::process::Stdio;

use crate::process::{Failed, cargo, is_installed, program, run as run_command, target};
use crate::runner;

/// `cargo xtask test`; arguments go to `cargo nextest run`, or to `cargo test` where there is no nextest.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failed> {
    runner::build()?;
    // The examples in doc comments come first, so that the summary of all other tests is what stands at the end.
    run_command(cargo(&["test", "--workspace", "--doc"]))?;
    // Tests of whole runs start these programs.
    run_command(cargo(&["build", "--workspace", "--bins", "--examples"]))?;
    // Several tests at once need the Debian that machine hosts start from, so it is made before them, if it is not there.
    let mut debian = program(target().join("debug/capstan"));
    debian.args(["lab", "up", "--kind=machine"]).stdin(Stdio::null());
    run_command(debian)?;
    let mut command = match is_installed("cargo-nextest") {
        true => cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]),
        false => cargo(&["test", "--workspace", "--tests", "--no-fail-fast"]),
    };
    command.args(arguments);
    run_command(command)
}
