use clap::Parser;

use crate::commands::{Command, capstan};
use crate::exit::Ended;

/// Print a completion script for a shell.
#[derive(Debug, Parser)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

impl Command for Completions {
    const NAME: &'static str = "completions";

    fn run(self) -> Ended {
        clap_complete::generate(self.shell, &mut capstan(), "capstan", &mut std::io::stdout());
        Ended::Good
    }
}
