use clap::CommandFactory;

use crate::arguments::Capstan;
use crate::exit::Ended;

/// Prints a completion script.
pub(crate) fn run(shell: clap_complete::Shell) -> Ended {
    clap_complete::generate(shell, &mut Capstan::command(), "capstan", &mut std::io::stdout());
    Ended::Good
}
