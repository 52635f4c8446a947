use std::path::{Path, PathBuf};

use diag::{Error, Result};
use yaml::Node;

use crate::{document, files};

/// A role that is installed.
#[derive(Clone, Debug)]
pub struct InstalledRole {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The version that was installed, if that is known.
    pub version: Option<String>,
    /// When, as it was written down.
    pub date: Option<String>,
}

/// Where it is written down what was installed.
const RECORD: &str = "meta/.galaxy_install_info";

impl InstalledRole {
    /// The role in a folder, if there is one.
    pub fn read(name: &str, folder: &Path) -> Option<InstalledRole> {
        metadata_file(folder)?;
        let record = document::read(&folder.join(RECORD)).ok().flatten();
        let text = |key: &str| document::text_of(record.as_ref()?, key).filter(|text| !text.is_empty());
        Some(InstalledRole {
            name: name.to_owned(),
            folder: folder.to_path_buf(),
            version: text("version"),
            date: text("install_date"),
        })
    }

    /// What `meta/main.yml` says.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn metadata(&self) -> Result<Option<Node>> {
        metadata_file(&self.folder).map_or(Ok(None), |path| document::read(&path))
    }
}

/// Writes down what is installed in a role's folder.
pub(crate) fn record(folder: &Path, version: Option<&str>) -> Result<()> {
    let version = match version {
        Some(version) => yaml::emit(&value::Value::from(version), &yaml::EmitStyle::nice())?,
        None => "null".to_owned(),
    };
    let version = version.trim().trim_end_matches("...").trim();
    let now = jiff::Zoned::now()
        .with_time_zone(jiff::tz::TimeZone::UTC)
        .strftime("%a %b %e %H:%M:%S %Y")
        .to_string();
    files::write(&folder.join(RECORD), format!("install_date: {now}\nversion: {version}\n").as_bytes())
}

pub(crate) fn metadata_file(folder: &Path) -> Option<PathBuf> {
    ["meta/main.yml", "meta/main.yaml"].iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// The roles in a folder, by name; a folder that is one itself counts alone.
///
/// # Errors
/// The folder can't be read.
pub fn installed(folder: &Path) -> Result<Vec<InstalledRole>> {
    let folder = files::absolute(folder);
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(role) = InstalledRole::read(&name(&folder), &folder) {
        return Ok(vec![role]);
    }
    let failed = |error| Error::new(format!("can't read '{}'", folder.display())).cause(error);
    let mut roles = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        roles.extend(InstalledRole::read(&name(&path), &path));
    }
    roles.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(roles)
}
