//! Development tasks: `cargo xtask TASK`.
//!
//! It has no dependencies, so that the first `cargo xtask` on a fresh machine answers at once.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod conformance;
mod debian;
mod dist;
mod docs;
mod fidelity;
mod process;
mod quickstart;
mod runner;
mod scale;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use process::Failed;

/// A task: its name, what it does, and the function that does it with the rest of the command line.
type Task = (&'static str, &'static str, fn(&[OsString]) -> Result<(), Failed>);

const TASKS: &[Task] = &[
    ("quickstart", "build Capstan and run the quickstart on three throwaway hosts", quickstart::run),
    ("install", "install what the tests need from Debian's packages (as root)", debian::run),
    ("test", "run all tests; arguments go to the test runner", test::run),
    ("conformance", "run ansible-core's own tests with Capstan (as root)", conformance::run),
    ("fidelity", "compare dry runs with real runs, on plays of tests/fidelity (as root)", fidelity::run),
    ("differential", "compare what Capstan and ansible-core make of hosts (as root)", fidelity::differential),
    ("scale", "measure target/release/capstan on a large playbook and a large inventory", scale::run),
    ("runner", "build the static program that goes to hosts: target/runner/runner", runner::run),
    ("docs", "bring the generated pages of docs/ up to date", docs::run),
    ("dist", "build target/release/capstan, one file with the runner in it", dist::run),
];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let name = arguments.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some((_, _, task)) = TASKS.iter().find(|(task, _, _)| *task == name) else {
        eprintln!("usage: cargo xtask TASK\n\ntasks:");
        TASKS.iter().for_each(|(task, what, _)| eprintln!("  {task:13}{what}"));
        return ExitCode::from(if ["", "-h", "--help", "help"].contains(&name.as_str()) { 0 } else { 2 });
    };
    match task(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("xtask: {failed}");
            ExitCode::FAILURE
        }
    }
}
