use std::ffi::OsString;

use crate::debian::{self, LAB, TESTS};
use crate::process::{Failed, cargo, program, run as run_command, target};
use crate::runner;

/// `cargo xtask fidelity`; arguments go to the program, see `cargo xtask fidelity --help`.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failed> {
    start("fidelity", arguments)
}

/// `cargo xtask differential`; arguments go to the program.
pub(crate) fn differential(arguments: &[OsString]) -> Result<(), Failed> {
    start("differential", arguments)
}

fn start(mode: &str, arguments: &[OsString]) -> Result<(), Failed> {
    let needs: Vec<debian::Need> = LAB.iter().chain(TESTS).copied().collect();
    debian::install(&needs)?;
    runner::build()?;
    // What is built for the tests; for some packages only, cargo would choose other features and build all anew.
    run_command(cargo(&["build", "--workspace", "--bins"]))?;
    let mut command = program(target().join("debug/fidelity"));
    command.arg(mode).args(arguments);
    run_command(command)
}
