use std::fs;
use std::path::{Path, PathBuf};

use diag::{Error, Result};

use tool::cannot;

/// A play of the bench.
pub(crate) struct Play {
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The names of its hosts.
    pub(crate) hosts: Vec<String>,
    /// Who logs in, if not root.
    pub(crate) user: Option<String>,
}

/// The plays of these names, or all of them.
///
/// # Errors
/// There is no play of that name, or it can't be read.
pub(crate) fn find(names: &[String]) -> Result<Vec<Play>> {
    let folder = folder();
    let entries = fs::read_dir(&folder).map_err(|error| cannot("read", &folder, error))?.flatten();
    let mut known: Vec<String> = entries
        .filter(|entry| entry.path().join("site.yml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    known.sort();
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        let known = known.iter().map(String::as_str);
        return Err(
            Error::new(format!("there is no play '{name}'")).hint_some(diag::did_you_mean(name, known))
        );
    }
    known
        .iter()
        .filter(|name| names.is_empty() || names.contains(name))
        .map(|name| Play::read(&folder.join(name), name))
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fidelity")
}

impl Play {
    fn read(folder: &Path, name: &str) -> Result<Play> {
        let file = folder.join("site.yml");
        let text = fs::read_to_string(&file).map_err(|error| cannot("read", &file, error))?;
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let option =
            |key: &str| head.iter().find_map(|line| line.strip_prefix(&format!("# {key}: "))).map(str::trim);
        let hosts = option("hosts").unwrap_or("1");
        let hosts = match hosts.parse::<usize>() {
            Ok(count) => (1..=count).map(|number| format!("host{number}")).collect(),
            Err(_) => hosts.split_whitespace().map(str::to_owned).collect(),
        };
        let user = option("user").map(str::to_owned);
        Ok(Play { name: name.to_owned(), folder: folder.to_owned(), hosts, user })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_what_a_play_runs_on() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            fs::write(folder.path().join("site.yml"), text).unwrap();
            Play::read(folder.path(), "name").unwrap()
        };
        let play = read("# A play.\n# hosts: web db\n# user: deploy\n---\n# hosts: 7\n");
        assert_eq!(
            (play.hosts, play.user.as_deref()),
            (vec!["web".to_owned(), "db".to_owned()], Some("deploy"))
        );
        assert_eq!(read("# hosts: 2\n").hosts, ["host1", "host2"]);
        let plain = read("- hosts: all\n");
        assert_eq!((plain.hosts, plain.user), (vec!["host1".to_owned()], None));
    }
}
