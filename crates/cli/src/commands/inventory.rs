use std::path::PathBuf;

use clap::{ArgAction, Parser};
use diag::{Error, Errors};
use inventory::{HostName, Inventory};
use value::{JsonStyle, Value};
use yaml::EmitStyle;

use crate::arguments::SourceArguments;
use crate::commands::Command;
use crate::config;
use crate::exit::{self, Ended};
use crate::output::print;
use crate::session::Session;

/// Show what an inventory holds: as JSON, YAML or TOML, or as a tree.
#[derive(Debug, Parser)]
pub(crate) struct ShowInventory {
    /// The group to start the tree at.
    pub(crate) group: Option<String>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,

    /// Show all groups and hosts, in the form that inventory scripts print.
    #[arg(long)]
    pub(crate) list: bool,
    /// Show the variables of one host.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Show a tree of groups and hosts.
    #[arg(long)]
    pub(crate) graph: bool,
    /// Write YAML instead of JSON.
    #[arg(short, long)]
    pub(crate) yaml: bool,
    /// Write TOML instead of JSON.
    #[arg(long)]
    pub(crate) toml: bool,
    /// Show variables in the tree.
    #[arg(long)]
    pub(crate) vars: bool,
    /// Leave variables with the groups that set them, so that the list is an inventory again.
    #[arg(long)]
    pub(crate) export: bool,
    /// Write the list into a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The directory whose group_vars and host_vars count like those beside a playbook.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) playbook_dir: Option<PathBuf>,
    /// Forget cached facts.
    #[arg(long)]
    pub(crate) flush_cache: bool,
    /// Show more.
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Command for ShowInventory {
    const NAME: &'static str = "inventory";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-inventory");

    fn run(self) -> Ended {
        self.try_run().unwrap_or_else(|ended| ended)
    }
}

impl ShowInventory {
    fn try_run(&self) -> Result<Ended, Ended> {
        match [self.list, self.host.is_some(), self.graph].iter().filter(|asked| **asked).count() {
            0 => {
                let message =
                    "No action selected, at least one of --host, --graph or --list needs to be specified.";
                return Err(misused(Error::new(message)));
            }
            1 => {}
            _ => {
                let message = "Conflicting options used, only one of --host, --graph or --list can be used at the same time.";
                return Err(misused(Error::new(message)));
            }
        }
        let mut session = Session::open(&self.source)?;
        session.verbosity = session.verbosity.max(self.verbose);
        let mut inventory = session.inventory(&self.source.inventory, &[])?;
        let configured = session.config.text(&config::PLAYBOOK_DIR).map(PathBuf::from);
        if let Some(directory) = self.playbook_dir.clone().or(configured) {
            inventory.set_playbook_dirs(vec![directory]);
        }
        let export = self.export || session.config.flag(&config::INVENTORY_EXPORT)?.unwrap_or(false);
        let text = self.text(&inventory, export);
        let mut warnings = Errors::new();
        warnings.extend(inventory.take_warnings());
        exit::tell(&warnings);
        let text = text?;
        match &self.output {
            Some(file) if self.list => {
                std::fs::write(file, text).map_err(|cause| {
                    Error::new(format!("Unable to write to destination file ({})", file.display()))
                        .cause(cause)
                })?;
                Ok(Ended::Good)
            }
            _ if text.ends_with('\n') => Ok(print(&text)),
            _ => Ok(print(&format!("{text}\n"))),
        }
    }

    fn text(&self, inventory: &Inventory, export: bool) -> Result<String, Ended> {
        if self.graph {
            let group = self.group.as_deref().unwrap_or("all");
            return inventory.graph(group, self.vars).map_err(Ended::Misused);
        }
        if let Some(pattern) = &self.host {
            let host = self.one_host(inventory, pattern)?;
            if self.toml && !self.yaml {
                return inventory.host_toml(&host, export).map_err(Ended::Unusable);
            }
            return self.write(&inventory.list_host(&host, export).map_err(Ended::Unusable)?);
        }
        let only = match &self.source.limit {
            Some(limit) => Some(limited(inventory, limit)?),
            None => None,
        };
        let only = only.as_deref();
        if self.yaml {
            return self.write(&inventory.tree(export, only).map_err(Ended::Unusable)?);
        }
        if self.toml {
            return inventory.list_toml(export, only).map_err(Ended::Unusable);
        }
        self.write(&inventory.list(export, only).map_err(Ended::Unusable)?)
    }

    /// The one host that a pattern means.
    fn one_host(&self, inventory: &Inventory, pattern: &str) -> Result<HostName, Ended> {
        let mut hosts = inventory.select(pattern)?;
        match hosts.pop() {
            Some(host) if hosts.is_empty() => Ok(host),
            found => {
                if found.is_none() {
                    exit::tell(&unmatched(pattern).into());
                }
                let names = inventory.hosts().map(|host| &**host.name());
                let error = Error::new("You must pass a single valid host to --host parameter");
                Err(misused(error.hint_some(diag::did_you_mean(pattern, names))))
            }
        }
    }

    fn write(&self, value: &Value) -> Result<String, Ended> {
        if !self.yaml {
            return Ok(value.to_json(JsonStyle::PRETTY));
        }
        let style = EmitStyle { flow: Some(false), ..EmitStyle::default() };
        Ok(yaml::emit(value, &style)?)
    }
}

/// The hosts that a limit leaves, told where it leaves none.
fn limited(inventory: &Inventory, limit: &str) -> Result<Vec<HostName>, Ended> {
    for term in inventory.unmatched(limit)? {
        exit::tell(&unmatched(&term).into());
    }
    Ok(inventory.select_limited("all", Some(limit))?)
}

fn unmatched(pattern: &str) -> Error {
    Error::warning(format!("Could not match supplied host pattern, ignoring: {pattern}"))
}

fn misused(error: Error) -> Ended {
    Ended::Misused(error.into())
}
