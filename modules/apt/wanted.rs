use system::{Command, DpkgDatabase, Error, Result, System, matches_pattern};

use super::lists;
use super::program::no_package;

/// A package as a playbook asks for it.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) version: Option<WantedVersion>,
}

pub(super) enum WantedVersion {
    /// This one, or one that the pattern means.
    Is(String),
    /// This one or a newer one.
    AtLeast(String),
}

impl Wanted {
    pub(super) fn parse(text: &str) -> Result<Wanted> {
        let (name, version) = match text.split_once('=') {
            None => (text, None),
            Some((name, version)) => match name.strip_suffix('>') {
                Some(name) => (name, Some(WantedVersion::AtLeast(version.trim().to_owned()))),
                None => (name, Some(WantedVersion::Is(version.trim().to_owned()))),
            },
        };
        let name = name.trim();
        // A word that starts with a dash would be an option of apt-get.
        if name.is_empty()
            || name.starts_with('-')
            || name.contains(char::is_whitespace)
            || text.matches('=').count() > 1
        {
            return Err(Error::failed(format!(
                "'{text}' is no package: write 'name', 'name=version' or 'name>=version'"
            )));
        }
        Ok(Wanted { name: name.to_owned(), version })
    }

    pub(super) fn is_pattern(&self) -> bool {
        self.name.contains(['*', '?', '['])
    }

    pub(super) fn is_satisfied(&self, host: &mut System, database: &DpkgDatabase) -> Result<bool> {
        match (database.version(&self.name), &self.version) {
            (Some(_), None) => Ok(true),
            (Some(installed), Some(WantedVersion::Is(pattern))) => Ok(matches_pattern(pattern, installed)),
            (Some(installed), Some(WantedVersion::AtLeast(least))) => is_at_least(host, installed, least),
            // Something else may stand in for it, but not if there is a package of that very name.
            (None, None) if database.provides(&self.name) => {
                let show = Command::new(["apt-cache", "show", "--no-all-versions", &self.name]);
                let shown = lists::ask(host, show)?;
                Ok(!shown.success() || shown.stdout.is_empty())
            }
            (None, _) => Ok(false),
        }
    }

    pub(super) fn argument(&self) -> String {
        match &self.version {
            Some(WantedVersion::Is(version)) => format!("{}={version}", self.name),
            _ => self.name.clone(),
        }
    }

    pub(super) fn at_least(&self) -> Option<(String, String)> {
        match &self.version {
            Some(WantedVersion::AtLeast(version)) => Some((self.name.clone(), version.clone())),
            _ => None,
        }
    }
}

pub(super) fn is_at_least(host: &mut System, version: &str, least: &str) -> Result<bool> {
    Ok(host.query(&Command::new(["dpkg", "--compare-versions", version, "ge", least]))?.success())
}

/// Patterns replaced by the packages that they mean, of those that the lists know.
pub(super) fn expand_available(host: &mut System, wanted: Vec<Wanted>) -> Result<Vec<Wanted>> {
    if !wanted.iter().any(Wanted::is_pattern) {
        return Ok(wanted);
    }
    let known =
        lists::ask(host, Command::new(["apt-cache", "pkgnames"]))?.checked("can't list packages")?.stdout();
    let mut expanded = Vec::new();
    for wanted in wanted {
        if !wanted.is_pattern() {
            expanded.push(wanted);
            continue;
        }
        let mut names: Vec<&str> = known.lines().filter(|name| matches_pattern(&wanted.name, name)).collect();
        if names.is_empty() {
            return Err(lists::outdated(host)?.map_or_else(|| no_package(&wanted.name), Error::from));
        }
        names.sort_unstable();
        for name in names {
            let version = match &wanted.version {
                None => None,
                Some(WantedVersion::Is(version)) => Some(WantedVersion::Is(version.clone())),
                Some(WantedVersion::AtLeast(version)) => Some(WantedVersion::AtLeast(version.clone())),
            };
            expanded.push(Wanted { name: name.to_owned(), version });
        }
    }
    Ok(expanded)
}
