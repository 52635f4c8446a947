use std::path::PathBuf;

use diag::{Error, Result};

use super::options::{Options, Refusal, quoted};

/// What the `ssh` program's arguments say.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) options: Options,
    /// The file of `-F`, which is read in place of the usual ones.
    pub(super) file: Option<PathBuf>,
}

/// Flags that change nothing for us: output, forwarding that is off by default, sharing of connections.
const PASSED_OVER: &str = "CKTkqvxy";

impl Arguments {
    /// Reads `ssh_args`.
    ///
    /// # Errors
    /// When an argument is not understood: leaving it out could mean another host, user or trust.
    pub(super) fn read(arguments: &[String]) -> Result<Arguments> {
        let mut read = Arguments::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                return Err(unsupported(word));
            };
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                if PASSED_OVER.contains(letter) {
                    continue;
                }
                match letter {
                    'A' => read.set("forwardagent", "yes", word)?,
                    'a' => read.set("forwardagent", "no", word)?,
                    '4' => read.set("addressfamily", "inet", word)?,
                    '6' => read.set("addressfamily", "inet6", word)?,
                    'o' | 'F' | 'i' | 'p' | 'l' | 'J' => {
                        let value = match rest.as_str() {
                            "" => words.next().ok_or_else(|| {
                                Error::new(format!("the ssh argument '{word}' has no value"))
                            })?,
                            attached => attached,
                        };
                        read.take(letter, value, word)?;
                        break;
                    }
                    _ => return Err(unsupported(word)),
                }
            }
        }
        Ok(read)
    }

    fn take(&mut self, letter: char, value: &str, word: &str) -> Result<()> {
        match letter {
            'F' => {
                self.file = Some(PathBuf::from(value));
                Ok(())
            }
            'o' => {
                let (keyword, text) = super::words::keyword(value);
                self.set(keyword, text, value)
            }
            'i' => self.set("identityfile", &quoted(value), word),
            'p' => self.set("port", value, word),
            'l' => self.set("user", value, word),
            _ => self.set("proxyjump", value, word),
        }
    }

    fn set(&mut self, keyword: &str, text: &str, word: &str) -> Result<()> {
        self.options.set(keyword, text).map_err(|refusal| match refusal {
            Refusal::Missing => Error::new(format!("the ssh argument '{word}' has no value")),
            Refusal::Unsupported => unsupported(word),
        })
    }
}

fn unsupported(word: &str) -> Error {
    Error::new(format!("the ssh argument '{word}' is not understood by the built-in ssh client"))
        .hint("use 'ansible_connection: openssh', which hands the arguments to the ssh program")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments> {
        Arguments::read(&shlex::split(line).unwrap())
    }

    #[test]
    fn arguments_are_read_as_getopt_does() {
        let read = read("-C -o ControlMaster=auto -oControlPersist=60s -vvp2222 -l me -4 -i '/my key' -J a,b -F /x -o 'User other'").unwrap();
        assert_eq!(read.options.get("port"), Some("2222"));
        assert_eq!(read.options.get("user"), Some("me"), "the first one wins");
        assert_eq!(read.options.get("addressfamily"), Some("inet"));
        assert_eq!(read.options.get("identityfile"), Some("/my key"));
        assert_eq!(read.options.get("proxyjump"), Some("a,b"));
        assert_eq!(read.file, Some(PathBuf::from("/x")));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["-L 80:x:80", "host", "-Z", "-o RevokedHostKeys=/x", "-w 0"] {
            let error = read(line).unwrap_err();
            assert!(error.hints()[0].contains("openssh"), "{line}");
        }
        assert_eq!(read("-p").unwrap_err().message(), "the ssh argument '-p' has no value");
    }
}
