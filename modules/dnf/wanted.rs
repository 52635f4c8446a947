use std::cmp::Ordering;
use std::path::Path;

use module::HostPath;
use system::{Command, Error, Result, RpmDatabase, RpmPackage, System};
use value::Unknown;

use super::program::is_predicted;

/// A package as a playbook asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// By name, with or without version and architecture, as a pattern, by what it provides, or a file in it.
    Named(String),
    /// By name, in a version that is older or newer than one, or the same.
    Compared { name: String, comparison: String, version: String },
    /// A group or module: `@NAME`.
    Group(String),
    /// An archive on the host.
    Archive(HostPath),
    /// An archive elsewhere.
    Address(String),
}

impl Wanted {
    /// Reads an element of `name`.
    ///
    /// # Errors
    /// It looks like an option of dnf.
    pub(super) fn parse(text: &str) -> Result<Wanted> {
        if text.starts_with('-') {
            return Err(Error::failed(format!("'{text}' is no package")));
        }
        if text.starts_with('@') {
            return Ok(Wanted::Group(text.to_owned()));
        }
        if let Some(path) = text.strip_prefix("file://") {
            return Ok(Wanted::Archive(HostPath::new(path)));
        }
        if text.contains("://") {
            return Ok(Wanted::Address(text.to_owned()));
        }
        if text.ends_with(".rpm") {
            return Ok(Wanted::Archive(HostPath::new(text)));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [name, comparison @ ("<" | "<=" | "=" | "==" | ">=" | ">"), version] => Ok(Wanted::Compared {
                name: (*name).to_owned(),
                comparison: (*comparison).to_owned(),
                version: (*version).to_owned(),
            }),
            _ => Ok(Wanted::Named(text.to_owned())),
        }
    }

    /// The word for dnf.
    pub(super) fn argument(&self, host: &mut System) -> Result<String> {
        Ok(match self {
            Wanted::Named(text) | Wanted::Group(text) | Wanted::Address(text) => text.clone(),
            Wanted::Compared { name, comparison, version } => {
                format!("{name} {} {version}", if comparison == "==" { "=" } else { comparison })
            }
            Wanted::Archive(path) => path.expand(host)?.to_string_lossy().into_owned(),
        })
    }

    /// Whether a package of that name is installed, in whatever version.
    pub(super) fn is_installed(&self, host: &mut System, database: &RpmDatabase) -> Result<bool> {
        Ok(match self {
            Wanted::Named(text) => {
                database.called(text).next().is_some() || newer_or_older(database, text).is_some()
            }
            Wanted::Compared { name, .. } => database.called(name).next().is_some(),
            Wanted::Archive(path) => {
                let package = archive(host, path)?;
                database.called(&package.name).next().is_some()
            }
            Wanted::Group(_) | Wanted::Address(_) => true,
        })
    }

    /// Whether there is nothing to be done for it. `newest`: only the newest version will do. `older`: a version that is
    /// newer than the one that is asked for will not do.
    pub(super) fn is_satisfied(
        &self,
        host: &mut System,
        database: &RpmDatabase,
        root: &Path,
        newest: bool,
        older: bool,
    ) -> Result<bool> {
        match self {
            Wanted::Group(_) | Wanted::Address(_) => Ok(false),
            Wanted::Compared { name, comparison, version } => {
                let is_so = |package: &RpmPackage| {
                    let order = package.compare_version(version);
                    match comparison.as_str() {
                        "<" => order == Ordering::Less,
                        "<=" => order != Ordering::Greater,
                        ">" => order == Ordering::Greater,
                        ">=" => order != Ordering::Less,
                        _ => order == Ordering::Equal,
                    }
                };
                Ok(!newest && database.iter().any(|package| package.name == *name && is_so(package)))
            }
            Wanted::Archive(path) => {
                let wanted = archive(host, path)?;
                let mut found = database.iter().filter(|package| package.name == wanted.name);
                let version = format!("{}:{}-{}", wanted.epoch, wanted.version, wanted.release);
                Ok(found.any(|package| {
                    let order = package.compare_version(&version);
                    order == Ordering::Equal || (order == Ordering::Greater && !older)
                }))
            }
            Wanted::Named(text) => {
                if !older && newer_or_older(database, text) == Some(Ordering::Greater) {
                    return Ok(true);
                }
                if newest || text.contains(['*', '?', '[']) {
                    return Ok(false);
                }
                if database.called(text).next().is_some() {
                    return Ok(true);
                }
                // Something that is called otherwise may stand in for it.
                let mut provides = Command::new(["rpm", "-q", "--whatprovides", text]);
                if root != Path::new("/") {
                    provides = provides.arg("--root").arg(root.to_string_lossy());
                }
                Ok(host.rpm_database_folder(root)?.is_some() && host.query(&provides)?.success())
            }
        }
    }
}

/// How the version that is installed compares with the one that `NAME-VERSION...` asks for, if that is another.
fn newer_or_older(database: &RpmDatabase, text: &str) -> Option<Ordering> {
    database.iter().find_map(|package| {
        let version = text.strip_prefix(&package.name)?.strip_prefix('-')?;
        let version = version.strip_suffix(&format!(".{}", package.architecture)).unwrap_or(version);
        let order = package.compare_version(version.trim_end_matches('*'));
        let is_version = version.starts_with(|letter: char| letter.is_ascii_digit());
        (is_version && order != Ordering::Equal).then_some(order)
    })
}

/// Which package an archive is.
///
/// # Errors
/// It is none; or a dry run does not have it.
pub(super) fn archive(host: &mut System, path: &HostPath) -> Result<RpmPackage> {
    if is_predicted(host, path)? {
        let cause = format!("what is in {}, which an earlier task puts there", path.as_str());
        return Err(Unknown::new(cause).into());
    }
    let path = path.expand(host)?;
    // Playbooks look for these words.
    let failed = || {
        let message =
            format!("Error occurred attempting remote rpm operation: Could not open: {}", path.display());
        Error::failed(message).with("rc", 1)
    };
    if host.follow(&path)?.is_none_or(|found| !found.is_file()) {
        return Err(failed());
    }
    host.rpm_archive(&path)?.ok_or_else(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_asked_for_in_many_ways() {
        let compared = |name: &str, comparison: &str, version: &str| Wanted::Compared {
            name: name.into(),
            comparison: comparison.into(),
            version: version.into(),
        };
        for (text, wanted) in [
            ("nginx", Wanted::Named("nginx".into())),
            ("nginx >= 1.0", compared("nginx", ">=", "1.0")),
            ("nginx>=1.0", Wanted::Named("nginx>=1.0".into())),
            ("/usr/bin/vi", Wanted::Named("/usr/bin/vi".into())),
            ("@Development tools", Wanted::Group("@Development tools".into())),
            ("/tmp/a.rpm", Wanted::Archive(HostPath::new("/tmp/a.rpm"))),
            ("file:///tmp/a.rpm", Wanted::Archive(HostPath::new("/tmp/a.rpm"))),
            ("https://a/b.rpm", Wanted::Address("https://a/b.rpm".into())),
        ] {
            assert_eq!(Wanted::parse(text).unwrap(), wanted);
        }
        assert!(Wanted::parse("--nogpgcheck").is_err());
    }
}
