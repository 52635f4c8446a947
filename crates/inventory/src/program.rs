use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use diag::{Error, Result};

/// More output than this is no inventory.
const MAX_OUTPUT: u64 = 512 * 1024 * 1024;
/// More words of complaint than this are not kept.
const MAX_STDERR: u64 = 64 * 1024;

/// What a program left.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Runs a program without input, for no longer than `limit`.
///
/// # Errors
///
/// It can't be started, prints without end, or does not end in time; it is then killed.
pub(crate) fn run<S: AsRef<OsStr>>(path: &Path, arguments: &[S], limit: Duration) -> Result<Output> {
    let failed = |cause: std::io::Error| {
        Error::new(format!("Failed to execute inventory script command '{}'", path.display())).cause(cause)
    };
    let mut child = Command::new(path)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let end = Instant::now() + limit;
    let (stdout, stderr) =
        (collect(child.stdout.take(), MAX_OUTPUT), collect(child.stderr.take(), MAX_STDERR));
    // A pipe that something else holds open must not hold up more than the program itself would.
    let rest = |end: Instant| end.saturating_duration_since(Instant::now());
    let text = stdout.recv_timeout(rest(end));
    if let Ok(text) = text
        && text.len() as u64 <= MAX_OUTPUT
    {
        loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                let stderr = stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
                return Ok(Output {
                    status,
                    stdout: text,
                    stderr: String::from_utf8_lossy(&stderr).into_owned(),
                });
            }
            if rest(end).is_zero() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    let name = path.display();
    Err(match rest(end).is_zero() {
        true => Error::new(format!(
            "the inventory script '{name}' did not end within {} seconds",
            limit.as_secs()
        ))
        .hint("run it by hand with --list to see what it waits for"),
        false => {
            Error::new(format!("the inventory script '{name}' printed more than {} MB", MAX_OUTPUT >> 20))
        }
    })
}

/// Reads a stream to its end on a thread of its own, and gives it when it is there. It is read one byte further than is
/// kept, so that too much can be told from just enough.
fn collect(stream: Option<impl Read + Send + 'static>, limit: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            // What was read until then counts.
            let _ = stream.take(limit + 1).read_to_end(&mut bytes);
        }
        // Whoever waited may have given up.
        let _ = sender.send(bytes);
    });
    receiver
}
