use std::path::PathBuf;
use std::time::Duration;

use crate::{Error, Result};

/// A program to run on the host, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; no shell sees them.
    pub argv: Vec<String>,
    /// The folder to run it in.
    pub directory: Option<PathBuf>,
    /// Variables on top of the runner's own and the task's.
    pub environment: Vec<(String, String)>,
    /// What it reads from its standard input.
    pub input: Vec<u8>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// The file mode creation mask to run it with.
    pub umask: Option<u32>,
}

impl Command {
    /// A program with arguments, without a shell.
    pub fn new(argv: impl IntoIterator<Item = impl Into<String>>) -> Command {
        Command {
            argv: argv.into_iter().map(Into::into).collect(),
            directory: None,
            environment: Vec::new(),
            input: Vec::new(),
            timeout: None,
            umask: None,
        }
    }

    /// A line for `/bin/sh`.
    pub fn shell(line: impl Into<String>) -> Command {
        Command::new(["/bin/sh".into(), "-c".into(), line.into()])
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl Into<String>) -> Command {
        self.argv.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Command {
        self.argv.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Command {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets the folder to run in.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Command {
        self.directory = Some(directory.into());
        self
    }

    /// Sets what it reads.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Command {
        self.input = input.into();
        self
    }

    /// The program's name, for messages.
    pub fn program(&self) -> &str {
        self.argv.first().map_or("", String::as_str)
    }
}

/// What came of a program.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Output {
    /// Its exit code, or the negative number of the signal that ended it.
    pub code: i32,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether its exit code was 0.
    pub fn success(&self) -> bool {
        self.code == 0
    }

    /// Its standard output as text; bytes that are none become `�`.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Its standard error as text; bytes that are none become `�`.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Itself, or the failure that a non-zero exit code is: the message ends with what the program said.
    pub fn checked(self, doing: &str) -> Result<Output> {
        if self.success() {
            return Ok(self);
        }
        let said = if self.stderr.is_empty() { self.stdout() } else { self.stderr() };
        let message = format!(
            "{doing}: {}",
            if said.trim().is_empty() { format!("exit code {}", self.code) } else { said.trim().to_owned() }
        );
        Err(Error::failed(message)
            .with("rc", self.code)
            .with("stdout", self.stdout())
            .with("stderr", self.stderr()))
    }
}
