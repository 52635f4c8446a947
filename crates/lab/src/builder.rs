use std::path::PathBuf;

use diag::Result;

use crate::accounts::Account;
use crate::{Lab, Sudo};

/// What a lab's hosts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Namespaces over an overlay of this machine's file system: no init system, but there in milliseconds.
    #[default]
    Sandbox,
    /// A Debian of its own, booted with systemd under systemd-nspawn. Needs root.
    Machine,
}

/// What a lab's hosts can reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Nothing but themselves: a network namespace with a loopback device and no other.
    #[default]
    Isolated,
    /// What this machine reaches, for tasks that install packages. Ports that a host opens are open on this machine.
    Shared,
}

/// Says what a [`Lab`] shall be like, and starts it.
#[derive(Clone)]
pub struct LabBuilder {
    pub(crate) kind: Kind,
    pub(crate) network: Network,
    pub(crate) names: Vec<String>,
    pub(crate) count: usize,
    pub(crate) prefix: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) root_password: Option<String>,
    pub(crate) shared: Vec<PathBuf>,
    pub(crate) root: Option<PathBuf>,
}

impl LabBuilder {
    pub(crate) fn new() -> LabBuilder {
        LabBuilder {
            kind: Kind::default(),
            network: Network::default(),
            names: Vec::new(),
            count: 1,
            prefix: "host".to_owned(),
            accounts: Vec::new(),
            root_password: None,
            shared: Vec::new(),
            root: None,
        }
    }

    /// How many hosts; one unless said otherwise. They are called `host1`, `host2`, ...
    pub fn hosts(mut self, count: usize) -> LabBuilder {
        self.count = count;
        self
    }

    /// What stands before the number in the hosts' names, instead of `host`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> LabBuilder {
        self.prefix = prefix.into();
        self
    }

    /// The hosts by name, instead of a number of them.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> LabBuilder {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sandbox or machine hosts.
    pub fn kind(mut self, kind: Kind) -> LabBuilder {
        self.kind = kind;
        self
    }

    /// What the hosts can reach.
    pub fn network(mut self, network: Network) -> LabBuilder {
        self.network = network;
        self
    }

    /// Adds an account that can log in with the lab's key, and with `password` if there is one.
    pub fn user(mut self, name: impl Into<String>, password: Option<&str>, sudo: Sudo) -> LabBuilder {
        let password = password.map(str::to_owned);
        self.accounts.push(Account { name: name.into(), password, sudo });
        self
    }

    /// Gives root a password, for logging in and for `su`. Without one, root logs in with the lab's key only.
    pub fn root_password(mut self, password: impl Into<String>) -> LabBuilder {
        self.root_password = Some(password.into());
        self
    }

    /// Lets the hosts see a folder of this machine, at the same place and read-only.
    pub fn share(mut self, folder: impl Into<PathBuf>) -> LabBuilder {
        self.shared.push(folder.into());
        self
    }

    /// Makes machine hosts of the Debian in this folder instead of [`crate::debian_root`]. Hosts never write to it.
    pub fn root(mut self, folder: impl Into<PathBuf>) -> LabBuilder {
        self.root = Some(folder.into());
        self
    }

    /// Starts the hosts and waits until all of them can be logged in to.
    ///
    /// # Errors
    ///
    /// A program that is needed is not installed; the system does not permit namespaces or overlays; a host's name or an
    /// account's name is not a valid one; a host did not start.
    pub fn start(self) -> Result<Lab> {
        Lab::start(self)
    }

    pub(crate) fn host_names(&self) -> Vec<String> {
        match self.names.is_empty() {
            true => (1..=self.count).map(|number| format!("{}{number}", self.prefix)).collect(),
            false => self.names.clone(),
        }
    }

    pub(crate) fn passwords(&self) -> bool {
        self.root_password.is_some() || self.accounts.iter().any(|account| account.password.is_some())
    }
}
