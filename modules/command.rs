use module::{Arguments, CommandLine, HostPath, Module, Outcome, expand_text, split_words};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};

/// Runs a program.
///
/// No shell sees the command line, so that `|`, `>`, `;` and patterns mean nothing; the shell module is for those. Only
/// `~` and variables such as `$HOME` are replaced, unless `expand_argument_vars` is off. Nobody knows what a program
/// changes, so this task counts as changed each time that the program is run; `creates` and `removes` say when it need
/// not be, and `changed_when` says it better.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Command {
    /// The command line; quotes and backslashes keep words together.
    #[schemars(extend("aliases" = ["_raw_params"]))]
    cmd: Option<String>,
    /// The program and its arguments as a list, instead of `cmd`.
    argv: Option<Vec<String>>,
    /// The directory to run it in.
    chdir: Option<HostPath>,
    /// If this path is there, the program is not run. It may be a pattern, and counts from `chdir`.
    creates: Option<HostPath>,
    /// If this path is not there, the program is not run. It may be a pattern, and counts from `chdir`.
    removes: Option<HostPath>,
    /// What the program reads from its standard input.
    stdin: Option<String>,
    /// End `stdin` with a line break.
    #[serde(default = "yes")]
    stdin_add_newline: bool,
    /// Leave out line breaks at the end of what the program writes.
    #[serde(default = "yes")]
    strip_empty_ends: bool,
    /// Replace `~` and variables such as `$HOME` in arguments.
    #[serde(default = "yes")]
    expand_argument_vars: bool,
    /// Accepted for compatibility: without a shell there is none to choose.
    executable: Option<String>,
}

fn yes() -> bool {
    true
}

impl Arguments for Command {
    const NAME: &'static str = "command";
    const EXAMPLES: &'static str = r#"
- name: How long is the host up
  command: uptime --pretty
  register: uptime
  changed_when: false

- name: Unpack the data once
  command: tar -xf /tmp/data.tar
  args:
    chdir: /srv
    creates: /srv/data

- name: A name with blanks
  command:
    argv: [touch, /tmp/a file]
    creates: /tmp/a file
"#;
}

impl Module for Command {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.executable.is_some() {
            host.warn(
                "'executable' is no longer supported by 'command', which uses no shell and leaves it out; 'shell' has it",
            );
        }
        let written = match (self.cmd, self.argv) {
            (Some(_), Some(_)) => {
                return Err(Error::failed("parameters are mutually exclusive: _raw_params|cmd|argv"));
            }
            (Some(line), None) => split_words(&line)?,
            (None, Some(words)) => words,
            (None, None) => Vec::new(),
        };
        if written.is_empty() {
            return Err(Error::failed("one of the following is required: _raw_params, cmd, argv"));
        }
        let mut argv = written.clone();
        if self.expand_argument_vars {
            argv = argv.iter().map(|word| expand_text(word, host)).collect::<Result<_>>()?;
        }
        let line = CommandLine {
            command: system::Command::new(argv),
            shown: written.into(),
            creates: self.creates,
            removes: self.removes,
            strip_empty_ends: self.strip_empty_ends,
            non_zero: "The command exited with a non-zero return code.",
        };
        line.prepare(host, self.chdir.as_ref(), self.stdin.as_deref(), self.stdin_add_newline)?.run(host)
    }
}
