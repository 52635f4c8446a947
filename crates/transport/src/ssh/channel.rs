use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::lost::Lost;
use crate::live::{QueueReader, exit_future};
use crate::{Exit, Pipe};

/// The pipes of a channel on which a command was started.
pub(super) fn pipe(channel: Channel<Msg>, lost: Lost) -> Pipe {
    let (read, write) = channel.split();
    let (interest, interested) = mpsc::channel(1);
    let (stdout, stdout_reader) = QueueReader::new(Some(interest.clone()));
    let (stderr, stderr_reader) = QueueReader::new(None);
    let (exit, exit_receiver) = oneshot::channel();
    let closed = CancellationToken::new();
    let stdin = Stdin {
        writer: Some(Box::pin(write.make_writer())),
        closed: Box::pin(closed.clone().cancelled_owned()),
    };
    tokio::spawn(async move {
        let ending = drain(read, write, stdout, stderr, interested, lost).await;
        closed.cancel();
        let _ = exit.send(ending);
    });
    Pipe {
        stdin: Box::new(stdin),
        stdout: Box::new(stdout_reader),
        stderr: Box::new(stderr_reader),
        exit: exit_future(exit_receiver, interest),
    }
}

/// Takes everything off a channel until it is closed: one channel that nobody reads would stop the whole connection.
async fn drain(
    mut read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
    stdout: mpsc::UnboundedSender<bytes::Bytes>,
    stderr: mpsc::UnboundedSender<bytes::Bytes>,
    mut interested: mpsc::Receiver<std::convert::Infallible>,
    lost: Lost,
) -> Exit {
    let mut streams = Some((stdout, stderr));
    let mut exit = None;
    let mut abandoned = false;
    loop {
        let message = tokio::select! {
            message = read.wait() => message,
            _ = interested.recv(), if !abandoned => {
                abandoned = true;
                // A command that neither reads nor writes would not notice that its channel is closed.
                let _ = write.signal(Sig::TERM).await;
                let _ = write.close().await;
                continue;
            }
        };
        match (message, &streams) {
            // Who has dropped a reader does not want its data.
            (Some(ChannelMsg::Data { data }), Some((stdout, _))) => drop(stdout.send(data)),
            (Some(ChannelMsg::ExtendedData { data, ext: 1 }), Some((_, stderr))) => drop(stderr.send(data)),
            (Some(ChannelMsg::ExitStatus { exit_status }), _) => {
                exit = Some(Exit::Code(exit_status.cast_signed()))
            }
            (Some(ChannelMsg::ExitSignal { signal_name, .. }), _) => {
                exit = Some(Exit::Signal(name(&signal_name)))
            }
            (Some(ChannelMsg::Failure), _) => {
                exit = Some(Exit::Lost("the server refused to run the command".to_owned()));
                let _ = write.close().await;
            }
            // The exit status may still come.
            (Some(ChannelMsg::Eof), _) => streams = None,
            (Some(ChannelMsg::Close) | None, _) => break,
            (Some(_), _) => {}
        }
    }
    exit.unwrap_or_else(|| {
        Exit::Lost(
            lost.reason().unwrap_or_else(|| "the channel was closed without an exit status".to_owned()),
        )
    })
}

fn name(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}

/// The writing side of a channel. It fails once the channel is closed, where russh's own would wait for ever for the
/// server to take more, and sends the end of input when it is dropped, as a pipe does.
struct Stdin {
    writer: Option<Pin<Box<dyn AsyncWrite + Send>>>,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Stdin {
    fn poll_open(&mut self, context: &mut Context<'_>) -> io::Result<Pin<&mut (dyn AsyncWrite + Send)>> {
        if self.closed.as_mut().poll(context).is_ready() {
            self.writer = None;
        }
        match &mut self.writer {
            Some(writer) => Ok(writer.as_mut()),
            None => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the command takes no more input")),
        }
    }
}

impl AsyncWrite for Stdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match (bytes.is_empty(), self.poll_open(context)) {
            (_, Err(error)) => Poll::Ready(Err(error)),
            (true, Ok(_)) => Poll::Ready(Ok(0)),
            (false, Ok(writer)) => writer.poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.poll_open(context) {
            Ok(writer) => writer.poll_flush(context),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A command that has ended has no input left to end.
        let Ok(writer) = self.poll_open(context) else { return Poll::Ready(Ok(())) };
        let done = std::task::ready!(writer.poll_shutdown(context));
        self.writer = None;
        Poll::Ready(done)
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        if let (Some(mut writer), Ok(runtime)) = (self.writer.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { writer.shutdown().await });
        }
    }
}
