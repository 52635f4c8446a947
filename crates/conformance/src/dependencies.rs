use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use diag::Result;

use crate::target::{FOLDER, Target};
use tool::cannot;

/// The other targets that each needs beside it, also those that these need.
///
/// Besides what a target names itself, these are the targets that its links lead to, and every helper role that its
/// `meta` folder mentions: so does ansible-test (`analyze_integration_target_dependencies`).
///
/// # Errors
/// A folder can't be read.
pub(crate) fn of_all(
    source: &Path,
    all: &BTreeMap<String, Target>,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let root = source.join(FOLDER);
    let root = root.canonicalize().map_err(|error| cannot("find", &root, error))?;
    let mut direct = BTreeMap::new();
    for (name, target) in all {
        let mut needs: BTreeSet<String> = target.neighbours().map(str::to_owned).collect();
        needs.extend(linked(&root, &target.path)?);
        needs.extend(mentioned(&target.path, all));
        needs.retain(|need| need != name && all.contains_key(need));
        direct.insert(name.clone(), needs);
    }
    Ok(closed(&direct))
}

/// The targets that links in a folder lead to.
fn linked(root: &Path, folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| cannot("read", &folder, error))?.flatten() {
            let path = entry.path();
            if path.is_symlink() {
                let leads_to = path.canonicalize().ok();
                let inside = leads_to.as_deref().and_then(|path| path.strip_prefix(root).ok());
                found.extend(
                    inside
                        .and_then(|path| path.iter().next())
                        .map(|name| name.to_string_lossy().into_owned()),
                );
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(found)
}

/// The helper roles whose names occur in the files of a target's `meta` folder.
fn mentioned(target: &Path, all: &BTreeMap<String, Target>) -> Vec<String> {
    let files = std::fs::read_dir(target.join("meta")).into_iter().flatten().flatten();
    let texts =
        files.filter_map(|file| std::fs::read_to_string::<PathBuf>(file.path()).ok()).collect::<Vec<_>>();
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    let helpers =
        all.iter().filter(|(_, target)| target.is_helper() && !target.is_script).map(|(name, _)| name);
    helpers.filter(|name| lines.iter().any(|line| line.contains(name.as_str()))).cloned().collect()
}

fn closed(direct: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let close = |name: &String| {
        let mut found = BTreeSet::new();
        let mut open: Vec<&String> = vec![name];
        while let Some(next) = open.pop() {
            for need in direct.get(next).into_iter().flatten() {
                if need != name && found.insert(need.clone()) {
                    open.push(need);
                }
            }
        }
        found
    };
    direct.keys().map(|name| (name.clone(), close(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_need_needs_is_needed_too() {
        let pairs = [("a", vec!["b"]), ("b", vec!["c", "a"]), ("c", vec![])];
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let direct = pairs.map(|(name, needs)| (name.to_owned(), owned(&needs)));
        let closed = closed(&direct.into_iter().collect());
        assert_eq!(closed["a"], owned(&["b", "c"]));
        assert_eq!(closed["b"], owned(&["a", "c"]));
        assert_eq!(closed["c"], owned(&[]));
    }
}
