use module::{Arguments, CommandLine, HostPath, Module, Outcome, SkipReason, expand_text, first_word};
use protocol::Blob;
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Result, System};

/// Runs a script of the controller on the host.
///
/// The script is sent to the host into a folder that only the user may enter, run by its first line (`#!/bin/sh`) or by
/// `executable`, and removed again. Nobody knows what it changes, so this task counts as changed each time that it is run;
/// `creates` and `removes` say when it need not be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// The script's path on the controller, and arguments for it as in a shell.
    #[schemars(extend("aliases" = ["_raw_params"]))]
    cmd: Option<String>,
    /// The directory to run it in.
    chdir: Option<HostPath>,
    /// If this path is there, the script is not run. It may be a pattern, and counts from `chdir`.
    creates: Option<HostPath>,
    /// If this path is not there, the script is not run. It may be a pattern, and counts from `chdir`.
    removes: Option<HostPath>,
    /// The program that runs the script, with arguments of its own if need be.
    executable: Option<String>,
    /// Look for encrypted scripts on the controller and send them decrypted.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    decrypt: bool,
    /// The script, as the controller sends it.
    #[serde(default, rename = "_script")]
    #[schemars(skip)]
    script: Option<Blob>,
}

fn yes() -> bool {
    true
}

impl Arguments for Script {
    const NAME: &'static str = "script";
    const EXAMPLES: &'static str = r#"
- name: A script with arguments
  script: setup-database.sh --name "my data"
  args:
    creates: /var/lib/database/my data

- name: A script of another language
  script:
    cmd: report.py
    executable: python3
"#;
}

impl Module for Script {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let written = self.cmd.unwrap_or_default();
        let Some((name, arguments)) = first_word(&written)? else {
            return Err(Error::failed("no script given: one of the following is required: cmd"));
        };
        let line = CommandLine {
            command: Command::shell(""),
            shown: written.as_str().into(),
            creates: self.creates,
            removes: self.removes,
            strip_empty_ends: false,
            non_zero: "non-zero return code",
        };
        let line = line.prepare(host, self.chdir.as_ref(), None, false)?;
        if let Some(SkipReason { fact, argument, .. }) = line.reason_to_skip(host)? {
            // Playbooks compare these words.
            let message = format!("{fact}, matching {argument} option");
            return Ok(Outcome::new().with("skipped", true).with("msg", message).changed(false));
        }
        let script = self
            .script
            .ok_or_else(|| Error::failed(format!("the controller has not sent the script {name}")))?;
        let executable = match &self.executable {
            Some(executable) => expand_text(executable, host)? + " ",
            None => String::new(),
        };
        let directory = line.command.directory.clone();
        line.run_by(host, |host| {
            host.run_script(&written, &script, |path| Command {
                directory,
                // The path has no characters that mean anything to a shell.
                ..Command::shell(format!("{executable}{}{arguments}", path.display()))
            })
        })
    }
}
