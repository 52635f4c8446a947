use std::path::Path;

use system::{Error, Result, State, System};
use value::Unknown;

use super::{Git, Program, WorkingCopy};

/// What the wanted version is in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its commit; only some of the digits, if the playbook writes no more and they have not been fetched yet.
    pub(crate) commit: Option<String>,
    /// The repository's name of it, such as `refs/heads/main`; none for a commit.
    pub(crate) reference: Option<String>,
}

/// Whether these are all digits of a commit.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && is_digits(text)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Target {
    /// Asks the repository, and then the copy that is there.
    ///
    /// # Errors
    /// The repository does not answer, or there is no such version.
    pub(crate) fn find(
        host: &mut System,
        program: &Program,
        git: &Git,
        copy: Option<(&Path, &WorkingCopy)>,
    ) -> Result<Target> {
        let version = git.version.as_str();
        let names = candidates(version, git.refspec.as_deref(), &git.remote);
        let mut words = vec!["ls-remote".to_owned(), "--symref".to_owned(), program.address.clone()];
        for name in &names {
            words.push(name.clone());
            if name.starts_with("refs/tags/") {
                words.push(format!("{name}^{{}}"));
            }
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let listed = host.query(&program.command(&words))?;
        let place = program.address.strip_prefix("file://").map(Path::new);
        if !listed.success() && place.is_some_and(|place| host.would_change_below(place)) {
            return Err(Unknown::new("what is in a repository that a dry run only predicts").into());
        }
        let listed = listed.checked(&format!("{} can't be asked", program.address))?.stdout();
        if let Some(target) = among(&listed, &names) {
            return Ok(target);
        }
        if is_commit(version) {
            return Ok(Target { commit: Some(version.to_lowercase()), reference: None });
        }
        let here = copy.filter(|(_, now)| !now.is_absent());
        if let Some((dest, now)) = here {
            let is_digits = version.len() >= 4 && is_digits(version);
            if is_digits
                && now.commit.as_ref().is_some_and(|commit| commit.starts_with(&version.to_lowercase()))
            {
                return Ok(Target { commit: now.commit.clone(), reference: None });
            }
            let revision = format!("{version}^{{commit}}");
            let found = match host.follow(dest)? {
                Some(_) => Some(program.ask(host, dest, &["rev-parse", "--verify", "--quiet", &revision])?),
                None => None,
            };
            if let Some(found) = found.filter(|found| found.success()) {
                return Ok(Target { commit: Some(found.stdout().trim().to_owned()), reference: None });
            }
        }
        if version.len() >= 4 && is_digits(version) {
            return Ok(Target { commit: Some(version.to_lowercase()), reference: None });
        }
        // Playbooks look for these words.
        let details = format!("{} has no such version", program.address);
        Err(Error::failed(format!("Failed to checkout {version}")).with("details", details))
    }

    /// Its branch.
    pub(crate) fn branch(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/heads/")
    }

    /// Its tag, as `refs/tags/NAME`.
    pub(crate) fn tag(&self) -> Option<String> {
        self.reference.clone().filter(|name| name.starts_with("refs/tags/"))
    }
}

/// What a version may be called in the repository, the likeliest first.
fn candidates(version: &str, refspec: Option<&str>, remote: &str) -> Vec<String> {
    if version == "HEAD" {
        return vec!["HEAD".to_owned()];
    }
    if version.starts_with("refs/") {
        return vec![version.to_owned()];
    }
    // git writes it so when it shows branches of a repository.
    let plain = version.strip_prefix(remote).and_then(|rest| rest.strip_prefix('/'));
    let mut names = vec![format!("refs/heads/{version}"), format!("refs/tags/{version}")];
    names.extend(plain.map(|plain| format!("refs/heads/{plain}")));
    let here =
        ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"].map(|start| format!("{start}{version}"));
    for spec in refspec.unwrap_or_default().split_whitespace() {
        let Some((there, local)) = spec.trim_start_matches('+').split_once(':') else { continue };
        names.extend(here.iter().filter_map(|name| match local.split_once('*') {
            Some((before, after)) => {
                let middle = name.strip_prefix(before)?.strip_suffix(after)?;
                Some(there.replacen('*', middle, 1))
            }
            None => (name == local).then(|| there.to_owned()),
        }));
    }
    names
}

/// The first of these names in what `git ls-remote --symref` says.
fn among(listed: &str, names: &[String]) -> Option<Target> {
    let lines = || listed.lines().filter_map(|line| line.split_once('\t'));
    let of = |name: &str| {
        let found = lines().find(|(what, found)| *found == name && !what.starts_with("ref: "));
        found.map(|(commit, _)| commit.to_owned())
    };
    names.iter().find_map(|name| {
        let commit = of(&format!("{name}^{{}}")).or_else(|| of(name))?;
        let points_to = lines().find(|(what, found)| found == name && what.starts_with("ref: "));
        let reference = match points_to {
            Some((what, _)) => Some(what.trim_start_matches("ref: ").to_owned()),
            None => (name != "HEAD").then(|| name.clone()),
        };
        Some(Target { commit: Some(commit), reference })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_says_what_a_version_is() {
        let listed = "ref: refs/heads/main\tHEAD\naa\tHEAD\nbb\trefs/heads/v1\ncc\trefs/tags/v1\ndd\trefs/tags/v2\nee\trefs/tags/v2^{}\n";
        let find = |version: &str| {
            let found = among(listed, &candidates(version, None, "origin"))?;
            Some((found.commit?, found.reference?))
        };
        assert_eq!(find("HEAD"), Some(("aa".into(), "refs/heads/main".into())));
        assert_eq!(find("v1"), Some(("bb".into(), "refs/heads/v1".into())));
        assert_eq!(find("origin/v1"), Some(("bb".into(), "refs/heads/v1".into())));
        assert_eq!(find("refs/tags/v1"), Some(("cc".into(), "refs/tags/v1".into())));
        assert_eq!(find("v2"), Some(("ee".into(), "refs/tags/v2".into())));
        assert_eq!(find("v3"), None);
    }

    #[test]
    fn a_refspec_gives_names() {
        let names = candidates("7/head", Some("+refs/pull/*:refs/heads/*"), "origin");
        assert!(names.contains(&"refs/pull/7/head".to_owned()), "{names:?}");
    }
}
