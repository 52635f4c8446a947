use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{mpsc, oneshot};

use crate::{Exit, ExitFuture};

/// Held by everything through which somebody may still be interested in a command; the command's keeper waits on the
/// receiving side, which ends when the last one is dropped.
pub(crate) type Interest = mpsc::Sender<std::convert::Infallible>;

/// Reads what a pump puts into a queue.
pub(crate) struct QueueReader {
    queue: mpsc::UnboundedReceiver<Bytes>,
    current: Bytes,
    _interest: Option<Interest>,
}

impl QueueReader {
    /// A queue's two ends.
    pub(crate) fn new(interest: Option<Interest>) -> (mpsc::UnboundedSender<Bytes>, QueueReader) {
        let (sender, queue) = mpsc::unbounded_channel();
        (sender, QueueReader { queue, current: Bytes::new(), _interest: interest })
    }
}

impl AsyncRead for QueueReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.current.is_empty() {
            match std::task::ready!(self.queue.poll_recv(context)) {
                Some(bytes) => self.current = bytes,
                None => return Poll::Ready(Ok(())),
            }
        }
        let length = self.current.len().min(into.remaining());
        into.put_slice(&self.current[..length]);
        self.current.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// A reader that says that somebody is still interested.
pub(crate) struct InterestedReader<R> {
    reader: R,
    _interest: Interest,
}

impl<R> InterestedReader<R> {
    pub(crate) fn new(reader: R, interest: Interest) -> InterestedReader<R> {
        InterestedReader { reader, _interest: interest }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for InterestedReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(context, into)
    }
}

/// The exit that a command's keeper will send.
pub(crate) fn exit_future(receiver: oneshot::Receiver<Exit>, interest: Interest) -> ExitFuture {
    struct Waiting {
        receiver: oneshot::Receiver<Exit>,
        _interest: Interest,
    }
    impl Future for Waiting {
        type Output = Exit;
        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Exit> {
            let exit = std::task::ready!(Pin::new(&mut self.receiver).poll(context));
            Poll::Ready(exit.unwrap_or_else(|_| Exit::Lost("the connection was closed".to_owned())))
        }
    }
    Box::pin(Waiting { receiver, _interest: interest })
}
