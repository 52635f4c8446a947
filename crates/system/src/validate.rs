use value::Unknown;

use crate::mentions::mentions;
use crate::{Command, Error, Overlay, Result, System};

impl System {
    /// Lets a program check a content before it is put in place. `line` is the program and its arguments, split as a
    /// shell would; `%s` stands for a file with the content, which only this user can read.
    ///
    /// # Errors
    /// There is no `%s`, the program can't be started, or it rejects the content. A program sees the host as it is: if
    /// it rejects a content in a dry run that has predicted changes, these may be what it misses, so that is unknown. If
    /// the program itself is still to be installed, or names something that earlier tasks would have made, the content is
    /// taken to be good, and a warning says so.
    pub fn validate(&mut self, line: &str, content: &[u8]) -> Result<()> {
        let words = shlex::split(line)
            .ok_or_else(|| Error::failed(format!("Invalid command syntax: a quote is not closed: {line}")))?;
        if !words.iter().any(|word| word.replace("%%", "").contains("%s")) {
            return Err(Error::failed(format!("validate must contain %s: {line}")));
        }
        let output = self.with_temporary_file(content, |host, path| {
            let path = path.to_string_lossy();
            // `%%` is a plain percent sign.
            let fill = |word: &String| {
                word.split("%%").map(|part| part.replace("%s", &path)).collect::<Vec<_>>().join("%")
            };
            host.query(&Command::new(words.iter().map(fill)))
        });
        let output = match output {
            Err(Error::Unknown(unknown)) => {
                self.warn(format!(
                    "whether '{line}' accepts the new content is not known yet: {}",
                    unknown.cause
                ));
                return Ok(());
            }
            output => output?,
        };
        if output.success() {
            return Ok(());
        }
        // It misses what earlier tasks would have made.
        let misses = |overlay: &Overlay| {
            let said = format!("{}\n{}", output.stdout(), output.stderr());
            let of_missing: String = said.lines().filter(|line| line.contains("o such file")).collect();
            let account = overlay.accounts().find(|name| mentions(&said, name));
            account.or_else(|| overlay.paths().find(|path| mentions(&of_missing, path))).map(str::to_owned)
        };
        if let Some(missing) = self.overlay().and_then(misses) {
            self.warn(format!("'{line}' does not accept the new content yet, as it misses {missing}"));
            return Ok(());
        }
        if self.overlay().is_some_and(|overlay| !overlay.is_empty()) {
            return Err(Unknown::new(format!(
                "what '{line}' will say when the changes before it have been made"
            ))
            .into());
        }
        // Playbooks look for these words.
        let said = if output.stderr.is_empty() { output.stdout() } else { output.stderr() };
        let message = format!("failed to validate: rc:{} error:{said}", output.code);
        Err(Error::failed(message)
            .with("exit_status", output.code)
            .with("stdout", output.stdout())
            .with("stderr", output.stderr()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{Inode, Kind, MemoryBackend, NoCourier, Options, State};

    #[test]
    fn a_rejection_is_only_certain_on_an_unchanged_host() {
        let backend = MemoryBackend::new();
        let file = "/tmp/private/content-2d711642b726b044";
        backend.answer(&format!("check 100% {file}"), 0, "");
        backend.answer(&format!("refuse {file}"), 3, "no\n");
        let mut host = System::new(Box::new(backend.clone()), Box::new(NoCourier));
        host.begin(Options { dry_run: true, ..Options::default() });
        assert!(host.validate("check 100%% '%s'", b"x").is_ok());
        assert!(matches!(host.validate("check %%s", b"x"), Err(Error::Failed(_))));
        match host.validate("refuse %s", b"x") {
            Err(Error::Failed(failure)) => {
                assert_eq!(failure.message, "failed to validate: rc:3 error:no\n")
            }
            other => panic!("{other:?}"),
        }
        let now = Inode::absent("/etc/x");
        host.place(&now, now.clone().into_kind(Kind::Directory)).unwrap();
        assert!(matches!(host.validate("refuse %s", b"x"), Err(Error::Unknown(_))));
        assert!(host.inode(Path::new(file)).unwrap().is_absent());
    }
}
