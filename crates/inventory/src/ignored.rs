use diag::{Error, Result};
use fancy_regex::Regex;

use crate::options::LoadOptions;

/// Ends of the names of files that an inventory directory may hold beside inventories.
const IGNORED_EXTENSIONS: [&str; 12] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];

/// Directories beside inventories that hold something else.
const OTHER_DIRECTORIES: [&str; 3] = ["group_vars", "host_vars", "vars_plugins"];

/// The names in a directory that are no inventories.
pub(crate) struct Ignored {
    extensions: Vec<String>,
    patterns: Vec<Regex>,
}

impl Ignored {
    pub(crate) fn new(options: &LoadOptions) -> Result<Ignored> {
        let extensions = match &options.ignored_extensions {
            Some(extensions) => extensions.clone(),
            None => IGNORED_EXTENSIONS.map(str::to_owned).to_vec(),
        };
        let compile = |pattern: &String| {
            Regex::new(pattern)
                .map_err(|cause| Error::new(format!("'{pattern}' is not a regular expression")).cause(cause))
        };
        let patterns = options.ignored_patterns.iter().map(compile).collect::<Result<_>>()?;
        Ok(Ignored { extensions, patterns })
    }

    pub(crate) fn covers(&self, name: &str) -> bool {
        name.starts_with('.')
            || OTHER_DIRECTORIES.contains(&name)
            || self
                .extensions
                .iter()
                .any(|extension| !extension.is_empty() && name.ends_with(extension.as_str()))
            || self.patterns.iter().any(|pattern| pattern.is_match(name).unwrap_or(false))
    }
}
