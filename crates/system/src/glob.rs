use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::{Result, System};

/// Whether a name is one that a shell pattern (`*`, `?`, `[...]`, `[!...]`) means; a pattern that is none means itself.
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    matches(pattern, name, false)
}

fn matches(pattern: &str, name: &str, literal_dot: bool) -> bool {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: false,
        require_literal_leading_dot: literal_dot,
    };
    // Two asterisks in a row mean no more than one here.
    let mut single = pattern.to_owned();
    while single.contains("**") {
        single = single.replace("**", "*");
    }
    Pattern::new(&single).map_or(pattern == name, |pattern| pattern.matches_with(name, options))
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

impl System {
    /// The paths that a shell pattern means, sorted; of a path that is no pattern the path itself, if anything is there.
    /// Names that start with a dot need a pattern that does.
    ///
    /// # Errors
    /// A directory on the way can't be looked at, or a dry run can't know.
    pub fn glob(&mut self, pattern: &Path) -> Result<Vec<PathBuf>> {
        let mut found = vec![PathBuf::new()];
        for component in pattern.components() {
            let text = component.as_os_str().to_string_lossy();
            if !matches!(component, Component::Normal(_)) || !is_pattern(&text) {
                found.iter_mut().for_each(|path| path.push(component));
                continue;
            }
            let mut next = Vec::new();
            for directory in found {
                let listed = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
                if self.follow(listed)?.is_some_and(|inode| inode.is_directory()) {
                    let names = self.list(listed)?;
                    next.extend(
                        names
                            .iter()
                            .filter(|name| matches(&text, name, true))
                            .map(|name| directory.join(name)),
                    );
                }
            }
            found = next;
        }
        let mut there = Vec::with_capacity(found.len());
        for path in found {
            if !self.inode(&path)?.is_absent() {
                there.push(path);
            }
        }
        Ok(there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBackend, NoCourier};

    #[test]
    fn patterns_mean_paths_that_are_there() {
        let backend = MemoryBackend::new();
        for path in ["/srv/a/1.conf", "/srv/b/2.conf", "/srv/b/.3.conf", "/srv/c.conf"] {
            backend.add_file(path, "");
        }
        backend.add_link("/srv/dangling", "/nowhere");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        for (pattern, paths) in [
            ("/srv/*/*.conf", vec!["/srv/a/1.conf", "/srv/b/2.conf"]),
            ("/srv/**/.?.conf", vec!["/srv/b/.3.conf"]),
            ("/srv/[!ab]*", vec!["/srv/c.conf", "/srv/dangling"]),
            ("/srv/*/nothing", vec![]),
            ("/srv/dangling", vec!["/srv/dangling"]),
            ("/nothing", vec![]),
        ] {
            assert_eq!(
                host.glob(Path::new(pattern)).unwrap(),
                paths.iter().map(PathBuf::from).collect::<Vec<_>>(),
                "{pattern}"
            );
        }
    }

    #[test]
    fn names_match_whole() {
        assert!(matches_pattern("ansible_eth[0-2]", "ansible_eth1"));
        assert!(matches_pattern("*", ".hidden/with/slash"));
        assert!(!matches_pattern("ansible", "ansible_eth1"));
        assert!(matches_pattern("odd[", "odd["));
    }
}
