use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lab::LabHost;
use sha2::{Digest, Sha256};

/// What changes on a host without anybody's doing, or is the runner's own.
const OWN: [&str; 13] = [
    "./root/.cache",
    "./root/.ansible",
    "./run",
    "./proc",
    "./sys",
    "./dev",
    "./var/log/journal",
    "./var/log/wtmp",
    "./var/log/btmp",
    "./var/log/lastlog",
    "./var/lib/systemd",
    "./tmp/systemd-private*",
    "./var/tmp/systemd-private*",
];

/// All files of a host: by path their type, mode, owner and size, and what is in those that are young.
#[derive(PartialEq, Eq)]
pub struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Looks at all of a host's files. Only of those that were changed since the lab was made does the content need to
    /// be read: the others are as they were.
    pub fn of(host: &LabHost, lab_folder: &Path) -> Tree {
        let pruned = OWN.map(|path| format!("-path '{path}'")).join(" -o ");
        let script =
            format!(r"cd / && find . -xdev \( {pruned} \) -prune -o -printf '%y %m %U:%G %s %C@\t%p\t%l\n'");
        let output = host.shell(&script).unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.lines().count() > 1000, "{}", String::from_utf8_lossy(&output.stderr));
        let root = host.root().unwrap();
        let born = seconds_of(lab_folder);
        let mut files = BTreeMap::new();
        for line in text.lines() {
            let mut fields = line.split('\t');
            let (attributes, path) = (fields.next().unwrap(), fields.next().unwrap());
            let (attributes, changed) = attributes.rsplit_once(' ').unwrap();
            // A folder's size is its file system's affair.
            let attributes = match attributes.rsplit_once(' ') {
                Some((rest, _)) if attributes.starts_with('d') => rest,
                _ => attributes,
            };
            let mut seen = format!("{attributes} {}", fields.next().unwrap_or_default());
            if seen.starts_with('f') && changed.parse::<f64>().unwrap() >= born {
                let content = fs::read(root.join(path)).unwrap_or_default();
                seen += &Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            }
            files.insert(path.to_owned(), seen);
        }
        Tree(files)
    }

    /// What is there now and was not before, or is different.
    pub fn differences(&self, later: &Tree) -> Vec<String> {
        let gone = self
            .0
            .iter()
            .filter(|(path, _)| !later.0.contains_key(*path))
            .map(|(path, _)| format!("- {path}"));
        let new = later
            .0
            .iter()
            .filter(|(path, _)| !self.0.contains_key(*path))
            .map(|(path, seen)| format!("+ {path}: {seen}"));
        let other = later.0.iter().filter_map(|(path, seen)| {
            let before = self.0.get(path).filter(|before| *before != seen)?;
            Some(format!("! {path}: {before} -> {seen}"))
        });
        gone.chain(new).chain(other).collect()
    }
}

fn seconds_of(folder: &Path) -> f64 {
    let made = folder.metadata().unwrap().modified().unwrap();
    // The clock of a file system is a little behind.
    made.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64() - 1.0
}
