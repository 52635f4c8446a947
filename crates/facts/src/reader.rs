use std::path::{Path, PathBuf};
use std::time::Duration;

use system::{Command, Kind, System};

/// Looks at a host for facts: what can't be read is not there.
pub(crate) struct Reader<'a> {
    pub(crate) host: &'a mut System,
    /// How long anything may take that can hang.
    pub(crate) timeout: Duration,
    /// Where executable and plain files with facts of the host's own are.
    pub(crate) fact_path: &'a Path,
}

impl Reader<'_> {
    /// A file's text without white space at both ends; nothing if it is empty.
    pub(crate) fn text(&mut self, path: impl AsRef<Path>) -> Option<String> {
        let text = self.host.read_text_if_any(path.as_ref()).ok()??;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(crate) fn lines(&mut self, path: impl AsRef<Path>) -> Vec<String> {
        self.text(path).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    pub(crate) fn number<T: std::str::FromStr>(&mut self, path: impl AsRef<Path>) -> Option<T> {
        self.text(path)?.parse().ok()
    }

    pub(crate) fn exists(&mut self, path: impl AsRef<Path>) -> bool {
        matches!(self.host.follow(path.as_ref()), Ok(Some(_)))
    }

    pub(crate) fn is_directory(&mut self, path: impl AsRef<Path>) -> bool {
        matches!(self.host.follow(path.as_ref()), Ok(Some(inode)) if inode.is_directory())
    }

    /// Where a symbolic link leads, as it is written.
    pub(crate) fn link(&mut self, path: impl AsRef<Path>) -> Option<PathBuf> {
        match self.host.inode(path.as_ref()).ok()?.kind {
            Kind::Link(target) => Some(target),
            _ => None,
        }
    }

    /// The last name of what a symbolic link leads to.
    pub(crate) fn link_name(&mut self, path: impl AsRef<Path>) -> Option<String> {
        Some(self.link(path)?.file_name()?.to_string_lossy().into_owned())
    }

    /// The names in a directory, sorted.
    pub(crate) fn names(&mut self, path: impl AsRef<Path>) -> Vec<String> {
        if self.is_directory(path.as_ref()) {
            self.host.list(path.as_ref()).unwrap_or_default()
        } else {
            Vec::new()
        }
    }

    pub(crate) fn has_program(&mut self, name: &str) -> bool {
        matches!(self.host.find_program(name), Ok(Some(_)))
    }

    /// What a program answers that is there and succeeds.
    pub(crate) fn ask(&mut self, argv: &[&str]) -> Option<String> {
        self.has_program(argv.first()?).then_some(())?;
        let mut command = Command::new(argv.iter().copied()).env("LC_ALL", "C");
        command.timeout = Some(self.timeout);
        self.host.query(&command).ok().filter(system::Output::success).map(|output| output.stdout())
    }

    /// The value of a line `key: value` of a file such as `/proc/self/status`.
    pub(crate) fn field(&mut self, path: &str, key: &str) -> Option<String> {
        let text = self.text(path)?;
        text.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(':')?.trim().to_owned()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::Facts;
    use system::{MemoryBackend, NoCourier};

    /// Gathers on a host in memory.
    pub(crate) fn with_reader(backend: MemoryBackend, gather: impl FnOnce(&mut Reader) -> Facts) -> Facts {
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        let timeout = Duration::from_secs(10);
        gather(&mut Reader { host: &mut host, timeout, fact_path: Path::new("/etc/ansible/facts.d") })
    }
}
