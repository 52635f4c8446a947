use diag::Error;
use galaxy::Progress;

use crate::exit;
use crate::output::print;

/// Tells at once what happens.
pub(super) struct Telling {
    pub(super) verbosity: u8,
}

impl Progress for Telling {
    fn say(&self, line: &str) {
        print(&format!("{line}\n"));
    }

    fn detail(&self, line: &str) {
        if self.verbosity > 1 {
            self.say(line);
        }
    }

    fn warn(&self, warning: Error) {
        exit::tell(&warning.into_warning().into());
    }
}
