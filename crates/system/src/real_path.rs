use std::path::{Path, PathBuf};

use crate::system::{LINK_LIMIT, join_link};
use crate::{Kind, Result, System};

impl System {
    /// The path with all symbolic links followed, as far as there is something.
    pub fn real_path(&mut self, path: &Path) -> Result<PathBuf> {
        let mut path = path.to_owned();
        for _ in 0..LINK_LIMIT {
            let Some(real) = self.resolve_parents(&path)? else { break };
            match self.inode(&real)?.kind {
                Kind::Link(target) => path = join_link(&real, &target),
                _ => return Ok(real),
            }
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBackend, NoCourier};

    #[test]
    fn links_are_followed_as_far_as_there_is_something() {
        let backend = MemoryBackend::new();
        backend.add_file("/srv/releases/1/a", "");
        backend.add_link("/srv/current", "releases/1");
        backend.add_link("/srv/b", "current/a");
        backend.add_link("/srv/round", "round");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        for (path, real) in [
            ("/srv/b", "/srv/releases/1/a"),
            ("/srv/current/../x", "/srv/releases/x"),
            ("/", "/"),
            ("/srv/round", "/srv/round"),
        ] {
            assert_eq!(host.real_path(Path::new(path)).unwrap(), PathBuf::from(real), "{path}");
        }
    }
}
