use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use protocol::{BlobId, Request, ToRunner, frame};
use system::Leash;

/// What the controller says, sorted: requests wait for their turn, pieces of blobs for whoever asked, a cancellation
/// takes effect at once.
pub(crate) struct Inbox {
    pub(crate) requests: Receiver<Request>,
    pub(crate) pieces: Receiver<Piece>,
    /// The request that is being carried out; 0 between requests.
    pub(crate) current: Arc<AtomicU64>,
}

/// A piece of a blob, or why there is none.
pub(crate) struct Piece {
    pub(crate) id: BlobId,
    pub(crate) bytes: Result<Vec<u8>, String>,
}

/// How long a module may go on after the controller went away. Programs are ended at once; a module that only writes
/// files is let finish, so that nothing stays half done.
const GRACE: Duration = Duration::from_secs(20);

impl Inbox {
    /// Starts to read on a thread of its own.
    pub(crate) fn open(from: impl Read + Send + 'static, leash: Leash) -> Inbox {
        let (request_sender, requests) = channel();
        let (piece_sender, pieces) = channel();
        let current = Arc::new(AtomicU64::new(0));
        let running = Arc::clone(&current);
        std::thread::spawn(move || {
            read_all(from, &leash, &request_sender, &piece_sender, &running);
            // The controller is gone. Without senders the main thread ends after what it is doing.
            drop((request_sender, piece_sender));
            leash.cut();
            std::thread::sleep(GRACE);
            std::process::abort();
        });
        Inbox { requests, pieces, current }
    }
}

fn read_all(
    mut from: impl Read,
    leash: &Leash,
    requests: &Sender<Request>,
    pieces: &Sender<Piece>,
    running: &AtomicU64,
) {
    let mut decoder = frame::Decoder::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        loop {
            let sent = match decoder.message::<ToRunner>() {
                Ok(None) => break,
                // After garbage nothing can be trusted: as if the controller had gone.
                Err(_) => return,
                Ok(Some(ToRunner::Request(request))) => requests.send(*request).is_ok(),
                Ok(Some(ToRunner::Piece { id, bytes })) => {
                    pieces.send(Piece { id, bytes: Ok(bytes.into_vec()) }).is_ok()
                }
                Ok(Some(ToRunner::NoBlob { id, reason })) => {
                    pieces.send(Piece { id, bytes: Err(reason) }).is_ok()
                }
                Ok(Some(ToRunner::Cancel { id })) => {
                    if running.load(Ordering::SeqCst) == id {
                        leash.cut();
                    }
                    true
                }
            };
            if !sent {
                return;
            }
        }
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => decoder.push(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
