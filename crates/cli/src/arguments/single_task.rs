use std::path::PathBuf;

use clap::Args;

use super::{BecomeArguments, ConnectionArguments, RunArguments, SourceArguments};
use crate::config::Config;
use crate::output;
use crate::settings::RunRequest;

/// How single tasks are run that stand in no playbook.
#[derive(Debug, Args)]
pub(crate) struct SingleTaskArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) running: RunArguments,
    /// Only list the hosts.
    #[arg(long)]
    pub(crate) list_hosts: bool,
    /// Seconds that a task may take.
    #[arg(long, value_name = "SECONDS")]
    task_timeout: Option<f64>,
    /// The folder that stands for the playbook's: roles, files, group_vars are looked for there.
    #[arg(long, value_name = "FOLDER")]
    playbook_dir: Option<PathBuf>,
    #[command(flatten)]
    connection: ConnectionArguments,
    #[command(flatten)]
    become_user: BecomeArguments,
}

impl SingleTaskArguments {
    /// What they say of running.
    pub(crate) fn request(&self) -> RunRequest<'_> {
        RunRequest {
            task_timeout: self.task_timeout,
            ..RunRequest::new(&self.source, &self.running, &self.connection, &self.become_user)
        }
    }

    /// The folder that stands for the playbook's.
    pub(crate) fn folder(&self, config: &Config) -> PathBuf {
        output::playbook_folder(config, self.playbook_dir.as_deref())
    }
}
