use std::io::{Read, Write};
use std::path::Path;

use clap::{Args, Parser, Subcommand, ValueEnum};
use diag::{Error, Result};
use lab::{Kind, Lab, Network};

use crate::commands::Command;
use crate::commands::play::{self, Play};
use crate::exit::Ended;
use crate::output::print;
use crate::session::Session;

/// Make throwaway hosts to try things on.
#[derive(Debug, Parser)]
pub(crate) struct LabArguments {
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

impl Command for LabArguments {
    const NAME: &'static str = "lab";

    fn run(self) -> Ended {
        let ended = match self.command {
            LabCommand::Play(play) => play_on_fresh_hosts(*play),
            LabCommand::Up(hosts) => keep_up(&hosts),
        };
        ended.unwrap_or_else(|ended| ended)
    }
}

fn start(hosts: &LabHosts, names: Vec<String>) -> Result<Lab> {
    say(&format!(
        "lab: making {} throwaway {} ...\n",
        names.len(),
        if names.len() == 1 { "host" } else { "hosts" }
    ));
    let kind = match hosts.kind {
        HostKind::Sandbox => Kind::Sandbox,
        HostKind::Machine => Kind::Machine,
    };
    let network = if hosts.network { Network::Shared } else { Network::Isolated };
    let lab = Lab::builder().names(names).kind(kind).network(network).start()?;
    if kind == Kind::Machine {
        lab.hosts().iter().try_for_each(lab::LabHost::wait_until_booted)?;
    }
    Ok(lab)
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("host{number}")).collect()
}

/// Tells what goes on, beside the inventory or the run, which may go into a file.
fn say(text: &str) {
    // Whoever closed the stream does not want to read it.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn keep_up(hosts: &LabHosts) -> Result<Ended, Ended> {
    let lab = start(hosts, numbered(hosts.hosts))?;
    let path = write_inventory(&lab)?;
    say(&format!("lab: inventory {}\n", path.display()));
    print(&lab.inventory());
    say("lab: the hosts go with the end of the input, or with Ctrl-C\n");
    // The end of the input is what is waited for; what it says does not matter.
    let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
    Ok(Ended::Good)
}

fn write_inventory(lab: &Lab) -> Result<std::path::PathBuf> {
    let path = lab.directory().join("lab.ini");
    std::fs::write(&path, lab.inventory())
        .map_err(|error| Error::new(format!("can't write {}", path.display())).cause(error))?;
    Ok(path)
}

/// Runs a playbook on fresh hosts: as many as were asked for, or, with an inventory, one for each host in it.
fn play_on_fresh_hosts(arguments: LabPlay) -> Result<Ended, Ended> {
    let LabPlay { lab: hosts, tour, mut play } = arguments;
    let names = match play.source.inventory.as_slice() {
        [] => numbered(hosts.hosts),
        sources => inventory_names(sources, &play)?,
    };
    let lab = start(&hosts, names)?;
    let inventory = write_inventory(&lab)?;
    // Read last, the lab's settings say how the hosts are reached.
    play.source.inventory.push(absolute(&inventory));
    if !tour {
        return Ok(play::run(&play));
    }
    let steps = [
        ("a dry run: what would change, and nothing is touched", true),
        ("for real", false),
        ("once more: nothing is left to change", false),
    ];
    let (check, diff) = (play.running.check, play.running.diff);
    for (number, (what, dry)) in steps.into_iter().enumerate() {
        print(&format!("\n=== {}. {what}\n", number + 1));
        play.running.check = dry || check;
        play.running.diff = dry || diff;
        match play::run(&play) {
            Ended::Good | Ended::Changed => {}
            ended => return Ok(ended),
        }
    }
    Ok(Ended::Good)
}

fn absolute(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}

fn inventory_names(sources: &[String], play: &Play) -> Result<Vec<String>, Ended> {
    let session = Session::open(&play.source)?;
    let inventory = session.inventory(sources, &play.playbooks)?;
    let names: Vec<String> = inventory.hosts().map(|host| host.name().to_string()).collect();
    if names.is_empty() {
        return Err(Error::new("the inventory has no hosts").into());
    }
    Ok(names)
}
