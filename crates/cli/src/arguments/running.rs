use clap::{ArgAction, Args};

use super::predict::Predict;

/// How tasks are run.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct RunArguments {
    /// Predict what would change, and change nothing.
    #[arg(short = 'C', long)]
    pub(crate) check: bool,
    /// How far a dry run goes to know what packages would bring.
    #[arg(long, value_enum, default_value_t, value_name = "HOW_FAR")]
    pub(crate) predict: Predict,
    /// Show what changes in files and elsewhere.
    #[arg(short = 'D', long)]
    pub(crate) diff: bool,
    /// Show more; up to -vvvv.
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Work on so many hosts at once.
    #[arg(short, long)]
    pub(crate) forks: Option<usize>,
    /// Forget cached facts.
    #[arg(long)]
    pub(crate) flush_cache: bool,
    /// Folders with modules of your own, with `:` between them.
    #[arg(short = 'M', long, value_name = "FOLDERS")]
    pub(crate) module_path: Vec<String>,
}
