use std::collections::BTreeMap;
use std::path::Path;

use system::{Backend, Error, Result, System};

use super::{Git, Program};

/// Where a copy says which submodules it has: gitmodules(5).
const LIST: &str = ".gitmodules";

/// Whether submodules are missing or are at other commits than they should.
///
/// # Errors
/// git does not tell.
pub(crate) fn are_behind(host: &mut System, program: &Program, dest: &Path, track: bool) -> Result<bool> {
    if host.follow(&dest.join(LIST))?.is_none() {
        return Ok(false);
    }
    let said = program.ask(host, dest, &["submodule", "status", "--recursive"])?;
    let said = said.checked("git does not tell how the submodules are")?.stdout();
    // Those that follow a branch are at other commits than the repository names.
    let is_wrong = |line: &str| line.starts_with(['-', 'U']) || (!track && line.starts_with('+'));
    if said.lines().any(is_wrong) {
        return Ok(true);
    }
    if !track {
        return Ok(false);
    }
    let words = ["config", "--file", LIST, "--get-regexp", r"^submodule\..*\.(path|branch)$"];
    let said = program.ask(host, dest, &words)?.stdout();
    for (name, submodule) in listed(&said) {
        let Some(path) = submodule.path else { continue };
        let address = program.ask(host, dest, &["config", "--get", &format!("submodule.{name}.url")])?;
        let address = address.checked("git does not tell where a submodule comes from")?.stdout();
        let reference = match submodule.branch.as_deref() {
            Some(branch) => format!("refs/heads/{branch}"),
            None => "HEAD".to_owned(),
        };
        let there = host.query(&program.command(&["ls-remote", address.trim_end(), &reference]))?;
        let there = there.checked(&format!("{} can't be asked", address.trim_end()))?.stdout();
        let here = program.ask(host, &dest.join(path), &["rev-parse", "HEAD"])?.stdout();
        if there.split_whitespace().next().is_some_and(|commit| commit != here.trim()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Brings the submodules of a copy to where they should be.
///
/// # Errors
/// git fails.
pub(crate) fn update(host: &mut dyn Backend, program: &Program, dest: &Path, git: &Git) -> Result<()> {
    let list = dest.join(LIST);
    let found = host
        .metadata(&list)
        .map_err(|error| Error::failed(format!("can't look at {}: {error}", list.display())))?;
    if found.is_none() {
        return Ok(());
    }
    let run = |host: &mut dyn Backend, words: &[&str]| {
        host.carry_out(&program.command(words).directory(dest), "Failed to init/update submodules").map(drop)
    };
    run(host, &["submodule", "sync", "--recursive"])?;
    let mut words = vec!["submodule", "update", "--init", "--recursive"];
    words.extend(git.forced());
    words.extend(git.track_submodules.then_some("--remote"));
    run(host, &words)
}

#[derive(Debug, Default, PartialEq)]
struct Submodule {
    path: Option<String>,
    branch: Option<String>,
}

/// The submodules in what `git config --get-regexp` says, by name.
fn listed(said: &str) -> BTreeMap<String, Submodule> {
    let mut submodules: BTreeMap<String, Submodule> = BTreeMap::new();
    for line in said.lines() {
        let Some((key, value)) = line.split_once(' ') else { continue };
        let Some((name, what)) = key.strip_prefix("submodule.").and_then(|key| key.rsplit_once('.')) else {
            continue;
        };
        let submodule = submodules.entry(name.to_owned()).or_default();
        match what {
            "path" => submodule.path = Some(value.to_owned()),
            _ => submodule.branch = Some(value.to_owned()),
        }
    }
    submodules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_dots() {
        let found = listed("submodule.a.b.path lib/a b\nsubmodule.a.b.branch main\nsubmodule.c.path c\n");
        let a = Submodule { path: Some("lib/a b".into()), branch: Some("main".into()) };
        assert_eq!(found.get("a.b"), Some(&a));
        assert_eq!(found.get("c").and_then(|c| c.branch.clone()), None);
    }
}
