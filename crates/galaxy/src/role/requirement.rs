use diag::{Error, Result};
use yaml::Node;

use crate::document;

/// A role that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRequirement {
    /// What it is to be called, and the name of its folder.
    pub name: String,
    /// Where it is: an address, a path, or `owner.name` on a server.
    pub src: String,
    /// Whether `src` is a git repository.
    pub git: bool,
    /// A tag, branch or commit; the newest if there is none.
    pub version: Option<String>,
}

impl RoleRequirement {
    /// Reads `src,version,name`, where `git+` may stand before.
    ///
    /// # Errors
    /// There are more than three parts, or a kind of repository that is not supported.
    pub fn given(text: &str) -> Result<RoleRequirement> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let (src, version, name) = match parts[..] {
            [src] => (src, None, None),
            [src, version] => (src, Some(version), None),
            [src, version, name] => (src, Some(version), Some(name)),
            _ => {
                return Err(Error::new(format!(
                    "Invalid role line ({text}). Proper format is 'role_name[,version[,name]]'"
                )));
            }
        };
        RoleRequirement::new(src, None, version.map(str::to_owned), name.map(str::to_owned))
    }

    fn new(
        src: &str,
        scm: Option<&str>,
        version: Option<String>,
        name: Option<String>,
    ) -> Result<RoleRequirement> {
        let (before, rest) = match src.split_once('+') {
            Some((before @ ("git" | "hg"), rest)) => (Some(before), rest),
            _ => (None, src),
        };
        let git = match scm.or(before) {
            Some("git") => true,
            Some(other) => {
                return Err(Error::new(format!("'{other}' repositories are not supported"))
                    .hint("roles come from git repositories, archives and servers"));
            }
            // Where nothing can be downloaded, a repository is meant.
            None => rest.contains("github.com") && rest.starts_with("http") && !rest.ends_with(".tar.gz"),
        };
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| name_of(rest));
        let version = version.filter(|version| !version.is_empty());
        Ok(RoleRequirement { name, src: rest.to_owned(), git, version })
    }

    pub(crate) fn of_node(node: &Node) -> Result<RoleRequirement> {
        if let Some(text) = node.as_str() {
            return RoleRequirement::given(text).map_err(|error| error.at(&node.span));
        }
        node.expect_entries("a role")?;
        let text = |key: &str| document::text_of(node, key).filter(|text| !text.is_empty());
        if let Some(role) = text("role") {
            let mut requirement = RoleRequirement::given(&role).map_err(|error| error.at(&node.span))?;
            requirement.version = text("version").or(requirement.version);
            return Ok(requirement);
        }
        let (name, src) = (text("name"), text("src"));
        let Some(src) = src.or_else(|| name.clone()) else {
            return Err(Error::new("Must specify name or src for role").at(&node.span));
        };
        RoleRequirement::new(&src, text("scm").as_deref(), text("version"), name)
            .map_err(|error| error.at(&node.span))
    }
}

impl std::fmt::Display for RoleRequirement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            Some(version) => write!(formatter, "{} ({version})", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

/// What a role is called whose address says nothing else.
fn name_of(src: &str) -> String {
    if !src.contains("://") && !src.contains('@') {
        return src.to_owned();
    }
    let last = src.trim_end_matches('/').rsplit('/').next().unwrap_or(src);
    let last = last.strip_suffix(".git").or_else(|| last.strip_suffix(".tar.gz")).unwrap_or(last);
    last.split(',').next().unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> (String, String, bool, Option<String>) {
        let role = RoleRequirement::given(text).unwrap();
        (role.name, role.src, role.git, role.version)
    }

    #[test]
    fn lines_have_a_source_a_version_and_a_name() {
        let owned = |text: &str| text.to_owned();
        assert_eq!(
            given("git+https://h/r.git,v1,mine"),
            (owned("mine"), owned("https://h/r.git"), true, Some(owned("v1")))
        );
        assert_eq!(
            given("owner.role,2"),
            (owned("owner.role"), owned("owner.role"), false, Some(owned("2")))
        );
        assert_eq!(given("https://h/x/role.tar.gz").0, "role");
        assert_eq!(given("r.tar.gz").0, "r.tar.gz");
        assert_eq!(given("git+git@h:a/b.git").0, "b");
        assert!(given("https://github.com/a/b").2);
        assert!(RoleRequirement::given("a,b,c,d").is_err());
        assert!(RoleRequirement::given("hg+https://h/r").is_err());
    }
}
