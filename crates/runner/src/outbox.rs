use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::{FromRunner, frame};

/// Where frames to the controller go.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Mutex<Box<dyn Write + Send>>>);

impl Outbox {
    pub(crate) fn new(to: impl Write + Send + 'static) -> Outbox {
        Outbox(Arc::new(Mutex::new(Box::new(to))))
    }

    pub(crate) fn send(&self, message: &FromRunner) -> io::Result<()> {
        let frame = frame::encode(message).map_err(io::Error::other)?;
        let mut to = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        to.write_all(&frame)?;
        to.flush()
    }
}
