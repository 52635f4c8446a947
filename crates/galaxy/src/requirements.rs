use std::path::Path;

use diag::{Error, Result};
use yaml::Node;

use crate::collection::Requirement;
use crate::document;
use crate::role::RoleRequirement;

/// What a file of requirements asks for.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// Roles.
    pub roles: Vec<RoleRequirement>,
    /// Collections.
    pub collections: Vec<Requirement>,
}

impl Requirements {
    /// Reads a file: a list of roles, or a mapping of `roles` and `collections`.
    ///
    /// # Errors
    /// The file is not there, or something in it is wrong.
    pub fn read(path: &Path) -> Result<Requirements> {
        Requirements::read_at_depth(path, 0)
    }

    fn read_at_depth(path: &Path, depth: usize) -> Result<Requirements> {
        if !path.exists() {
            return Err(Error::new(format!(
                "The requirements file '{}' does not exist.",
                crate::files::absolute(path).display()
            )));
        }
        if depth > 20 {
            return Err(Error::new(format!("'{}' includes itself", path.display())));
        }
        let mut requirements = Requirements::default();
        let Some(root) = document::read(path)? else {
            return Err(Error::new(format!(
                "No requirements found in file '{}'",
                crate::files::absolute(path).display()
            )));
        };
        if let Some(roles) = root.items() {
            requirements.add_roles(path, roles, depth)?;
            return Ok(requirements);
        }
        let entries = root.expect_entries("the file of requirements")?;
        let unknown: Vec<String> = entries
            .iter()
            .filter(|entry| !matches!(entry.key.as_str(), Some("roles" | "collections")))
            .filter_map(|entry| document::text(&entry.key))
            .collect();
        if !unknown.is_empty() {
            return Err(Error::new(format!(
                "Expecting only 'roles' and/or 'collections' as base keys in the requirements file. Found: {}",
                unknown.join(", ")
            ))
            .at(&root.span));
        }
        if let Some(roles) = root.get("roles").filter(|roles| !roles.is_null()) {
            requirements.add_roles(path, roles.expect_items("roles")?, depth)?;
        }
        if let Some(collections) = root.get("collections").filter(|collections| !collections.is_null()) {
            for collection in collections.expect_items("collections")? {
                requirements.collections.push(Requirement::of_node(collection)?);
            }
        }
        Ok(requirements)
    }

    fn add_roles(&mut self, path: &Path, roles: &[Node], depth: usize) -> Result<()> {
        for role in roles {
            match role.get("include") {
                Some(include) => {
                    let name = include.as_str().ok_or_else(|| include.wrong_type("include", "a path"))?;
                    let folder = path.parent().unwrap_or(Path::new(""));
                    let beside = folder.join(name);
                    let included = if beside.exists() { beside } else { Path::new(name).to_path_buf() };
                    self.roles.extend(Requirements::read_at_depth(&included, depth + 1)?.roles);
                }
                None => self.roles.push(RoleRequirement::of_node(role)?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Requirements> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requirements.yml");
        std::fs::write(&path, text).unwrap();
        std::fs::write(folder.path().join("more.yml"), "- src: c.d\n").unwrap();
        Requirements::read(&path)
    }

    #[test]
    fn lists_are_roles_and_may_include_others() {
        let found =
            read("- a.b\n- include: more.yml\n- {src: 'https://h/x.git', scm: git, version: v1}\n").unwrap();
        let names: Vec<&str> = found.roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(names, ["a.b", "c.d", "x"]);
    }

    #[test]
    fn mappings_have_roles_and_collections_only() {
        let found = read("roles: [a.b]\ncollections: [c.d, {name: e.f, version: '>=1'}]\n").unwrap();
        assert_eq!((found.roles.len(), found.collections.len()), (1, 2));
        let error = read("rolls: []\n").unwrap_err();
        assert!(error.message().ends_with("Found: rolls"), "{error}");
    }

    #[test]
    fn roles_need_a_name() {
        assert_eq!(read("- {scm: git}\n").unwrap_err().message(), "Must specify name or src for role");
    }
}
