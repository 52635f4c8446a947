use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::{Blob, BlobId, FromRunner};
use system::Courier;

use crate::inbox::Piece;
use crate::outbox::Outbox;

/// Asks the controller for bytes and sends it bytes, on the one pipe that there is.
pub(crate) struct PipeCourier {
    pub(crate) outbox: Outbox,
    pub(crate) pieces: Arc<Mutex<Receiver<Piece>>>,
    pub(crate) current: Arc<AtomicU64>,
}

impl Courier for PipeCourier {
    fn fetch(&mut self, id: BlobId) -> Result<Vec<u8>, String> {
        self.outbox.send(&FromRunner::NeedBlob { id }).map_err(|error| error.to_string())?;
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut whole = Vec::new();
        loop {
            let piece = pieces.recv().map_err(|_| "the controller went away".to_owned())?;
            if piece.id != id {
                // Left over from a request that failed half-way.
                continue;
            }
            match piece.bytes? {
                bytes if bytes.is_empty() => break,
                bytes => whole.extend(bytes),
            }
        }
        if system::blob_id(&whole) != id {
            return Err("it changed on the controller while it was sent".into());
        }
        Ok(whole)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let id = self.current.load(Ordering::SeqCst);
        let send = |bytes: &[u8]| {
            let piece = FromRunner::Piece { id, bytes: protocol::Bytes::from(bytes.to_vec()) };
            self.outbox.send(&piece).map_err(|error| error.to_string())
        };
        bytes.chunks(Blob::PIECE).try_for_each(send)?;
        send(&[])
    }
}
