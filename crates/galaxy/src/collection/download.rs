use std::path::Path;

use diag::{Error, Result};

use crate::collection::build::prepare;
use crate::collection::candidate::Origin;
use crate::collection::metadata::{Metadata, file_in};
use crate::collection::resolve::{Question, resolve};
use crate::collection::{Fetch, Requirement};
use crate::files;

/// Fetches collections and what they need as archives into a folder, with a file of requirements to install them from.
///
/// # Errors
/// There are no versions that go together, or one can't be fetched or written.
pub fn download(
    requirements: &[Requirement],
    folder: &Path,
    dependencies: bool,
    pre_releases: bool,
    fetch: &mut Fetch<'_>,
) -> Result<()> {
    let folder = files::absolute(folder);
    files::create_folder(&folder)?;
    let progress = fetch.progress;
    progress.say("Process download dependency map");
    let question = Question {
        direct: requirements,
        paths: &[],
        keep_installed: false,
        keep_direct: false,
        dependencies,
        pre_releases,
    };
    let candidates = resolve(&question, fetch)?;
    progress.say(&format!("Starting collection download process to '{}'", folder.display()));
    let mut list = String::from("collections:\n");
    for candidate in &candidates {
        let file = format!(
            "{}-{}-{}.tar.gz",
            candidate.name.namespace,
            candidate.name.name,
            candidate.shown_version()
        );
        progress.say(&format!("Downloading collection '{candidate}' to '{}'", folder.display()));
        let target = folder.join(&file);
        match &fetch.bring(candidate)?.origin {
            Origin::Archive { path, .. } => {
                if files::absolute(path) != target {
                    files::copy(path, &target)?;
                }
            }
            Origin::Folder { path, .. } => {
                let metadata = file_in(path).ok_or_else(|| {
                    Error::new(format!("{candidate} can't be built: it has no galaxy.yml in its repository"))
                })?;
                let metadata = Metadata::read(&metadata, &mut |_| {})?;
                prepare(path, &metadata, progress)?.pack(&target)?;
            }
            Origin::Installed | Origin::Server(..) => {}
        }
        progress.say(&format!("Collection '{candidate}' was downloaded successfully"));
        list.push_str(&format!("- name: {file}\n  version: {}\n", candidate.shown_version()));
    }
    let path = folder.join("requirements.yml");
    progress.say(&format!("Writing requirements.yml file of downloaded collections to '{}'", path.display()));
    files::write(&path, list.as_bytes())
}
