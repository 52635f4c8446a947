use std::path::PathBuf;

use clap::Args;

/// How hosts are reached.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct ConnectionArguments {
    /// The connection plugin: ssh, openssh or local.
    #[arg(short, long, value_name = "PLUGIN")]
    pub(crate) connection: Option<String>,
    /// The user to log in as.
    #[arg(short, long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Seconds that connecting may take.
    #[arg(short = 'T', long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// The private key to log in with.
    #[arg(long, value_name = "FILE", visible_alias = "key-file")]
    pub(crate) private_key: Option<PathBuf>,
    /// Arguments as for the ssh program.
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    pub(crate) ssh_common_args: Option<String>,
    /// Further arguments as for the ssh program.
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    pub(crate) ssh_extra_args: Option<String>,
    /// Accepted for compatibility: files travel over the one connection.
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub(crate) scp_extra_args: Option<String>,
    /// Accepted for compatibility: files travel over the one connection.
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub(crate) sftp_extra_args: Option<String>,
    /// Ask for the login password.
    #[arg(short = 'k', long)]
    pub(crate) ask_pass: bool,
    /// A file that holds the login password.
    #[arg(long, value_name = "FILE", visible_alias = "conn-pass-file", conflicts_with = "ask_pass")]
    pub(crate) connection_password_file: Option<PathBuf>,
    /// Accept the keys of hosts that were never seen before, and remember them.
    #[arg(long)]
    pub(crate) accept_new_host_keys: bool,
}
