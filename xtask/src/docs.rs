use std::ffi::OsString;

use crate::process::{Failed, cargo, run as run_command};

/// `cargo xtask docs`: the test that checks the generated pages writes those that are stale, and then fails; a second
/// run tells whether all is well.
pub(crate) fn run(_: &[OsString]) -> Result<(), Failed> {
    let test = || run_command(cargo(&["test", "--quiet", "--package=tests", "--test=docs"]));
    test().or_else(|_| test())
}
