use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Runs Ansible's playbooks over SSH, without Python, and tells beforehand what they will change.
#[derive(Debug, Parser)]
#[command(name = "capstan", version, propagate_version = true)]
pub(crate) struct Capstan {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run playbooks.
    Play(Box<Play>),
    /// Show what a playbook does in which order, and why each thing waits for others.
    Graph(Graph),
    /// Make throwaway hosts to try things on.
    Lab(Box<Lab>),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Runs playbooks.
#[derive(Debug, Parser)]
#[command(name = "ansible-playbook", version)]
pub(crate) struct AnsiblePlaybook {
    #[command(flatten)]
    pub(crate) play: Play,
}

#[derive(Debug, Args)]
pub(crate) struct Play {
    /// The playbooks.
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub(crate) playbooks: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) source: SourceArguments,

    /// Predict what would change, and change nothing.
    #[arg(short = 'C', long)]
    pub(crate) check: bool,
    /// Show what changes in files and elsewhere.
    #[arg(short = 'D', long)]
    pub(crate) diff: bool,
    /// Show more; up to -vvvv.
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Work on so many hosts at once.
    #[arg(short, long)]
    pub(crate) forks: Option<usize>,
    /// Run only tasks with these tags.
    #[arg(short, long, value_name = "TAGS")]
    pub(crate) tags: Vec<String>,
    /// Skip tasks with these tags.
    #[arg(long, value_name = "TAGS")]
    pub(crate) skip_tags: Vec<String>,
    /// Start at the task of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) start_at_task: Option<String>,
    /// Run notified handlers even if a task fails.
    #[arg(long)]
    pub(crate) force_handlers: bool,
    /// Forget cached facts.
    #[arg(long)]
    pub(crate) flush_cache: bool,

    /// Only check the playbooks.
    #[arg(long)]
    pub(crate) syntax_check: bool,
    /// Only list the hosts of each play.
    #[arg(long)]
    pub(crate) list_hosts: bool,
    /// Only list the tasks.
    #[arg(long)]
    pub(crate) list_tasks: bool,
    /// Only list the tags.
    #[arg(long)]
    pub(crate) list_tags: bool,
    /// Confirm each task.
    #[arg(long, hide = true)]
    pub(crate) step: bool,
    /// Accepted for compatibility: there are no modules outside of the program.
    #[arg(short = 'M', long, hide = true)]
    pub(crate) module_path: Vec<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArguments,
    #[command(flatten)]
    pub(crate) become_user: BecomeArguments,
}

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
    /// A vault password, as [LABEL@]SOURCE: a file, a script, or `prompt`.
    #[arg(long, value_name = "ID")]
    pub(crate) vault_id: Vec<String>,
    /// A file or script that gives a vault password.
    #[arg(long, value_name = "FILE", visible_alias = "vault-pass-file")]
    pub(crate) vault_password_file: Vec<PathBuf>,
    /// Ask for the vault password.
    #[arg(short = 'J', long, visible_alias = "ask-vault-pass")]
    pub(crate) ask_vault_password: bool,
}

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
    #[arg(long, value_name = "FILE", visible_alias = "conn-pass-file")]
    pub(crate) connection_password_file: Option<PathBuf>,
    /// Accept the keys of hosts that were never seen before, and remember them.
    #[arg(long)]
    pub(crate) accept_new_host_keys: bool,
}

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
    #[arg(long, value_name = "FILE", visible_alias = "become-pass-file")]
    pub(crate) become_password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// The playbook.
    pub(crate) playbook: PathBuf,
    /// How to show it.
    #[arg(short, long, value_enum, default_value_t = GraphFormat::Text)]
    pub(crate) format: GraphFormat,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Indented text with reasons.
    Text,
    /// The language of Graphviz.
    Dot,
    /// The language of Mermaid.
    Mermaid,
    /// A picture.
    Svg,
}

#[derive(Debug, Args)]
pub(crate) struct Lab {
    #[command(subcommand)]
    pub(crate) command: LabCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Run a playbook on fresh throwaway hosts.
    Play(Box<LabPlay>),
    /// Make throwaway hosts, print an inventory of them, and keep them until Ctrl-C or the end of the input.
    Up(LabHosts),
}

#[derive(Debug, Args, Clone)]
pub(crate) struct LabHosts {
    /// How many hosts; they are called host1, host2, ...
    #[arg(long, default_value_t = 1)]
    pub(crate) hosts: usize,
    /// What kind of hosts.
    #[arg(long, value_enum, default_value_t = HostKind::Sandbox)]
    pub(crate) kind: HostKind,
    /// Let them use this machine's network, as for packages from a mirror.
    #[arg(long)]
    pub(crate) network: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostKind {
    /// Namespaces over this machine's own files: start in milliseconds, have no init system.
    Sandbox,
    /// A Debian of their own, with systemd.
    Machine,
}

#[derive(Debug, Args)]
pub(crate) struct LabPlay {
    #[command(flatten)]
    pub(crate) lab: LabHosts,
    /// Run it three times: as a dry run with differences, for real, and once more to show that nothing changes.
    #[arg(long)]
    pub(crate) tour: bool,
    #[command(flatten)]
    pub(crate) play: Play,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Capstan::command().debug_assert();
        AnsiblePlaybook::command().debug_assert();
    }
}
