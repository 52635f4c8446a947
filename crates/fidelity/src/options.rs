use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures the dry run against the real run, and Capstan against ansible-core.
#[derive(Parser)]
#[command(name = "cargo xtask fidelity")]
pub struct Options {
    /// What to do.
    pub(crate) mode: Mode,
    /// The plays: names of folders in tests/fidelity. [default: all of them]
    pub(crate) plays: Vec<String>,
    /// Note the figures of the plays that are run in tests/fidelity/figures.tsv, and write docs/fidelity.md from it.
    #[arg(long, conflicts_with = "alone")]
    pub(crate) record: bool,
    /// Capstan alone.
    #[arg(long)]
    pub(crate) alone: bool,
    /// The folder with the programs of ansible-core. [default: fetched from PyPI]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) ansible: Option<PathBuf>,
    /// The program under test. [default: the `capstan` beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) capstan: Option<PathBuf>,
    /// Where ansible-core, the hosts' base, the archive's files and the logs are kept.
    #[arg(long, value_name = "FOLDER", default_value = "target/fidelity")]
    pub(crate) folder: PathBuf,
}

/// What to do with the plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Compare dry runs with real runs.
    Fidelity,
    /// Compare Capstan's hosts with ansible-core's.
    Differential,
}
