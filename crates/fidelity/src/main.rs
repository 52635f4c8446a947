//! `cargo xtask fidelity` and `cargo xtask differential` start this program.

#![allow(clippy::print_stderr)]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match fidelity::run(&fidelity::Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprint!("{}", error.render(diag::Style::Plain));
            ExitCode::FAILURE
        }
    }
}
