//! What shows a run: the screen and the callbacks that write on it.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use diag::Result;
use engine::{Event, Events};

use crate::callbacks::{Callback, Chosen};
use crate::options::Options;
use crate::page::End;
use crate::paint::Tone;
use crate::screen::{Screen, Stream};

/// What shows a run: one callback has the screen, others may add something or write files.
pub struct Terminal {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    screen: Screen,
    callbacks: Vec<Box<dyn Callback>>,
}

/// How often the live line is drawn anew.
const REFRESH: Duration = Duration::from_millis(200);

/// Draws the live line until the terminal is gone.
fn keep_live(shared: &Weak<Mutex<Shared>>) {
    while let Some(shared) = shared.upgrade() {
        shared.lock().unwrap_or_else(PoisonError::into_inner).screen.draw_live();
        drop(shared);
        std::thread::sleep(REFRESH);
    }
}

impl Terminal {
    /// Writes results to `out` and warnings to `err`, as the chosen callbacks do.
    pub fn new(
        options: Options,
        chosen: &Chosen,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Terminal {
        let options = chosen.adjust(options);
        let live = options.live;
        let mut screen = Screen::new(options, out, err);
        let callbacks = chosen.start(&mut screen);
        let shared = Arc::new(Mutex::new(Shared { screen, callbacks }));
        if live {
            let watched = Arc::downgrade(&shared);
            std::thread::spawn(move || keep_live(&watched));
        }
        Terminal { shared }
    }

    /// Lets callbacks finish what they make of a run, however it ended.
    ///
    /// # Errors
    /// One of them can't keep it; the others have finished all the same.
    pub fn finish(&self, end: &End<'_>) -> Result<()> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.screen.clear_live();
        // All of them finish, whatever becomes of the others.
        let finished: Vec<Result<()>> =
            shared.callbacks.iter_mut().map(|callback| callback.finish(end)).collect();
        finished.into_iter().collect()
    }
}

impl Events for Terminal {
    fn take(&self, event: Event) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Shared { screen, callbacks } = &mut *shared;
        match &event {
            Event::Notice(error) => {
                let stream = if screen.options.failures_to_stderr { Stream::Err } else { Stream::Out };
                screen.tell(stream, error);
            }
            Event::Remark { text, verbosity } if screen.options.verbosity >= *verbosity => {
                screen.say(Tone::Remark, text);
            }
            _ => {}
        }
        callbacks.iter_mut().for_each(|callback| callback.take(&event, screen));
    }
}
