use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Result};
use engine::{Event, Events};

use crate::json;

/// Writes each host's last result into a file of its name, as Ansible's callback `tree` does, and passes all events on.
pub struct Tree {
    folder: PathBuf,
    next: Arc<dyn Events>,
}

impl Tree {
    /// Writes into `folder`, which is made if it is missing.
    ///
    /// # Errors
    /// It can't be made.
    pub fn new(folder: &Path, next: Arc<dyn Events>) -> Result<Tree> {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::new(format!("can't make the folder {}", folder.display())).cause(error)
        })?;
        Ok(Tree { folder: folder.to_path_buf(), next })
    }
}

impl Events for Tree {
    fn take(&self, event: Event) {
        if let Event::Ran(ran) = &event
            && !ran.host.contains('/')
        {
            let path = self.folder.join(&*ran.host);
            if let Err(error) = std::fs::write(&path, json::shown(ran, false)) {
                let warning = Error::warning(format!("can't write {}", path.display())).cause(error);
                self.next.take(Event::Notice(warning));
            }
        }
        self.next.take(event);
    }
}
