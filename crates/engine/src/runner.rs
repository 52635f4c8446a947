//! One runner on a host: requests go out, reports come back, blobs are handed over when asked for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actions::{Answer, BlobSource};
use diag::{Error, Result};
use protocol::{Blob, BlobId, Bytes, FromRunner, Ready, Request, ToRunner, VERSION, frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use transport::{ExitFuture, Pipe};

/// How long a runner may take to end.
const LONGEST_END: Duration = Duration::from_secs(5);

/// A runner that is up.
pub(crate) struct Runner {
    outbox: mpsc::UnboundedSender<Outgoing>,
    exit: Mutex<Option<ExitFuture>>,
    next: AtomicU64,
}

enum Outgoing {
    Call { request: Box<Request>, blobs: Vec<(BlobId, BlobSource)>, reply: oneshot::Sender<Result<Answer>> },
    Cancel(u64),
    End,
}

/// A call that is waited for: when nobody waits any more, it is cancelled.
struct Waiting<'a> {
    runner: &'a Runner,
    id: u64,
    answered: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered {
            // If the runner is gone, there is nothing to cancel.
            let _ = self.runner.outbox.send(Outgoing::Cancel(self.id));
        }
    }
}

impl Runner {
    /// Talks to the runner at the other end of the pipe.
    ///
    /// # Errors
    /// It does not say that it is ready, or is another version.
    pub(crate) async fn start(pipe: Pipe) -> Result<Runner> {
        let Pipe { stdin, mut stdout, stderr, exit } = pipe;
        let said = Arc::new(Mutex::new(String::new()));
        tokio::spawn(listen(stderr, Arc::clone(&said)));
        let mut decoder = frame::Decoder::default();
        let ready = match next(&mut stdout, &mut decoder).await {
            Ok(Some(FromRunner::Ready(ready))) => ready,
            Ok(_) => return Err(gone(&said)),
            Err(error) => return Err(error),
        };
        let Ready { version, .. } = ready;
        if version != VERSION {
            return Err(Error::new(format!("the runner speaks version {version}, this program {VERSION}"))
                .hint("the runner and this program must come from the same build"));
        }
        let (outbox, inbox) = mpsc::unbounded_channel();
        tokio::spawn(pump(stdin, stdout, decoder, inbox, said));
        Ok(Runner { outbox, exit: Mutex::new(Some(exit)), next: AtomicU64::new(1) })
    }

    /// Whether it can still be talked to.
    pub(crate) fn is_alive(&self) -> bool {
        !self.outbox.is_closed()
    }

    /// Ends the runner and waits until it is gone.
    pub(crate) async fn end(&self) {
        // If it is gone already, all the better.
        let _ = self.outbox.send(Outgoing::End);
        let exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(exit) = exit {
            // What does not end is no reason to wait for ever: whoever needs it gone will say so.
            let _ = tokio::time::timeout(LONGEST_END, exit).await;
        }
    }

    /// Calls a module and waits for the report. The call is cancelled if the future is dropped.
    ///
    /// # Errors
    /// The runner goes away.
    pub(crate) async fn call(
        &self,
        mut request: Request,
        blobs: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        request.id = id;
        let (reply, answer) = oneshot::channel();
        let call = Outgoing::Call { request: Box::new(request), blobs, reply };
        if self.outbox.send(call).is_err() {
            return Err(Error::new("the connection to the host was lost"));
        }
        let mut waiting = Waiting { runner: self, id, answered: false };
        let answer = answer.await;
        waiting.answered = true;
        answer.unwrap_or_else(|_| Err(Error::new("the connection to the host was lost")))
    }
}

/// Keeps the last words of the runner: what it said before it died.
async fn listen(mut stderr: Box<dyn AsyncRead + Send + Unpin>, said: Arc<Mutex<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if said.len() > 8192 {
            let start = (said.len() - 4096..).find(|at| said.is_char_boundary(*at)).unwrap_or(0);
            said.drain(..start);
        }
    }
}

fn gone(said: &Mutex<String>) -> Error {
    let said = said.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned();
    let error = Error::new("the connection to the host was lost");
    if said.is_empty() { error } else { error.cause(said) }
}

async fn next(
    stdout: &mut (impl AsyncRead + Unpin),
    decoder: &mut frame::Decoder,
) -> Result<Option<FromRunner>> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let message = decoder.message::<FromRunner>();
        if let Some(message) =
            message.map_err(|error| Error::new("the host does not answer as a runner does").cause(error))?
        {
            return Ok(Some(message));
        }
        match stdout.read(&mut buffer).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(count) => decoder.push(&buffer[..count]),
        }
    }
}

#[derive(Default)]
struct Calls {
    waiting: HashMap<u64, oneshot::Sender<Result<Answer>>>,
    blobs: HashMap<BlobId, BlobSource>,
    pieces: HashMap<u64, Vec<u8>>,
}

async fn pump(
    mut stdin: Box<dyn AsyncWrite + Send + Unpin>,
    mut stdout: Box<dyn AsyncRead + Send + Unpin>,
    mut decoder: frame::Decoder,
    mut inbox: mpsc::UnboundedReceiver<Outgoing>,
    said: Arc<Mutex<String>>,
) {
    let (messages_in, mut messages) = mpsc::channel(16);
    let reader = tokio::spawn(async move {
        loop {
            let message = next(&mut stdout, &mut decoder).await;
            let last = !matches!(message, Ok(Some(_)));
            if messages_in.send(message).await.is_err() || last {
                return;
            }
        }
    });
    let mut calls = Calls::default();
    let error = loop {
        let outcome = tokio::select! {
            outgoing = inbox.recv() => match outgoing {
                // Nobody will call any more.
                None | Some(Outgoing::End) => break None,
                Some(outgoing) => calls.send(&mut stdin, outgoing).await,
            },
            message = messages.recv() => match message {
                Some(Ok(Some(message))) => calls.receive(&mut stdin, message).await,
                Some(Err(error)) => Err(error),
                Some(Ok(None)) | None => Err(gone(&said)),
            },
        };
        if let Err(error) = outcome {
            break Some(error);
        }
    };
    inbox.close();
    reader.abort();
    for (_, reply) in calls.waiting {
        // Whoever waited may have stopped waiting.
        let _ = reply.send(Err(error.clone().unwrap_or_else(|| gone(&said))));
    }
    // Calls that were on their way when the connection broke.
    while let Some(outgoing) = inbox.recv().await {
        if let Outgoing::Call { reply, .. } = outgoing {
            let _ = reply.send(Err(error.clone().unwrap_or_else(|| gone(&said))));
        }
    }
}

impl Calls {
    async fn send(&mut self, stdin: &mut (impl AsyncWrite + Unpin), outgoing: Outgoing) -> Result<()> {
        match outgoing {
            Outgoing::End => Ok(()),
            Outgoing::Cancel(id) => {
                self.waiting.remove(&id);
                write(stdin, &ToRunner::Cancel { id }).await
            }
            Outgoing::Call { request, blobs, reply } => {
                let id = request.id;
                self.blobs.extend(blobs);
                match frame::encode(&ToRunner::Request(request)) {
                    Ok(frame) => {
                        self.waiting.insert(id, reply);
                        write_frame(stdin, &frame).await
                    }
                    Err(error) => {
                        // Too much for one request: that is this task's failure, not the connection's.
                        let _ = reply
                            .send(Err(Error::new("the arguments are too large to be sent").cause(error)));
                        Ok(())
                    }
                }
            }
        }
    }

    async fn receive(&mut self, stdin: &mut (impl AsyncWrite + Unpin), message: FromRunner) -> Result<()> {
        match message {
            FromRunner::Ready(_) => Err(Error::new("the runner started anew in the middle of the run")),
            FromRunner::Piece { id, bytes } => {
                self.pieces.entry(id).or_default().extend_from_slice(&bytes);
                Ok(())
            }
            FromRunner::Report { id, report } => {
                let bytes = self.pieces.remove(&id).unwrap_or_default();
                if let Some(reply) = self.waiting.remove(&id) {
                    // Whoever waited may have stopped waiting.
                    let _ = reply.send(Ok(Answer { report: *report, bytes }));
                }
                if self.waiting.is_empty() {
                    self.blobs.clear();
                }
                Ok(())
            }
            FromRunner::NeedBlob { id } => match self.blobs.get(&id).cloned() {
                None => write(stdin, &ToRunner::NoBlob { id, reason: "it was not offered".into() }).await,
                Some(BlobSource::Bytes(bytes)) => {
                    for piece in bytes.chunks(Blob::PIECE) {
                        write(stdin, &ToRunner::Piece { id, bytes: Bytes::from(piece.to_vec()) }).await?;
                    }
                    write(stdin, &ToRunner::Piece { id, bytes: Bytes::new() }).await
                }
                Some(BlobSource::File(path)) => send_file(stdin, id, &path).await,
            },
        }
    }
}

async fn send_file(stdin: &mut (impl AsyncWrite + Unpin), id: BlobId, path: &std::path::Path) -> Result<()> {
    let mut file = match tokio::fs::File::open(path).await {
        Ok(file) => file,
        Err(error) => {
            return write(stdin, &ToRunner::NoBlob { id, reason: format!("{}: {error}", path.display()) })
                .await;
        }
    };
    let mut buffer = vec![0; Blob::PIECE];
    loop {
        match file.read(&mut buffer).await {
            Ok(count) => {
                write(stdin, &ToRunner::Piece { id, bytes: Bytes::from(buffer[..count].to_vec()) }).await?;
                if count == 0 {
                    return Ok(());
                }
            }
            Err(error) => {
                return write(
                    stdin,
                    &ToRunner::NoBlob { id, reason: format!("{}: {error}", path.display()) },
                )
                .await;
            }
        }
    }
}

async fn write(stdin: &mut (impl AsyncWrite + Unpin), message: &ToRunner) -> Result<()> {
    let frame = frame::encode(message).map_err(|error| Error::new("a message can't be sent").cause(error))?;
    write_frame(stdin, &frame).await
}

async fn write_frame(stdin: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> Result<()> {
    let written = async {
        stdin.write_all(frame).await?;
        stdin.flush().await
    };
    written.await.map_err(|error| Error::new("the connection to the host was lost").cause(error))
}
