//! The `capstan` program: arguments, wiring, exit codes. It is the only place that exits.
//!
//! Called under the name of one of Ansible's programs it takes that program's arguments.

mod arguments;
mod carry_out;
mod commands;
mod config;
mod display;
mod exit;
mod extra_vars;
mod inventory_options;
mod locale;
mod output;
mod pager;
mod private_file;
mod prompt;
mod runner_binary;
mod session;
mod settings;
mod single_task;
mod vault_passwords;
mod version;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let name = line.first().and_then(|name| Path::new(name).file_name()).unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    if commands::called_as_ansible()
        && let Some(problem) = locale::problem()
    {
        // As bare as scripts know it. Whoever closed the stream does not want to read it.
        let _ = writeln!(std::io::stderr(), "ERROR: {problem}");
        return ExitCode::FAILURE;
    }
    match commands::run(&name, line) {
        Ok(ended) => exit::code(ended),
        Err(error) => {
            // Whoever closed the stream does not want to read it.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}
