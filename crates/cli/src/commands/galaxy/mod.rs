mod collection;
mod options;
mod role;
mod telling;

use clap::{Parser, Subcommand};

use self::collection::CollectionAction;
use self::role::RoleAction;
use crate::commands::Command;
use crate::config::Config;
use crate::exit::{Ended, tell_all};
use crate::output;

/// Install roles and collections from servers, repositories and archives, and make new ones.
#[derive(Debug, Parser)]
pub(crate) struct Galaxy {
    #[command(subcommand)]
    kind: Kind,
    /// Show more.
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Manage collections.
    Collection {
        #[command(subcommand)]
        action: CollectionAction,
    },
    /// Manage roles.
    Role {
        #[command(subcommand)]
        action: RoleAction,
    },
    /// What stands here without saying what it is about is about roles.
    #[command(flatten)]
    Unsaid(RoleAction),
}

impl Command for Galaxy {
    const NAME: &'static str = "galaxy";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-galaxy");

    fn run(self) -> Ended {
        self.try_run().unwrap_or_else(|ended| ended)
    }
}

impl Galaxy {
    fn try_run(self) -> Result<Ended, Ended> {
        let config = Config::load()?;
        tell_all(&config.warnings);
        output::header("ansible-galaxy", &config, self.verbose);
        match self.kind {
            Kind::Collection { action } => action.run(&config, self.verbose),
            Kind::Role { action } => action.run(&config, self.verbose, false),
            Kind::Unsaid(action) => action.run(&config, self.verbose, true),
        }
    }
}
