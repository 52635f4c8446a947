//! Programs that want a terminal: they run on one of their own, and somebody answers what they ask.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::process::{Leash, TICK, code, end_with};
use crate::{Command, Output, Run};

/// How a conversation with a program is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Whether the terminal shows what is typed.
    pub echo: bool,
    /// How long the program may say nothing that is answered; `None` is for ever.
    pub patience: Option<Duration>,
}

/// What came of a conversation.
#[derive(Clone, Debug)]
pub enum Conversed {
    /// The program came to its end, or was not run.
    Ended(Run),
    /// For too long it said nothing that was answered.
    OutOfPatience,
    /// It was broken off.
    BrokenOff,
}

/// Takes what a program has newly written and gives what is typed; or breaks the conversation off, which ends the
/// program.
pub type Answerer<'a> = dyn FnMut(&[u8]) -> ControlFlow<(), Vec<u8>> + 'a;

/// Runs a program on a terminal of its own to its end. All that it writes is its standard output.
///
/// # Errors
/// It can't be started; nothing is answered for too long (`TimedOut`); the conversation was broken off
/// (`ConnectionAborted`); or the leash was cut (`Interrupted`).
pub(crate) fn converse(
    command: &Command,
    conversation: Conversation,
    leash: &Leash,
    answer: &mut Answerer<'_>,
) -> io::Result<Output> {
    let (person, program) = open(conversation.echo)?;
    let mut child = leash.start(|| spawn(command, program))?;
    let finished = attend(&mut child, person, conversation, answer);
    if finished.is_err() {
        end_with(&mut child);
    }
    leash.finish()?;
    finished
}

/// A terminal's two sides: the person's and the program's.
fn open(echo: bool) -> io::Result<(OwnedFd, OwnedFd)> {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&person)?;
    unlockpt(&person)?;
    let name = ptsname(&person, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let program = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let mut modes = tcgetattr(&program)?;
    modes.local_modes.set(LocalModes::ECHO, echo);
    tcsetattr(&program, OptionalActions::Now, &modes)?;
    Ok((person, program))
}

#[expect(unsafe_code, reason = "a terminal becomes a program's own between its fork and its start only")]
fn spawn(command: &Command, terminal: OwnedFd) -> io::Result<Child> {
    let mut process = crate::process::prepare(command, &[])?;
    process.stdin(terminal.try_clone()?).stdout(terminal.try_clone()?).stderr(Stdio::from(terminal));
    // SAFETY: between fork and start only system calls are made, and no memory is allocated.
    unsafe {
        process.pre_exec(|| {
            rustix::process::setsid()?;
            // The terminal is its standard input already.
            rustix::process::ioctl_tiocsctty(io::stdin())?;
            Ok(())
        });
    }
    process.spawn()
}

fn attend(
    child: &mut Child,
    person: OwnedFd,
    conversation: Conversation,
    answer: &mut Answerer<'_>,
) -> io::Result<Output> {
    let mut terminal = std::fs::File::from(person);
    let mut output = Output::default();
    let mut since = Instant::now();
    let mut status = None;
    let mut buffer = [0; 16 * 1024];
    loop {
        if conversation.patience.is_some_and(|patience| since.elapsed() >= patience) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it says nothing that is expected"));
        }
        let mut descriptors = [PollFd::from_borrowed_fd(terminal.as_fd(), PollFlags::IN)];
        let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(TICK.subsec_nanos()) };
        match poll(&mut descriptors, Some(&tick)) {
            Ok(0) => {
                // Its own output has been read; what is still open is held by a daemon.
                if status.is_some() {
                    break;
                }
                status = child.try_wait()?;
                continue;
            }
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        // Once nobody has the other side open any more, reading is an error.
        let Ok(count @ 1..) = terminal.read(&mut buffer) else { break };
        output.stdout.extend_from_slice(&buffer[..count]);
        match answer(&buffer[..count]) {
            ControlFlow::Continue(typed) if typed.is_empty() => {}
            ControlFlow::Continue(typed) => {
                terminal.write_all(&typed)?;
                since = Instant::now();
            }
            ControlFlow::Break(()) => {
                return Err(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "the conversation was broken off",
                ));
            }
        }
    }
    drop(terminal);
    let status = match status {
        Some(status) => status,
        None => child.wait()?,
    };
    output.code = code(status);
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "tty >/dev/null || exit 9; printf 'name? '; read -r name; echo \"hello $name\"";

    fn hold(line: &str, conversation: Conversation) -> io::Result<Output> {
        let mut heard = Vec::new();
        converse(&Command::shell(line), conversation, &Leash::default(), &mut |new| {
            heard.extend_from_slice(new);
            match heard.ends_with(b"? ") {
                true => ControlFlow::Continue(b"Ann\n".to_vec()),
                false if heard.ends_with(b"stop") => ControlFlow::Break(()),
                false => ControlFlow::Continue(Vec::new()),
            }
        })
    }

    #[test]
    fn a_program_on_a_terminal_is_answered_and_its_exit_code_told() {
        let quiet = Conversation { echo: false, patience: None };
        let output = hold(QUESTION, quiet).unwrap();
        assert_eq!((output.code, output.stdout().as_str()), (0, "name? hello Ann\r\n"));
        let output = hold(&format!("{QUESTION}; exit 3"), Conversation { echo: true, ..quiet }).unwrap();
        assert_eq!((output.code, output.stdout().as_str()), (3, "name? Ann\r\nhello Ann\r\n"));
    }

    #[test]
    fn a_program_that_asks_for_something_else_is_ended() {
        let hurried = Conversation { echo: false, patience: Some(Duration::from_millis(50)) };
        assert_eq!(hold("sleep 60", hurried).unwrap_err().kind(), io::ErrorKind::TimedOut);
        let patient = Conversation { patience: None, ..hurried };
        let broken_off = hold("printf stop; sleep 60", patient).unwrap_err();
        assert_eq!(broken_off.kind(), io::ErrorKind::ConnectionAborted);
    }
}
