use module::{Arguments, CommandLine, HostPath, Module, Outcome, expand_text};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Result, System};

/// Runs a line, or several, in a shell on the host.
///
/// The command module, which uses no shell, is the safer choice where no pipe, redirection or pattern is needed; the
/// filter `quote` protects values in a line. Nobody knows what a shell changes, so this task counts as changed each time
/// that it is run; `creates` and `removes` say when it need not be, and `changed_when` says it better.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shell {
    /// What the shell is to do.
    #[schemars(extend("aliases" = ["_raw_params"]))]
    cmd: Option<String>,
    /// The directory to run it in.
    chdir: Option<HostPath>,
    /// If this path is there, nothing is run. It may be a pattern, and counts from `chdir`.
    creates: Option<HostPath>,
    /// If this path is not there, nothing is run. It may be a pattern, and counts from `chdir`.
    removes: Option<HostPath>,
    /// The shell, by its absolute path.
    #[serde(default = "shell")]
    executable: String,
    /// What is to be read from the standard input.
    stdin: Option<String>,
    /// End `stdin` with a line break.
    #[serde(default = "yes")]
    stdin_add_newline: bool,
    /// Leave out line breaks at the end of what is written.
    #[serde(default = "yes")]
    strip_empty_ends: bool,
}

fn shell() -> String {
    "/bin/sh".into()
}

fn yes() -> bool {
    true
}

impl Arguments for Shell {
    const NAME: &'static str = "shell";
    const EXAMPLES: &'static str = r#"
- name: How many users log in with bash
  shell: grep -c 'bash$' < /etc/passwd
  register: bash_users
  changed_when: false

- name: Several lines, in bash
  shell: |
    set -o pipefail
    generate-list | sort > /srv/list.txt
  args:
    executable: /bin/bash
    creates: /srv/list.txt
"#;
}

impl Module for Shell {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let script = self.cmd.filter(|script| !script.trim().is_empty());
        let script = script
            .ok_or_else(|| Error::failed("one of the following is required: _raw_params, cmd, argv"))?;
        let line = CommandLine {
            command: Command::new([expand_text(&self.executable, host)?, "-c".into(), script.clone()]),
            shown: script.into(),
            creates: self.creates,
            removes: self.removes,
            strip_empty_ends: self.strip_empty_ends,
            non_zero: "The command exited with a non-zero return code.",
        };
        line.prepare(host, self.chdir.as_ref(), self.stdin.as_deref(), self.stdin_add_newline)?.run(host)
    }
}
