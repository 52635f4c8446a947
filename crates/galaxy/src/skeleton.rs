use std::path::{Path, PathBuf};

use diag::{Error, Result};
use regex_lite::Regex;

use crate::files;

/// What a new role or collection starts from.
#[derive(Clone, Debug)]
pub enum Skeleton {
    /// Ours: files by their paths, an empty name's end in `/` being a folder.
    Own(Vec<(&'static str, String)>),
    /// A folder of the user's own, without what matches one of these regular expressions.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is left out.
        ignored: Vec<String>,
    },
}

impl Skeleton {
    /// Fills a folder; if this is forced, what was in it goes. `render` makes the content of a file that ends in `.j2` and stands outside `templates`.
    ///
    /// # Errors
    /// The folder is there already and this is not forced, or something can't be written.
    pub fn create(&self, folder: &Path, force: bool, render: &dyn Fn(&str) -> Result<String>) -> Result<()> {
        if folder.exists() {
            if folder.is_file() {
                return Err(Error::new(format!(
                    "- the path {} already exists, but is a file - aborting",
                    folder.display()
                )));
            }
            if !force {
                return Err(Error::new(format!(
                    "- the directory {} already exists. You can use --force to re-initialize this directory,\nhowever it \
                     will reset any main.yml files that may have\nbeen modified there already.",
                    folder.display()
                )));
            }
            // The folder itself stays: somebody may stand in it.
            files::clear_folder(folder)?;
        }
        match self {
            Skeleton::Own(content) => {
                files::create_folder(folder)?;
                for (name, text) in content {
                    match name.strip_suffix('/') {
                        Some(name) => files::create_folder(&folder.join(name))?,
                        None => files::write(&folder.join(name), text.as_bytes())?,
                    }
                }
                Ok(())
            }
            Skeleton::Folder { folder: from, ignored } => {
                let mut patterns = Vec::new();
                for pattern in ignored {
                    patterns.push(Regex::new(pattern).map_err(|error| {
                        Error::new(format!("'{pattern}' is no regular expression")).cause(error)
                    })?);
                }
                files::create_folder(folder)?;
                copy(from, Path::new(""), folder, &patterns, render)
            }
        }
    }
}

fn copy(
    from: &Path,
    relative: &Path,
    to: &Path,
    ignored: &[Regex],
    render: &dyn Fn(&str) -> Result<String>,
) -> Result<()> {
    let folder = from.join(relative);
    let failed = |error| Error::new(format!("can't read the skeleton '{}'", folder.display())).cause(error);
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = relative.join(entry.map_err(failed)?.file_name());
        if ignored.iter().any(|pattern| pattern.is_match(&path.to_string_lossy())) {
            continue;
        }
        let source = from.join(&path);
        let target = to.join(&path);
        let metadata = source.symlink_metadata().map_err(failed)?;
        if metadata.is_symlink() {
            let link = std::fs::read_link(&source).map_err(failed)?;
            if target.symlink_metadata().is_ok() {
                files::remove(&target)?;
            }
            std::os::unix::fs::symlink(link, &target).map_err(failed)?;
        } else if metadata.is_dir() {
            files::create_folder(&target)?;
            copy(from, &path, to, ignored, render)?;
        } else if let Some(name) = rendered_name(&path) {
            let text = std::fs::read_to_string(&source).map_err(failed)?;
            files::write(&to.join(name), render(&text)?.as_bytes())?;
        } else {
            files::copy(&source, &target)?;
        }
    }
    Ok(())
}

/// The name of what a template becomes; templates of the role's own stay what they are.
fn rendered_name(path: &Path) -> Option<PathBuf> {
    let is_own = path.components().any(|part| part.as_os_str() == "templates");
    let name = path.file_name()?.to_str()?.strip_suffix(".j2")?;
    (!is_own).then(|| path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_a_folder_goes_only_if_that_is_forced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("old")).unwrap();
        let skeleton = Skeleton::Own(vec![("new", String::new())]);
        let render = |text: &str| Ok(text.to_owned());
        assert!(skeleton.create(folder.path(), false, &render).is_err());
        assert!(folder.path().join("old").exists());
        skeleton.create(folder.path(), true, &render).unwrap();
        assert!(folder.path().join("new").exists() && !folder.path().join("old").exists());
    }
}
