use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use diag::{Error, Result};

use crate::collection::manifest::{FileList, Item, Manifest};
use crate::collection::{Fetch, Installed, Requirement, find};
use crate::version::Version;
use crate::{archive, files};

/// What to verify, and how.
#[derive(Clone, Debug)]
pub struct Verify<'a> {
    /// The collections, by name.
    pub requirements: &'a [Requirement],
    /// The folders that are searched for them.
    pub paths: &'a [PathBuf],
    /// Compare with what is installed alone, and with no server.
    pub offline: bool,
    /// What does not go is warned of.
    pub ignore_errors: bool,
}

/// Compares what is installed with what was built; yes, if all is as it was.
///
/// # Errors
/// A collection is not installed, or the server does not have it.
pub fn verify(wanted: &Verify<'_>, fetch: &mut Fetch<'_>) -> Result<bool> {
    let progress = fetch.progress;
    let mut good = true;
    for requirement in wanted.requirements {
        match verify_one(wanted, requirement, fetch) {
            Ok(same) => good &= same,
            Err(error) if wanted.ignore_errors => progress.warn(
                error
                    .context(format!(
                        "Failed to verify collection {} but skipping due to --ignore-errors being set. Error",
                        requirement.name
                    ))
                    .into_warning(),
            ),
            Err(error) => return Err(error),
        }
    }
    Ok(good)
}

fn verify_one(wanted: &Verify<'_>, requirement: &Requirement, fetch: &mut Fetch<'_>) -> Result<bool> {
    let progress = fetch.progress;
    let name = requirement.collection().ok_or_else(|| {
        Error::new(format!(
            "'{}' is not a valid collection name. The format namespace.name is expected.",
            requirement.name
        ))
    })?;
    let mut installed = None;
    for path in wanted.paths {
        installed = installed.or(find(path, &name, &mut |_| {})?);
    }
    let installed = installed.ok_or_else(|| {
        Error::new(format!("Collection {name} is not installed in any of the collection paths."))
    })?;
    let text = std::fs::read(installed.folder.join("MANIFEST.json")).map_err(|_| {
        Error::new(format!(
            "Collection {name} does not appear to have a MANIFEST.json. A MANIFEST.json is expected if the collection \
             has been built and installed via ansible-galaxy."
        ))
    })?;
    progress.say(&format!("Verifying '{name}:{}'.", installed.shown_version()));
    progress.say(&format!("Installed collection found at '{}'", installed.folder.display()));
    let hash = files::hash(&text[..]).map_err(|error| Error::new("can't hash").cause(error))?;
    progress.say(&format!("MANIFEST.json hash: {hash}"));
    let mut modified: BTreeSet<String> = BTreeSet::new();
    let original = if wanted.offline { None } else { Some(original(&installed, requirement, fetch)?) };
    if let Some((manifest, _)) = &original
        && *manifest != text
    {
        modified.insert("MANIFEST.json".into());
    }
    let manifest =
        Manifest::parse(original.as_ref().map_or(&text, |(manifest, _)| manifest), &installed.folder)?;
    let list = std::fs::read(installed.folder.join("FILES.json")).unwrap_or_default();
    let list = match FileList::parse(&list, &manifest, &installed.folder) {
        Ok(list) => list,
        Err(_) => {
            modified.insert("FILES.json".into());
            match &original {
                Some((_, list)) => FileList::parse(list, &manifest, &installed.folder)?,
                None => serde_json::from_slice(&list).unwrap_or(FileList { files: Vec::new(), format: 1 }),
            }
        }
    };
    compare(&installed.folder, &list.files, &mut modified)?;
    if modified.is_empty() {
        let shown = format!("{name}:{}", installed.shown_version());
        progress.say(&if wanted.offline {
            format!("Successfully verified that checksums for '{shown}' are internally consistent with its manifest.")
        } else {
            format!("Successfully verified that checksums for '{shown}' match the remote collection.")
        });
        return Ok(true);
    }
    progress.say(&format!("Collection {name} contains modified content in the following files:"));
    modified.iter().for_each(|file| progress.say(&format!("    {file}")));
    Ok(false)
}

/// The manifest and the list of files of the same version on a server.
fn original(
    installed: &Installed,
    requirement: &Requirement,
    fetch: &mut Fetch<'_>,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let missing = || {
        Error::new(format!(
            "Failed to find remote collection {}:{} on any of the galaxy servers",
            installed.name,
            installed.shown_version()
        ))
    };
    let same = |version: &Version| installed.version.as_ref() == Some(version);
    let versions = fetch.versions(&installed.name, requirement.server.as_deref())?;
    let (version, server) = versions.into_iter().find(|(version, _)| same(version)).ok_or_else(missing)?;
    let candidate = fetch.on_server(&installed.name, &version, &server)?;
    let brought = fetch.bring(&candidate)?;
    let crate::collection::candidate::Origin::Archive { path, .. } = &brought.origin else {
        return Err(missing());
    };
    let mut contents = archive::contents(path, &["MANIFEST.json", "FILES.json"])?;
    let mut take = |name: &str| contents.remove(name).ok_or_else(missing);
    Ok((take("MANIFEST.json")?, take("FILES.json")?))
}

fn compare(folder: &Path, items: &[Item], modified: &mut BTreeSet<String>) -> Result<()> {
    let known: BTreeSet<&str> = items.iter().map(|item| item.name.as_str()).collect();
    for item in items.iter().filter(|item| files::is_below(Path::new(&item.name))) {
        let place = folder.join(&item.name);
        let same = if item.is_file() {
            place.is_file() && item.chksum_sha256.as_deref() == Some(&files::hash_of(&place)?)
        } else {
            place.is_dir()
        };
        if !same {
            modified.insert(item.name.clone());
        }
    }
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        let failed = |error| Error::new(format!("can't read '{}'", next.display())).cause(error);
        for entry in std::fs::read_dir(&next).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Ok(name) = path.strip_prefix(folder) else { continue };
            let name = name.to_string_lossy().into_owned();
            if !known.contains(name.as_str()) && name != "MANIFEST.json" && name != "FILES.json" {
                modified.insert(name);
            }
            if path.symlink_metadata().map_err(failed)?.is_dir() {
                waiting.push(path);
            }
        }
    }
    Ok(())
}
