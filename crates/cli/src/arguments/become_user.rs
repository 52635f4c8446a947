use std::path::PathBuf;

use clap::Args;

/// Whom to become.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct BecomeArguments {
    /// Become another user.
    #[arg(short = 'b', long = "become")]
    pub(crate) enabled: bool,
    /// How: sudo or su.
    #[arg(long, value_name = "METHOD")]
    pub(crate) become_method: Option<String>,
    /// Whom; root if not said.
    #[arg(long, value_name = "USER")]
    pub(crate) become_user: Option<String>,
    /// Ask for the password to become that user.
    #[arg(short = 'K', long)]
    pub(crate) ask_become_pass: bool,
    /// A file that holds that password.
    #[arg(long, value_name = "FILE", visible_alias = "become-pass-file", conflicts_with = "ask_become_pass")]
    pub(crate) become_password_file: Option<PathBuf>,
}
