use std::ffi::OsString;

use crate::debian::{self, LAB, TESTS};
use crate::process::{Failed, cargo, program, run as run_command, target};
use crate::runner;

/// What the tests of ansible-core need besides.
const TARGETS: &[debian::Need] = &[("pip3", "python3-pip"), ("tar", "tar"), ("chattr", "e2fsprogs")];

/// `cargo xtask conformance`; arguments go to the program, see `cargo xtask conformance --help`.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failed> {
    let needs: Vec<debian::Need> = LAB.iter().chain(TESTS).chain(TARGETS).copied().collect();
    debian::install(&needs)?;
    runner::build()?;
    // What is built for the tests; for some packages only, cargo would choose other features and build all anew.
    run_command(cargo(&["build", "--workspace", "--bins"]))?;
    let mut command = program(target().join("debug/conformance"));
    command.args(arguments);
    run_command(command)
}
