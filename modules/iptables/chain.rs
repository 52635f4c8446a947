use module::split_words;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Output, Result, State, System};

use super::rule::{PATIENCE, refuse_trouble, unless_pending};

/// A chain, or that there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Chain {
    /// Program, table and chain.
    name: String,
    #[serde(rename = "present")]
    is_there: bool,
}

impl Chain {
    /// Sees to it that it is there, or is not.
    pub(super) fn settle(host: &mut System, name: &str, is_there: bool, wait: Option<&str>) -> Result<()> {
        let now = unless_pending(host.observe::<Chain>(name), || Chain::absent(name))?;
        let want = Chain { name: name.to_owned(), is_there };
        host.settle_by(&now, want, |backend, _, want| want.carry_out(backend, wait)).map(drop)
    }

    fn carry_out(&self, host: &mut dyn Backend, wait: Option<&str>) -> Result<()> {
        let command = command(&self.name, if self.is_there { "-N" } else { "-X" }, &[], wait)?;
        host.carry_out(&command, "can't change the chain").map(drop)
    }
}

impl State for Chain {
    const KIND: &'static str = "packet filter chain";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<Chain> {
        let found = list(host, name)?;
        refuse_trouble(&found, "can't list the chain")?;
        Ok(Chain { name: name.to_owned(), is_there: found.success() })
    }

    fn absent(name: &str) -> Chain {
        Chain { name: name.to_owned(), is_there: false }
    }

    fn is_absent(&self) -> bool {
        !self.is_there
    }

    fn bring_about(host: &mut dyn Backend, _: &Chain, want: &Chain) -> Result<()> {
        want.carry_out(host, None)
    }
}

/// What happens to packets that no rule of a chain is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ChainPolicy {
    name: String,
    policy: String,
}

impl ChainPolicy {
    /// Sees to it that it is this one.
    pub(super) fn settle(host: &mut System, name: &str, policy: &str, wait: Option<&str>) -> Result<()> {
        let now = unless_pending(host.observe::<ChainPolicy>(name), || ChainPolicy::absent(name))?;
        let want = ChainPolicy { name: name.to_owned(), policy: policy.to_owned() };
        host.settle_by(&now, want, |backend, _, want| want.carry_out(backend, wait)).map(drop)
    }

    fn carry_out(&self, host: &mut dyn Backend, wait: Option<&str>) -> Result<()> {
        let command = command(&self.name, "-P", &[&self.policy], wait)?;
        host.carry_out(&command, "can't set the policy").map(drop)
    }
}

impl State for ChainPolicy {
    const KIND: &'static str = "packet filter policy";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<ChainPolicy> {
        let said = list(host, name)?.checked("can't list the chain")?.stdout();
        let first = said.lines().next().unwrap_or_default();
        let policy = first.split_once("(policy ").and_then(|(_, rest)| rest.split([' ', ')']).next());
        let policy = policy.ok_or_else(|| Error::failed("Can't detect current policy"))?;
        Ok(ChainPolicy { name: name.to_owned(), policy: policy.to_owned() })
    }

    /// The kernel's own one.
    fn absent(name: &str) -> ChainPolicy {
        ChainPolicy { name: name.to_owned(), policy: "ACCEPT".into() }
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn bring_about(host: &mut dyn Backend, _: &ChainPolicy, want: &ChainPolicy) -> Result<()> {
        want.carry_out(host, None)
    }
}

/// `iptables -t TABLE OPERATION CHAIN ...`.
fn command(name: &str, operation: &str, more: &[&str], wait: Option<&str>) -> Result<Command> {
    let mut words = split_words(name)?;
    words.insert(words.len().min(3), operation.to_owned());
    let command = Command::new(words).args(more.iter().copied()).env("LC_ALL", "C.UTF-8");
    Ok(match wait {
        Some(wait) => command.args(["-w", wait]),
        None => command,
    })
}

fn list(host: &mut System, name: &str) -> Result<Output> {
    host.query(&command(name, "-L", &["-n"], Some(PATIENCE))?)
}
