use std::ffi::OsString;

use crate::debian::{self, LAB, LAB_OF_A_USER, is_root};
use crate::process::{Failed, cargo, program, run as run_command, target};
use crate::runner;

/// `cargo xtask quickstart`; arguments go to `capstan lab play`.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failed> {
    debian::install(LAB)?;
    if !is_root() {
        debian::install(LAB_OF_A_USER)?;
    }
    runner::build()?;
    // A release build takes a few times as long, and the quickstart would not be any faster.
    run_command(cargo(&["build", "--package=capstan"]))?;
    let mut command = program(target().join("debug/capstan"));
    command.args(["lab", "play", "examples/quickstart/site.yml"]);
    command.args(["--inventory", "examples/quickstart/inventory.ini", "--tour"]).args(arguments);
    run_command(command)
}
