use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use system::{Command, Foresight, PendingPackage, Result, System};

use super::lists;
use super::request::Request;

/// Where apt-get keeps what it has downloaded.
const ARCHIVES: &str = "/var/cache/apt/archives";

/// How many bytes of packages one task of a dry run downloads at most. Of the packages beyond only the name is known.
const LARGEST_DOWNLOAD: u64 = 512 * 1024 * 1024;

/// A package that would be installed, and in which version.
pub(super) struct NewPackage {
    pub(super) name: String,
    pub(super) version: String,
}

impl NewPackage {
    fn argument(&self) -> String {
        format!("{}={}", self.name, self.version)
    }

    /// The name that apt-get gives its archive: `NAME_VERSION_ARCHITECTURE.deb`.
    fn archive(&self, record: &str) -> Option<String> {
        let name = self.name.split(':').next().unwrap_or_default();
        let architecture = field(record, "Architecture")?;
        Some(format!("{name}_{}_{architecture}.deb", self.version.replace(':', "%3a")))
    }
}

/// What the packages that would be installed bring with them: they are downloaded and looked into.
pub(super) fn look_ahead(
    host: &mut System,
    new: &[NewPackage],
    request: &Request,
) -> Result<Vec<PendingPackage>> {
    let records = records(host, new)?;
    let archives = archives(host, new, &records, request)?;
    let mut pending = Vec::new();
    for package in new {
        let found = match archives.get(&package.name) {
            Some(archive) => host.look_into_debian_archive(&package.name, archive)?,
            None => PendingPackage::new(&package.name),
        };
        pending.push(PendingPackage {
            record: records.get(&package.name).cloned(),
            automatic: !request.installs.contains(&package.name),
            ..found
        });
    }
    Ok(pending)
}

/// What the package lists tell of the packages, by name.
fn records(host: &mut System, new: &[NewPackage]) -> Result<BTreeMap<String, String>> {
    let command = Command::new(["apt-cache", "show"]).args(new.iter().map(NewPackage::argument));
    // Without it there are the names.
    let shown = lists::ask(host, command).map(|output| output.stdout()).unwrap_or_default();
    let paragraphs: Vec<&str> = shown.split("\n\n").collect();
    let record = |package: &NewPackage| {
        let (name, architecture) = package.name.split_once(':').unwrap_or((&package.name, ""));
        let is_its = |paragraph: &&&str| {
            field(paragraph, "Package") == Some(name)
                && field(paragraph, "Version") == Some(&package.version)
                && (architecture.is_empty() || field(paragraph, "Architecture") == Some(architecture))
        };
        Some((package.name.clone(), (*paragraphs.iter().find(is_its)?).to_owned()))
    };
    Ok(new.iter().filter_map(record).collect())
}

fn field<'a>(record: &'a str, name: &str) -> Option<&'a str> {
    record.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
}

/// The packages' archives, as far as a dry run goes for them.
fn archives(
    host: &mut System,
    new: &[NewPackage],
    records: &BTreeMap<String, String>,
    request: &Request,
) -> Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    if host.foresight() == Foresight::Off {
        return Ok(found);
    }
    if let Some((name, path)) = &request.archive {
        found.insert(name.clone(), path.clone());
    }
    let mut missing = Vec::new();
    for package in
        new.iter().filter(|package| Some(&package.name) != request.archive.as_ref().map(|(name, _)| name))
    {
        let record = records.get(&package.name).map(String::as_str).unwrap_or_default();
        let size: u64 = field(record, "Size").and_then(|size| size.parse().ok()).unwrap_or(0);
        let archive = package.archive(record);
        match archive.map(|name| Path::new(ARCHIVES).join(name)) {
            Some(path) if host.follow(&path)?.is_some_and(|inode| inode.is_file()) => {
                found.insert(package.name.clone(), path);
            }
            archive => missing.push((size, package, archive)),
        }
    }
    if host.foresight() != Foresight::Exact || missing.is_empty() {
        return Ok(found);
    }
    // Most of what is asked about is in small packages.
    missing.sort_by_key(|(size, ..)| *size);
    let mut sum = 0;
    missing.retain(|(size, ..)| {
        sum += size;
        sum <= LARGEST_DOWNLOAD
    });
    let folder = host.kept_directory("packages")?;
    let arguments = missing.iter().map(|(_, package, _)| package.argument());
    lists::ask(host, Command::new(["apt-get", "download"]).args(arguments).directory(&folder))?;
    let downloaded = host.list(&folder)?;
    for (_, package, archive) in missing {
        let (name, architecture) = package.name.split_once(':').unwrap_or((&package.name, ""));
        let named = archive.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
        let is_its = |file: &&String| match &named {
            Some(named) => *file == named,
            None => file
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('_') && rest.ends_with(&format!("{architecture}.deb"))),
        };
        if let Some(file) = downloaded.iter().find(is_its) {
            found.insert(package.name.clone(), folder.join(file));
        }
    }
    Ok(found)
}
