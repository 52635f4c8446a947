use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Result, System, User};

/// A path on the host; `~`, `~user` and `$VARIABLE` stand for what they mean there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct HostPath(String);

impl HostPath {
    /// A path as a playbook writes it.
    pub fn new(path: impl Into<String>) -> HostPath {
        HostPath(path.into())
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it was written with a slash at its end, which says that it is a directory.
    pub fn ends_with_slash(&self) -> bool {
        self.0.ends_with('/')
    }

    /// Whether anything is there; the path may be a pattern.
    ///
    /// # Errors
    /// A dry run can't know.
    pub fn is_there(&self, host: &mut System) -> Result<bool> {
        let path = self.expand(host)?;
        Ok(!host.glob(&path)?.is_empty())
    }

    /// What is in the file there.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(&self, host: &mut System) -> Result<Vec<u8>> {
        let path = self.expand(host)?;
        host.read(&path)
    }

    /// The path on this host.
    ///
    /// # Errors
    /// There is no such user.
    pub fn expand(&self, host: &mut System) -> Result<PathBuf> {
        Ok(tidy(&expand_text(&self.0, host)?))
    }
}

/// Text with `~`, `~user` at its start and `$VARIABLE` replaced by what they mean on this host. What means nothing there
/// stays as it is.
///
/// # Errors
/// A dry run can't know whether there is such a user.
pub fn expand_text(text: &str, host: &mut System) -> Result<String> {
    let text = expand_variables(text, host);
    let Some(rest) = text.strip_prefix('~') else { return Ok(text) };
    let (user, below) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let home = if user.is_empty() {
        match host.environment("HOME") {
            Some(home) => home,
            None => {
                let name = host.user_name(host.identity().uid);
                host.observe::<User>(&name)?.home
            }
        }
    } else {
        let account = host.observe::<User>(user)?;
        if account.uid.is_none() {
            return Ok(text);
        }
        account.home
    };
    Ok(home + below)
}

/// Without doubled slashes, `.` and a slash at the end.
fn tidy(text: &str) -> PathBuf {
    PathBuf::from(text).components().collect()
}

fn expand_variables(text: &str, host: &System) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, length) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, _)) => (name, name.len() + 2),
            None => {
                let end =
                    after.find(|character: char| !character.is_ascii_alphanumeric() && character != '_');
                let name = &after[..end.unwrap_or(after.len())];
                (name, name.len())
            }
        };
        match host.environment(name).filter(|_| !name.is_empty()) {
            Some(value) => out.push_str(&value),
            None => {
                out.push('$');
                out.push_str(&after[..length]);
            }
        }
        rest = &after[length..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::{MemoryBackend, NoCourier};

    #[test]
    fn homes_and_variables_are_those_of_the_host() {
        let backend = MemoryBackend::new();
        backend
            .add_file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        for (written, meant) in [
            ("~/x", "/root/x"),
            ("~ann/.ssh", "/home/ann/.ssh"),
            ("~nobody-here/x", "~nobody-here/x"),
            ("${HOME}//a/./b/", "/root/a/b"),
            ("$HOME/$NOTHING/€$", "/root/$NOTHING/€$"),
        ] {
            assert_eq!(HostPath::new(written).expand(&mut host).unwrap(), PathBuf::from(meant));
        }
    }
}
