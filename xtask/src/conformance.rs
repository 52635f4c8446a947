use std::ffi::OsString;

use crate::debian::{self, LAB, TESTS};
use crate::process::{Failed, cargo, run as run_command};
use crate::runner;

/// What the tests of ansible-core need besides.
const TARGETS: &[debian::Need] = &[("pip3", "python3-pip"), ("tar", "tar"), ("chattr", "e2fsprogs")];

/// `cargo xtask conformance`; arguments go to the program, see `cargo xtask conformance --help`.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failed> {
    let needs: Vec<debian::Need> = LAB.iter().chain(TESTS).chain(TARGETS).copied().collect();
    debian::install(&needs)?;
    runner::build()?;
    run_command(cargo(&["build", "--package=capstan", "--package=conformance"]))?;
    let mut command = cargo(&["run", "--quiet", "--package=conformance", "--"]);
    command.args(arguments);
    run_command(command)
}
