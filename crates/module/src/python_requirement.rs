use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

/// What a Python package is asked for as: `name[extra] >=1,<2`, as the standard for dependency specifiers has it, or an
/// address that pip understands.
#[derive(Clone, Debug, PartialEq)]
pub struct PythonRequirement {
    /// As it is given to pip.
    pub written: String,
    /// The package's name in its plain form; an address has none.
    pub name: Option<String>,
    /// Which versions are good.
    pub versions: VersionSpecifiers,
}

/// The marks with which a version is asked for.
const OPERATORS: [char; 5] = ['<', '>', '=', '!', '~'];

impl PythonRequirement {
    /// The requirements in a list of names that may have been split at commas between versions too.
    pub fn parse_all(names: &[String]) -> Vec<PythonRequirement> {
        let mut all: Vec<String> = Vec::new();
        for part in names.iter().flat_map(|name| name.split(',')) {
            let part = part.trim();
            let goes_on = part.starts_with(OPERATORS) || (part.ends_with(']') && !part.contains('['));
            match all.last_mut() {
                // A version after a comma, or one more extra in brackets.
                Some(last) if goes_on || (last.contains('[') && !last.contains(']')) => {
                    last.push(',');
                    last.push_str(part);
                }
                _ if part.is_empty() => {}
                _ => all.push(part.to_owned()),
            }
        }
        all.iter().map(|written| PythonRequirement::parse(written)).collect()
    }

    /// One requirement.
    pub fn parse(written: &str) -> PythonRequirement {
        let written = written.trim();
        let requirement = written.split(';').next().unwrap_or_default();
        let end = requirement.find(|mark| OPERATORS.contains(&mark)).unwrap_or(requirement.len());
        let (name, versions) = requirement.split_at(end);
        let bare = name.split('[').next().unwrap_or_default().trim();
        let fits = bare.starts_with(|first: char| first.is_ascii_alphanumeric())
            && bare.chars().all(|mark| mark.is_ascii_alphanumeric() || "._-".contains(mark))
            && !is_archive(bare);
        match VersionSpecifiers::from_str(versions.trim()) {
            Ok(versions) if fits => PythonRequirement {
                written: written.to_owned(),
                name: Some(plain_python_name(bare)),
                versions,
            },
            _ => PythonRequirement {
                written: written.to_owned(),
                name: None,
                versions: VersionSpecifiers::empty(),
            },
        }
    }

    /// Whether it asks for certain versions.
    pub fn has_versions(&self) -> bool {
        !self.versions.is_empty()
    }

    /// The same with a version: `1.2` asks for just that, `>=1` and the like for what they say.
    pub fn with_version(&self, version: &str) -> PythonRequirement {
        let version = version.trim();
        let mark = if version.starts_with(OPERATORS) { "" } else { "==" };
        PythonRequirement::parse(&format!("{}{mark}{version}", self.written))
    }

    /// Whether a version is good. One that is installed before its release counts as well.
    pub fn accepts(&self, version: &str) -> bool {
        self.versions.is_empty()
            || Version::from_str(version).is_ok_and(|version| self.versions.contains(&version))
    }
}

fn is_archive(name: &str) -> bool {
    [".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2"].iter().any(|ending| name.ends_with(ending))
}

/// A package's name in its plain form: lower-case, with `-` for each run of `-`, `_` and `.`.
pub fn plain_python_name(name: &str) -> String {
    let mut plain = String::new();
    for mark in name.chars() {
        match mark {
            '-' | '_' | '.' if plain.ends_with('-') => {}
            '-' | '_' | '.' => plain.push('-'),
            _ => plain.extend(mark.to_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_were_split_are_put_together() {
        let names = [
            "a<=100".into(),
            " !=9.0".into(),
            ">=0.1".into(),
            "B_c[x".into(),
            "y] <2".into(),
            "git+https://e/x".into(),
        ];
        let found = PythonRequirement::parse_all(&names);
        let written: Vec<&str> = found.iter().map(|found| found.written.as_str()).collect();
        assert_eq!(written, ["a<=100,!=9.0,>=0.1", "B_c[x,y] <2", "git+https://e/x"]);
        assert_eq!(found[1].name.as_deref(), Some("b-c"));
        assert!(found[0].accepts("1.0") && !found[0].accepts("9.0"));
        assert_eq!(found[2].name, None);
        assert_eq!(PythonRequirement::parse("./dir").name, None);
        assert_eq!(PythonRequirement::parse("djan=+-~!@#$go>1.11.1").name, None);
        assert!(PythonRequirement::parse("x").with_version("1.5").accepts("1.5.0"));
        assert!(PythonRequirement::parse("x").accepts("0.0.1a2"));
    }
}
