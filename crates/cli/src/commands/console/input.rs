use diag::{Error, Result};
use engine::Settings;

/// What `help` says.
pub(super) const HELP: &str = "\
MODULE [ARGUMENTS]      run a module
shell COMMAND, !COMMAND run a command in a shell
cd PATTERN              go on with other hosts
list [groups]           list the hosts, or the groups
become, check, diff     yes or no
become_user, become_method, remote_user, forks, verbosity, timeout
                        set it
help [MODULE], ?MODULE  this, or what a module's arguments are
exit
";

/// What a line means.
#[derive(Debug, PartialEq)]
pub(super) enum Input<'a> {
    Nothing,
    Exit,
    Pattern(&'a str),
    ListHosts,
    ListGroups,
    Set(Switch, &'a str),
    Help(Option<&'a str>),
    Task { action: &'a str, arguments: &'a str },
}

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Switch {
    Become,
    BecomeUser,
    BecomeMethod,
    RemoteUser,
    Check,
    Diff,
    Forks,
    Verbosity,
    Timeout,
}

impl<'a> Input<'a> {
    pub(super) fn of(line: &'a str) -> Input<'a> {
        let line = line.trim();
        if let Some(command) = line.strip_prefix('!') {
            return Input::Task { action: "shell", arguments: command.trim() };
        }
        if let Some(module) = line.strip_prefix('?') {
            return Input::Help(Some(module.trim()).filter(|module| !module.is_empty()));
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "" => Input::Nothing,
            _ if word.starts_with('#') => Input::Nothing,
            "exit" | "quit" | "EOF" => Input::Exit,
            "cd" => Input::Pattern(rest),
            "list" if rest == "groups" => Input::ListGroups,
            "list" => Input::ListHosts,
            "help" => Input::Help(Some(rest).filter(|module| !module.is_empty())),
            "become" => Input::Set(Switch::Become, rest),
            "become_user" => Input::Set(Switch::BecomeUser, rest),
            "become_method" => Input::Set(Switch::BecomeMethod, rest),
            "remote_user" => Input::Set(Switch::RemoteUser, rest),
            "check" => Input::Set(Switch::Check, rest),
            "diff" => Input::Set(Switch::Diff, rest),
            "forks" => Input::Set(Switch::Forks, rest),
            "verbosity" => Input::Set(Switch::Verbosity, rest),
            "timeout" => Input::Set(Switch::Timeout, rest),
            _ => Input::Task { action: word, arguments: rest },
        }
    }
}

impl Switch {
    /// Sets it.
    ///
    /// # Errors
    /// The value is of the wrong kind.
    pub(super) fn set(self, settings: &mut Settings, value: &str) -> Result<()> {
        let text =
            || if value.is_empty() { Err(Error::new("say what to set it to")) } else { Ok(value.to_owned()) };
        let flag = || match value.to_ascii_lowercase().as_str() {
            "yes" | "true" | "on" | "1" | "y" => Ok(true),
            "no" | "false" | "off" | "0" | "n" => Ok(false),
            _ => Err(Error::new(format!("it is yes or no, not '{value}'"))),
        };
        let number =
            || value.parse::<u32>().map_err(|_| Error::new(format!("it is a number, not '{value}'")));
        match self {
            Switch::Become => settings.become_user.enabled = flag()?,
            Switch::BecomeUser => settings.become_user.user = Some(text()?),
            Switch::BecomeMethod => settings.become_user.method = Some(text()?),
            Switch::RemoteUser => settings.connection.user = Some(text()?),
            Switch::Check => settings.check = flag()?,
            Switch::Diff => settings.diff = flag()?,
            Switch::Forks => settings.forks = usize::try_from(number()?).unwrap_or(usize::MAX).max(1),
            Switch::Verbosity => settings.verbosity = u8::try_from(number()?).unwrap_or(u8::MAX),
            Switch::Timeout => settings.task_timeout = number()?.into(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_commands_or_tasks() {
        assert_eq!(Input::of("  \n"), Input::Nothing);
        assert_eq!(Input::of("cd web:&prod\n"), Input::Pattern("web:&prod"));
        assert_eq!(Input::of("!ls | wc -l"), Input::Task { action: "shell", arguments: "ls | wc -l" });
        assert_eq!(Input::of("?copy"), Input::Help(Some("copy")));
        assert_eq!(Input::of("list groups"), Input::ListGroups);
        assert_eq!(Input::of("debug msg=hi"), Input::Task { action: "debug", arguments: "msg=hi" });
        assert_eq!(Input::of("forks 3"), Input::Set(Switch::Forks, "3"));
    }

    #[test]
    fn what_is_set_must_be_of_the_right_kind() {
        let mut settings = Settings::default();
        Switch::Forks.set(&mut settings, "0").unwrap();
        assert_eq!(settings.forks, 1);
        assert!(Switch::Check.set(&mut settings, "perhaps").is_err());
        Switch::Check.set(&mut settings, "yes").unwrap();
        assert!(settings.check);
    }
}
