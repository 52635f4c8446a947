use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diag::Result;

use tool::cannot;

/// Where the targets are in the source distribution.
pub(crate) const FOLDER: &str = "test/integration/targets";

/// A target of the source distribution: a folder with a script `runme.sh`, or a role.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    pub(crate) is_script: bool,
    /// What its file `aliases` says of it: one word or path a line.
    aliases: Vec<String>,
    name: String,
}

/// All targets by name.
///
/// # Errors
/// The folder can't be read.
pub(crate) fn read_all(source: &Path) -> Result<BTreeMap<String, Target>> {
    let folder = source.join(FOLDER);
    let entries = std::fs::read_dir(&folder).map_err(|error| cannot("read", &folder, error))?;
    let names = entries.flatten().filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name());
    let targets = names.map(|name| {
        let name = name.to_string_lossy().into_owned();
        let path = folder.join(&name);
        let aliases = std::fs::read_to_string(path.join("aliases")).unwrap_or_default();
        (
            name.clone(),
            Target { is_script: path.join("runme.sh").is_file(), aliases: words(&aliases), path, name },
        )
    });
    Ok(targets.collect())
}

fn words(aliases: &str) -> Vec<String> {
    let lines = aliases.lines().map(|line| line.split('#').next().unwrap_or_default().trim_end());
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

impl Target {
    fn has(&self, alias: &str) -> bool {
        self.aliases.iter().any(|word| word == alias)
    }

    /// What follows a prefix such as `setup/once/`.
    fn after<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.aliases.iter().filter_map(move |word| word.strip_prefix(prefix))
    }

    /// Whether it only serves other targets.
    pub(crate) fn is_helper(&self) -> bool {
        self.has("hidden") || self.name.starts_with("setup_") || self.name.starts_with("prepare_")
    }

    /// Targets that must be run before it.
    pub(crate) fn setup(&self) -> impl Iterator<Item = &str> {
        self.after("setup/once/").chain(self.after("setup/always/"))
    }

    /// Targets whose folders it needs beside it.
    pub(crate) fn neighbours(&self) -> impl Iterator<Item = &str> {
        self.setup().chain(self.after("needs/target/"))
    }

    /// Other files of the source distribution that it needs.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.after("needs/file/").filter(|path| !path.starts_with(FOLDER))
    }

    /// Variables of the environment that it wants set.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.after("env/set/").filter_map(|pair| pair.split_once('/'))
    }

    pub(crate) fn needs_ssh(&self) -> bool {
        self.has("needs/ssh")
    }

    pub(crate) fn needs_http(&self) -> bool {
        self.has("needs/httptester") || self.has("cloud/httptester")
    }

    /// Whether it is about what happens on a host, so that the host is reached by SSH if it needs SSH at all.
    pub(crate) fn is_about_the_host(&self) -> bool {
        self.has("context/target")
    }

    pub(crate) fn gathers_facts(&self) -> bool {
        !self.has("gather_facts/no")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_say_what_a_target_needs() {
        let text = "needs/ssh # it logs in\n\n# a comment\nsetup/once/setup_pexpect\nenv/set/LIMIT/10/2\nneeds/file/a/b.txt\n";
        let target = Target { aliases: words(text), name: "setup_x".into(), ..Target::default() };
        assert!(target.needs_ssh() && !target.needs_http() && target.is_helper() && target.gathers_facts());
        assert_eq!(target.neighbours().collect::<Vec<_>>(), ["setup_pexpect"]);
        assert_eq!(target.environment().collect::<Vec<_>>(), [("LIMIT", "10/2")]);
        assert_eq!(target.files().collect::<Vec<_>>(), ["a/b.txt"]);
    }
}
