use std::path::PathBuf;

use clap::Args;

/// The vault passwords.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct VaultArguments {
    /// A vault password, as [LABEL@]SOURCE: a file, a script, or `prompt`.
    #[arg(long, value_name = "ID")]
    pub(crate) vault_id: Vec<String>,
    /// A file or script that gives a vault password.
    #[arg(long, value_name = "FILE", visible_alias = "vault-pass-file")]
    pub(crate) vault_password_file: Vec<PathBuf>,
    /// Ask for the vault password.
    #[arg(short = 'J', long, visible_alias = "ask-vault-pass", conflicts_with = "vault_password_file")]
    pub(crate) ask_vault_password: bool,
}
