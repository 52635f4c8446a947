use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use clap::Args;
use diag::{Error, Result};

use super::encryption::Encryption;
use crate::exit::Ended;
use crate::{private_file, prompt};

/// Encrypt strings, to be put into files of variables.
#[derive(Debug, Args)]
pub(super) struct StringArguments {
    /// The strings; `-` reads one from the standard input.
    strings: Vec<String>,
    /// The name of the variable of each string.
    #[arg(short, long, value_name = "NAME")]
    name: Vec<String>,
    /// The name of the variable of the string from the standard input.
    #[arg(long, value_name = "NAME")]
    stdin_name: Option<String>,
    /// Ask for the string.
    #[arg(short, long)]
    prompt: bool,
    /// Show the string as it is typed.
    #[arg(long)]
    show_input: bool,
}

/// A string with its variable's name and where it came from.
struct Plain {
    content: Vec<u8>,
    name: Option<String>,
    from: &'static str,
}

impl StringArguments {
    /// Encrypts the strings and writes them as YAML.
    ///
    /// # Errors
    /// There are none, or the options do not go together.
    pub(super) fn run(&self, encryption: &Encryption, output: Option<&Path>) -> Result<Ended, Ended> {
        let strings = self.strings()?;
        let many = strings.len() > 1;
        let mut text = String::new();
        for (number, string) in strings.iter().enumerate() {
            if many {
                let name = string.name.as_deref().map(|name| format!("variable (\"{name}\", the string"));
                let name = name.unwrap_or_else(|| "the string (the string".into());
                say(&format!("# The encrypted version of {name} #{} from {}).\n", number + 1, string.from));
            }
            text.push_str(&as_yaml(string.name.as_deref(), &encryption.encrypt(&string.content)?));
        }
        private_file::write(
            output.unwrap_or(private_file::STANDARD_STREAM.as_ref()),
            text.as_bytes(),
            false,
        )?;
        if std::io::stdout().is_terminal() {
            say("Encryption successful\n");
        }
        Ok(Ended::Good)
    }

    fn strings(&self) -> Result<Vec<Plain>, Ended> {
        let misused = |message: &str| Err(Ended::Misused(Error::new(message).into()));
        let from_stdin = self.stdin_name.is_some()
            || self.strings.iter().any(|string| string == "-")
            || (self.strings.is_empty() && !self.prompt);
        if self.prompt && from_stdin {
            return misused("The --prompt option is not supported if also reading input from stdin");
        }
        let mut strings = Vec::new();
        if self.prompt {
            strings.push(self.asked()?);
        }
        if from_stdin {
            if std::io::stdin().is_terminal() {
                say(
                    "Reading plaintext input from stdin. (ctrl-d to end input, twice if your content does not already have a newline)\n",
                );
            }
            let content = private_file::read(private_file::STANDARD_STREAM.as_ref())?;
            if content.is_empty() {
                return misused("stdin was empty, not encrypting");
            }
            strings.push(Plain { content, name: self.stdin_name.clone(), from: "stdin" });
        }
        let given: Vec<&String> = self.strings.iter().filter(|string| *string != "-").collect();
        for (number, string) in given.into_iter().enumerate() {
            if string.is_empty() {
                return misused(
                    "The plaintext provided from the command line args was empty, not encrypting",
                );
            }
            strings.push(Plain {
                content: string.as_bytes().to_vec(),
                name: self.name.get(number).filter(|name| !name.is_empty()).cloned(),
                from: "the command line args",
            });
        }
        Ok(strings)
    }

    fn asked(&self) -> Result<Plain, Ended> {
        let name = match self.name.first() {
            Some(name) => Some(name.clone()),
            None => Some(line("Variable name (enter for no name): ")?).filter(|name| !name.is_empty()),
        };
        let content = if self.show_input {
            line("String to encrypt: ")?
        } else {
            let content = prompt::password("String to encrypt (hidden): ")?.expose().to_owned();
            if prompt::password("Confirm String to encrypt (hidden): ")?.expose() != content {
                return Err(Error::new("the two strings are not the same").into());
            }
            content
        };
        if content.is_empty() {
            let message = "The plaintext provided from the prompt was empty, not encrypting";
            return Err(Ended::Misused(Error::new(message).into()));
        }
        Ok(Plain { content: content.into_bytes(), name, from: "the interactive prompt" })
    }
}

fn say(text: &str) {
    // Whoever closed the stream does not want to read it.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn line(question: &str) -> Result<String> {
    say(question);
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Error::new("can't read the standard input").cause(error))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The text as a value of a YAML mapping, or as one alone.
fn as_yaml(name: Option<&str>, vaulted: &str) -> String {
    let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
    let lines: String = vaulted.lines().map(|line| format!("          {line}\n")).collect();
    format!("{name}!vault |\n{lines}")
}
