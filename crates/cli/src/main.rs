//! The `capstan` program: arguments, wiring, exit codes. It is the only place that exits.
//!
//! Called under the name `ansible-playbook` it takes that command's arguments.

mod arguments;
mod complete;
mod config;
mod exit;
mod extra_vars;
mod graph_command;
mod lab_command;
mod play_command;
mod prompt;
mod runner_binary;
mod session;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{AnsiblePlaybook, Capstan, Command};

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    let name =
        Path::new(&name).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ended = match name.as_str() {
        "ansible-playbook" => play_command::run(&AnsiblePlaybook::parse().play),
        _ => match Capstan::parse().command {
            Command::Play(play) => play_command::run(&play),
            Command::Graph(graph) => graph_command::run(&graph),
            Command::Lab(lab) => lab_command::run(*lab),
            Command::Completions { shell } => complete::run(shell),
        },
    };
    exit::code(ended)
}
