use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use protocol::Change;
use value::Value;

use crate::maintainer_scripts::MaintainerScripts;
use crate::{Inode, Kind, PendingPackage, Result, System};

/// Where dpkg keeps what it knows of each package's files.
const INFO: &str = "/var/lib/dpkg/info";
/// The key by which runners on one host tell each other that a package would be removed.
const PURGED: &str = "purged";

impl System {
    /// In a dry run: notes that a package would be removed, so that later tasks do not find its files; with `purge`, its
    /// configuration and what its scripts then clean up go as well.
    pub fn expect_removal(&mut self, name: &str, purge: bool) {
        if self.overlay().is_none() {
            return;
        }
        self.note_removal(name, purge);
        let after = Value::map([(PURGED, Value::Bool(purge))]);
        self.note_change(Change {
            kind: PendingPackage::KIND.into(),
            name: name.into(),
            before: Value::Null,
            after,
        });
    }

    /// What another runner on this host tells of.
    pub(crate) fn learn_removal(&mut self, change: &Change) {
        if let Some(purge) = change.after.get(PURGED).and_then(Value::as_bool) {
            self.note_removal(&change.name, purge);
        }
    }

    fn note_removal(&mut self, name: &str, purge: bool) {
        // What can't be read is taken to stay.
        let _ = self.forget_files(name, purge);
    }

    fn forget_files(&mut self, name: &str, purge: bool) -> Result<()> {
        let database = self.dpkg_database()?;
        let plain = name.split(':').next().unwrap_or(name);
        let architecture = database.get(name).map(|package| package.architecture.clone()).unwrap_or_default();
        let of = |end: &str| {
            [format!("{INFO}/{plain}.{end}"), format!("{INFO}/{plain}:{architecture}.{end}")]
                .map(PathBuf::from)
        };
        let configuration: BTreeSet<String> =
            self.first_text(&of("conffiles"))?.lines().map(str::to_owned).collect();
        let mut paths: Vec<String> = self.first_text(&of("list"))?.lines().map(str::to_owned).collect();
        paths.retain(|path| purge || !configuration.contains(path));
        if purge {
            let postrm = MaintainerScripts::read(&self.first_text(&of("postrm"))?);
            for call in postrm.calls(&["rm"]) {
                for path in
                    call.into_iter().skip(1).flatten().filter(|path| path.starts_with('/') && path.len() > 1)
                {
                    self.forget_file(Path::new(path.trim_end_matches('/')))?;
                }
            }
        }
        // Folders go if nothing is left in them, the deepest first.
        paths.sort_unstable_by(|left, right| right.cmp(left));
        for path in paths.iter().map(Path::new).filter(|path| path.parent().is_some()) {
            match self.inode(path)?.kind {
                Kind::Absent => {}
                Kind::Directory if !self.list(path)?.is_empty() => {}
                _ => self.forget_file(path)?,
            }
        }
        Ok(())
    }

    fn forget_file(&mut self, path: &Path) -> Result<()> {
        let Some(real) = self.resolve_parents(path)? else { return Ok(()) };
        let now = self.inode(path)?;
        if !now.is_absent()
            && let Some(overlay) = self.overlay_mut()
        {
            overlay.set_inode(Inode { path: real, ..now.removed() });
        }
        Ok(())
    }

    fn first_text(&mut self, paths: &[PathBuf]) -> Result<String> {
        for path in paths {
            if let Some(text) = self.read_text_if_any(path)? {
                return Ok(text);
            }
        }
        Ok(String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBackend, NoCourier, Options};

    fn host() -> System {
        let backend = MemoryBackend::new();
        backend.add_file(
            "/var/lib/dpkg/status",
            "Package: x\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n",
        );
        backend.add_file("/var/lib/dpkg/info/x.list", "/.\n/etc\n/etc/x\n/etc/x/x.conf\n/usr/bin/x\n");
        backend.add_file("/var/lib/dpkg/info/x.conffiles", "/etc/x/x.conf\n");
        backend.add_file("/var/lib/dpkg/info/x.postrm", "case \"$1\" in purge) rm -rf /var/lib/x ;; esac\n");
        for path in ["/etc/x/x.conf", "/usr/bin/x", "/usr/bin/y", "/var/lib/x/data"] {
            backend.add_file(path, "");
        }
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        host.begin(Options { dry_run: true, ..Options::default() });
        host
    }

    fn there(host: &mut System) -> Vec<bool> {
        let paths = ["/etc/x", "/etc/x/x.conf", "/usr/bin/x", "/usr/bin/y", "/var/lib/x/data"];
        paths.iter().map(|path| host.follow(Path::new(path)).unwrap().is_some()).collect()
    }

    #[test]
    fn files_go_with_their_package() {
        let mut removing = host();
        removing.expect_removal("x", false);
        assert_eq!(there(&mut removing), [true, true, false, true, true]);
        let mut purging = host();
        purging.expect_removal("x", true);
        assert_eq!(there(&mut purging), [false, false, false, true, false]);
    }
}
