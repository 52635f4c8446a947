use clap::Args;

use super::VaultArguments;

/// What is read: inventories, variables, vaults.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct SourceArguments {
    /// An inventory: a file, a directory, or host names with commas.
    #[arg(short, long, value_name = "INVENTORY", visible_alias = "inventory-file")]
    pub(crate) inventory: Vec<String>,
    /// Work only on hosts that match this pattern as well.
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Set variables: key=value, YAML, JSON, or @FILE.
    #[arg(short, long, value_name = "VARS")]
    pub(crate) extra_vars: Vec<String>,

    #[command(flatten)]
    pub(crate) vault: VaultArguments,
}
