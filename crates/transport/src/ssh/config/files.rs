use std::path::{Path, PathBuf};

use diag::{Error, Result, Source, Span};

use super::options::{Options, Refusal};
use crate::ssh::account::Account;
use crate::ssh::pattern;

/// How deep files may include each other.
const DEEPEST_INCLUDE: usize = 16;

/// What decides which lines count.
pub(super) struct Lookup<'a> {
    pub(super) account: &'a Account,
    /// The host as it was asked for.
    pub(super) original: &'a str,
    /// The host that patterns are compared with: the original, or in the final pass the one to connect to.
    pub(super) host: &'a str,
    /// Whether this is the second reading, which `Match final` has asked for.
    pub(super) is_final: bool,
}

/// What a reading has come upon.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// A `Match final` wants the files read again.
    pub(super) wants_final: bool,
    /// A condition that only the `ssh` program can decide.
    pub(super) undecidable: bool,
}

/// Reads one file and what it includes. A file that is not there is empty.
///
/// # Errors
/// When a line makes no sense.
pub(super) fn read(
    file: &Path,
    lookup: &Lookup<'_>,
    options: &mut Options,
    findings: &mut Findings,
) -> Result<()> {
    Reader { lookup, options, findings }.file(file, &mut true, 0)
}

struct Reader<'a, 'b> {
    lookup: &'a Lookup<'b>,
    options: &'a mut Options,
    findings: &'a mut Findings,
}

impl Reader<'_, '_> {
    fn file(&mut self, file: &Path, active: &mut bool, depth: usize) -> Result<()> {
        let text = match std::fs::read(file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::new(format!("can't read '{}'", file.display())).cause(error)),
        };
        let source = Source::new(file, text);
        let mut start = 0;
        for line in source.text().split_inclusive('\n') {
            let content = line.trim();
            let at = start + line.len() - line.trim_start().len();
            start += line.len();
            let span = Span::new(&source, at, at + content.len());
            self.line(content, file, active, depth).map_err(|error| error.at(&span))?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, file: &Path, active: &mut bool, depth: usize) -> Result<()> {
        let Some(words) = super::words::split(line) else { return Err(Error::new("a quote is not closed")) };
        let Some((keyword, arguments)) = words.split_first() else { return Ok(()) };
        match keyword.to_ascii_lowercase().as_str() {
            "host" => {
                if arguments.is_empty() {
                    return Err(Error::new("'Host' needs a pattern"));
                }
                *active = pattern::any_matches(arguments.iter().map(String::as_str), self.lookup.host);
            }
            "match" => *active = self.condition(arguments)?,
            "include" => {
                if depth >= DEEPEST_INCLUDE {
                    return Err(Error::new("too many files include each other"));
                }
                for argument in arguments {
                    for included in self.included(argument, file)? {
                        // Each file begins where this one stands: inside a `Host` that does not match, nothing counts.
                        let mut inner = *active;
                        match *active {
                            true => self.file(&included, &mut inner, depth + 1)?,
                            false => continue,
                        }
                    }
                }
            }
            // Asks for host names to be rewritten by DNS, before all patterns.
            "canonicalizehostname" if *active => {
                self.findings.undecidable |=
                    arguments.first().is_some_and(|value| value != "no" && value != "none");
            }
            _ if *active => {
                let (_, text) = super::words::keyword(line);
                self.options.set(keyword, text).map_err(|refusal| match refusal {
                    Refusal::Missing => Error::new(format!("'{keyword}' has no value")),
                    Refusal::Unsupported => {
                        Error::new(format!("'{keyword}' is not supported by the built-in ssh client"))
                            .hint("use 'ansible_connection: openssh' for this host")
                    }
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the conditions of a `Match` all hold.
    fn condition(&mut self, arguments: &[String]) -> Result<bool> {
        if arguments.is_empty() {
            return Err(Error::new("'Match' needs a condition"));
        }
        let mut holds = true;
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let (negated, word) = word.strip_prefix('!').map_or((false, word.as_str()), |rest| (true, rest));
            let (attribute, attached) = match word.split_once('=') {
                Some((attribute, value)) => (attribute.to_ascii_lowercase(), Some(value)),
                None => (word.to_ascii_lowercase(), None),
            };
            let result = match attribute.as_str() {
                "all" => true,
                "canonical" => self.lookup.is_final,
                "final" => {
                    self.findings.wants_final = true;
                    self.lookup.is_final
                }
                _ => {
                    let value = attached.or_else(|| words.next().map(String::as_str));
                    let value =
                        value.ok_or_else(|| Error::new(format!("'Match {attribute}' needs a value")))?;
                    self.attribute(&attribute, value, holds)?
                }
            };
            holds &= result != negated;
        }
        Ok(holds)
    }

    fn attribute(&mut self, attribute: &str, value: &str, reached: bool) -> Result<bool> {
        let account = self.lookup.account;
        let lower = |text: &str| text.to_ascii_lowercase();
        Ok(match attribute {
            "host" => {
                let host = match self.options.get("hostname") {
                    Some(name) => name.replace("%h", self.lookup.host),
                    None => self.lookup.host.to_owned(),
                };
                pattern::any_matches(lower(value).split(','), &lower(&host))
            }
            "originalhost" => pattern::any_matches(lower(value).split(','), &lower(self.lookup.original)),
            "user" => {
                pattern::any_matches(value.split(','), self.options.get("user").unwrap_or(&account.name))
            }
            "localuser" => pattern::any_matches(value.split(','), &account.name),
            "exec" | "localnetwork" | "tagged" | "command" | "version" | "sessiontype" => {
                self.findings.undecidable |= reached;
                false
            }
            _ => return Err(Error::new(format!("unknown condition 'Match {attribute}'"))),
        })
    }

    /// The files that an `Include` names, in order.
    fn included(&self, argument: &str, file: &Path) -> Result<Vec<PathBuf>> {
        let path = self.lookup.account.expand_home(argument);
        // What a system-wide file includes lies beside it; what a user's file includes, in the user's folder.
        let folder = match file.starts_with("/etc/ssh") {
            true => PathBuf::from("/etc/ssh"),
            false => self.lookup.account.ssh_folder(),
        };
        let pattern = folder.join(path);
        let paths = glob::glob(&pattern.to_string_lossy())
            .map_err(|error| Error::new(format!("'{argument}' is not a pattern of files")).cause(error))?;
        Ok(paths.filter_map(std::result::Result::ok).collect())
    }
}
