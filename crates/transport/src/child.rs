use std::process::Stdio;

use bytes::{Bytes, BytesMut};
use diag::{Error, Result};
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, Command};
use tokio::sync::{mpsc, oneshot};

use crate::connection::signal_name;
use crate::live::{InterestedReader, QueueReader, exit_future};
use crate::process_group::ProcessGroup;
use crate::{Exit, Pipe};

/// Starts a local process in a process group of its own, which is killed when nobody is interested in it any more.
///
/// # Errors
/// When it can't be started.
pub(crate) fn spawn(mut command: Command) -> Result<Pipe> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| {
        Error::new(format!("can't start '{}'", command.as_std().get_program().to_string_lossy())).cause(error)
    })?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Error::new("a started process has no pipes"));
    };
    let (err_sender, err_reader) = QueueReader::new(None);
    tokio::spawn(forward(stderr, err_sender));
    let (interest, mut interested) = mpsc::channel(1);
    let (exit_sender, exit_receiver) = oneshot::channel();
    let pipe = Pipe {
        stdin: Box::new(stdin),
        stdout: Box::new(InterestedReader::new(stdout, interest.clone())),
        stderr: Box::new(err_reader),
        exit: exit_future(exit_receiver, interest),
    };
    tokio::spawn(async move {
        let mut group = ProcessGroup::led_by(child);
        tokio::select! {
            status = group.ended() => drop(exit_sender.send(exit(status))),
            _ = interested.recv() => {}
        }
    });
    Ok(pipe)
}

/// Takes what the process writes about errors even if nobody reads it, or it would stand still with a full pipe.
async fn forward(mut stderr: ChildStderr, queue: mpsc::UnboundedSender<Bytes>) {
    let mut buffer = BytesMut::with_capacity(8192);
    while stderr.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
        // Who has dropped the reader does not want it.
        let _ = queue.send(buffer.split().freeze());
        buffer.reserve(8192);
    }
}

fn exit(status: std::io::Result<std::process::ExitStatus>) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal_name(signal)),
            (None, None) => Exit::Lost("the process ended in an unknown way".to_owned()),
        },
        Err(error) => Exit::Lost(format!("can't wait for the process: {error}")),
    }
}
