use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use diag::{Error, Errors, Style};
use engine::{Ending, Stats, Tally};
use report::{Colours, Manner, Outcome, Palette};

use crate::commands;

/// How the program ended. The codes are Ansible's.
#[derive(Debug)]
pub(crate) enum Ended {
    /// All is well.
    Good,
    /// A host failed.
    HostFailed,
    /// A host could not be reached.
    HostUnreachable,
    /// All is well, and with `--detailed-exitcode`: something was changed, or would be, or can't be known.
    Changed,
    /// With `--detailed-exitcode`, where 2 says something else: a host failed.
    HostFailedInDetail,
    /// The command line or the inventory is wrong.
    Unusable(Errors),
    /// A playbook is wrong.
    Wrong(Errors),
    /// The task of a command line is wrong.
    TaskWrong(Errors),
    /// Options don't go together.
    Misused(Errors),
    /// Ctrl-C.
    Interrupted,
}

impl From<Ending> for Ended {
    fn from(ending: Ending) -> Ended {
        match ending {
            Ending::Good => Ended::Good,
            Ending::Failed => Ended::HostFailed,
            Ending::Unreachable => Ended::HostUnreachable,
        }
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Ended {
        Ended::Unusable(error.into())
    }
}

impl Ended {
    /// In what way a run ended.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Ended::Good | Ended::Changed => Outcome::Good,
            Ended::HostFailed | Ended::HostFailedInDetail => Outcome::Failed,
            Ended::HostUnreachable => Outcome::Unreachable,
            Ended::Interrupted => Outcome::Interrupted,
            Ended::Unusable(_) | Ended::Wrong(_) | Ended::TaskWrong(_) | Ended::Misused(_) => Outcome::Wrong,
        }
    }

    /// What is wrong, if something is.
    pub(crate) fn errors(&self) -> Option<&Errors> {
        match self {
            Ended::Unusable(errors)
            | Ended::Wrong(errors)
            | Ended::TaskWrong(errors)
            | Ended::Misused(errors) => Some(errors),
            _ => None,
        }
    }

    /// The same with more detail, as `--detailed-exitcode` wants it.
    pub(crate) fn in_detail(self, stats: &Stats) -> Ended {
        let changes = |tally: &Tally| tally.changed > 0 || tally.unknown > 0;
        match self {
            Ended::Good if stats.hosts().iter().any(|(_, tally)| changes(tally)) => Ended::Changed,
            Ended::HostFailed => Ended::HostFailedInDetail,
            other => other,
        }
    }
}

/// The exit code, after telling what is wrong.
pub(crate) fn code(ended: Ended) -> ExitCode {
    ExitCode::from(match ended {
        Ended::Good => 0,
        Ended::HostFailed | Ended::Changed => 2,
        Ended::HostFailedInDetail => 1,
        Ended::HostUnreachable => 4,
        Ended::Unusable(errors) => {
            tell(&errors);
            1
        }
        Ended::Wrong(errors) => {
            tell(&errors);
            if errors.iter().any(Error::is_of_environment) { 1 } else { 4 }
        }
        Ended::TaskWrong(errors) => {
            tell(&errors);
            2
        }
        Ended::Misused(errors) => {
            tell(&errors);
            5
        }
        Ended::Interrupted => {
            tell(&Error::new("interrupted").into());
            99
        }
    })
}

/// [`tell`], for a list.
pub(crate) fn tell_all(errors: &[Error]) {
    let mut told = Errors::new();
    told.extend(errors.iter().cloned());
    tell(&told);
}

/// Prints errors and warnings to standard error.
pub(crate) fn tell(errors: &Errors) {
    let mut stderr = std::io::stderr().lock();
    let colours = Colours::new(colours_wanted(stderr.is_terminal()).then(Palette::default));
    for error in errors.iter() {
        let text = match (manner(), colours.are_on()) {
            (Manner::Ansible, _) => colours.paint_error(error.severity(), &error.render(Style::Ansible)),
            (Manner::Capstan, true) => error.render(Style::Coloured),
            (Manner::Capstan, false) => error.render(Style::Plain),
        };
        // There is nobody left to tell if this fails.
        let _ = stderr.write_all(text.as_bytes());
    }
}

/// Under Ansible's names errors look like Ansible's.
pub(crate) fn manner() -> Manner {
    if commands::called_as_ansible() { Manner::Ansible } else { Manner::Capstan }
}

/// Whether output has colours: on a terminal, unless `NO_COLOR` or `ANSIBLE_NOCOLOR` say no or
/// `ANSIBLE_FORCE_COLOR` says yes.
pub(crate) fn colours_wanted(terminal: bool) -> bool {
    let yes = |name: &str| {
        std::env::var(name)
            .is_ok_and(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on"))
    };
    if yes("ANSIBLE_FORCE_COLOR") {
        return true;
    }
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || yes("ANSIBLE_NOCOLOR");
    terminal && !plain
}
