//! The commands: one file each, and one line each in [`COMMANDS`].

mod completions;
mod config;
mod console;
mod doc;
mod galaxy;
mod graph;
mod inventory;
mod lab;
mod play;
mod pull;
mod run;
mod vault;

use std::ffi::OsString;
use std::path::Path;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::exit::Ended;
use crate::version;

/// A command: its arguments are the struct's fields, its description the struct's documentation.
pub(crate) trait Command: CommandFactory + FromArgMatches {
    /// The sub-command of `capstan`.
    const NAME: &'static str;
    /// The program of Ansible's that takes the same arguments, if there is one.
    const ANSIBLE_NAME: Option<&'static str> = None;

    /// Carries it out.
    fn run(self) -> Ended;
}

/// All commands, one line each, in the order in which help lists them.
const COMMANDS: &[Entry] = &[
    Entry::of::<play::Play>(),
    Entry::of::<run::RunModule>(),
    Entry::of::<inventory::ShowInventory>(),
    Entry::of::<console::Console>(),
    Entry::of::<pull::Pull>(),
    Entry::of::<vault::Vault>(),
    Entry::of::<doc::Documentation>(),
    Entry::of::<config::ShowConfiguration>(),
    Entry::of::<galaxy::Galaxy>(),
    Entry::of::<graph::Graph>(),
    Entry::of::<lab::LabArguments>(),
    Entry::of::<completions::Completions>(),
];

struct Entry {
    name: &'static str,
    ansible_name: Option<&'static str>,
    interface: fn() -> clap::Command,
    run: fn(&ArgMatches) -> Result<Ended, clap::Error>,
}

impl Entry {
    const fn of<C: Command>() -> Entry {
        Entry {
            name: C::NAME,
            ansible_name: C::ANSIBLE_NAME,
            interface: C::command,
            run: |matches| Ok(C::from_arg_matches(matches)?.run()),
        }
    }
}

/// Carries out a command line, whose first word is the name that the program was called by.
///
/// # Errors
/// The command line is wrong, or asks for help or the version.
pub(crate) fn run(name: &str, line: Vec<OsString>) -> Result<Ended, clap::Error> {
    if let Some(entry) = COMMANDS.iter().find(|entry| entry.ansible_name == Some(name)) {
        let mut interface = as_ansible(entry, name, &line);
        let matches = interface.try_get_matches_from_mut(line)?;
        return (entry.run)(&matches).map_err(|error| error.format(&mut interface));
    }
    let mut interface = capstan();
    let matches = interface.try_get_matches_from_mut(line)?;
    let Some((name, matches)) = matches.subcommand() else { return Ok(Ended::Good) };
    match COMMANDS.iter().find(|entry| entry.name == name) {
        Some(entry) => (entry.run)(matches).map_err(|error| error.format(&mut interface)),
        None => Ok(Ended::Good),
    }
}

/// Whether the program was called by one of Ansible's names and so behaves as that program does.
pub(crate) fn called_as_ansible() -> bool {
    let name = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&name).file_name().and_then(|name| name.to_str());
    name.is_some() && COMMANDS.iter().any(|entry| entry.ansible_name == name)
}

/// The program with all commands below it.
pub(crate) fn capstan() -> clap::Command {
    let program = clap::Command::new("capstan")
        .about(
            "Runs Ansible's playbooks over SSH, without Python, and tells beforehand what they will change.",
        )
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .subcommand_required(true)
        .arg_required_else_help(true);
    COMMANDS.iter().fold(program, |program, entry| {
        program.subcommand((entry.interface)().name(entry.name).args_override_self(true))
    })
}

/// The heading in help above what Ansible has no options for.
pub(crate) const BEYOND_ANSIBLE: &str = "Beyond Ansible";

/// A command as a program of its own, as lenient as Ansible's: options may be shortened and given twice.
fn as_ansible(entry: &Entry, name: &str, line: &[OsString]) -> clap::Command {
    let interface = out_of_the_way((entry.interface)())
        .name(name.to_owned())
        .infer_long_args(true)
        .infer_subcommands(false)
        .args_override_self(true);
    if line.iter().any(|word| word == "--version") {
        interface.version(version::text())
    } else {
        interface.version("")
    }
}

/// What is not Ansible's has a longer name under Ansible's names, so that `--di` is `--diff` as ever.
fn out_of_the_way(interface: clap::Command) -> clap::Command {
    let own = interface.get_arguments().filter(|option| option.get_help_heading() == Some(BEYOND_ANSIBLE));
    let own: Vec<(clap::Id, String)> =
        own.filter_map(|option| Some((option.get_id().clone(), option.get_long()?.to_owned()))).collect();
    own.into_iter().fold(interface, |interface, (id, long)| {
        interface.mut_arg(id, |option| option.long(format!("capstan-{long}")).hide(true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        capstan().debug_assert();
        for entry in COMMANDS {
            as_ansible(entry, entry.ansible_name.unwrap_or(entry.name), &[]).debug_assert();
        }
    }

    #[test]
    fn our_own_options_leave_the_shortened_ones_of_ansible_alone() {
        let play = COMMANDS.iter().find(|entry| entry.name == "play").unwrap();
        let line = ["ansible-playbook", "--di", "--che", "site.yml"].map(OsString::from).to_vec();
        let matches = as_ansible(play, "ansible-playbook", &line).try_get_matches_from(line).unwrap();
        assert!(
            matches.get_flag("diff") && matches.get_flag("check") && !matches.get_flag("detailed_exitcode")
        );
    }

    #[test]
    fn every_command_has_names_and_a_description_of_its_own() {
        let mut names: Vec<&str> =
            COMMANDS.iter().flat_map(|entry| [Some(entry.name), entry.ansible_name]).flatten().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a name stands twice");
        for entry in COMMANDS {
            assert!((entry.interface)().get_about().is_some(), "{} has no description", entry.name);
        }
    }
}
