//! The static helper that runs on a host. It is started by the controller and talks frames on its standard input and
//! output; nobody starts it by hand.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // Shows that it can be executed here.
            "--version" => {
                let said = writeln!(std::io::stdout(), "{}", env!("CARGO_PKG_VERSION"));
                return if said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            }
            "--remove-self" => {
                // If it stays, the next run finds it in a private folder under its hash: no harm.
                let _ = std::env::current_exe().and_then(std::fs::remove_file);
            }
            // A job, which the runner starts by itself.
            "--job" => return ended(runner::serve_job(std::io::stdin(), std::io::stdout())),
            _ => return ExitCode::from(2),
        }
    }
    ended(runner::serve(std::io::stdin(), std::io::stdout()))
}

fn ended(outcome: std::io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
