//! Each host's last result in a file of its name.

use std::path::PathBuf;

use diag::Error;
use engine::Event;

use super::Callback;
use crate::options::ResultFormat;
use crate::screen::{Screen, Stream};

/// Makes the folder if it is missing.
pub(super) fn begin(screen: &mut Screen) -> Box<dyn Callback> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".ansible/tree"));
    let folder = screen.options.tree.clone().or_else(home).unwrap_or_default();
    if let Err(error) = std::fs::create_dir_all(&folder) {
        let warning = Error::warning(format!("can't make the folder {}", folder.display())).cause(error);
        screen.tell(Stream::Err, &warning);
    }
    Box::new(Tree { folder })
}

struct Tree {
    folder: PathBuf,
}

impl Callback for Tree {
    fn take(&mut self, event: &Event, screen: &mut Screen) {
        if let Event::Ran(ran) = event
            && !ran.host.contains('/')
        {
            let path = self.folder.join(&*ran.host);
            if let Err(error) = std::fs::write(&path, ResultFormat::default().json(ran, false)) {
                let warning = Error::warning(format!("can't write {}", path.display())).cause(error);
                screen.tell(Stream::Err, &warning);
            }
        }
    }
}
