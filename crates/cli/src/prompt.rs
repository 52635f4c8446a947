use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use actions::{Question, Reply, Terminal};
use async_trait::async_trait;
use diag::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use transport::Secret;

/// The person at the terminal.
pub(crate) struct Person;

const INTERRUPT: u8 = 3;

impl Person {
    /// Whether somebody can be asked: a program in the background must not read.
    fn is_there() -> bool {
        let stdin = std::io::stdin();
        stdin.is_terminal()
            && rustix::termios::tcgetpgrp(&stdin)
                .is_ok_and(|foreground| foreground == rustix::process::getpgrp())
    }
}

#[async_trait]
impl Terminal for Person {
    async fn ask(&self, question: &Question<'_>) -> Reply {
        if !Person::is_there() {
            return Reply::Nobody;
        }
        let (text, echo, interruptible) = (question.text.to_owned(), question.echo, question.interruptible);
        blocking(move || {
            let Some(mut keyboard) = Keyboard::open() else { return Reply::Nobody };
            say(&text);
            match keyboard.line(echo, None) {
                Typed::Line(line) => Reply::Line(line),
                Typed::Interrupt if interruptible => keyboard.go_on_or_abort(),
                Typed::Interrupt => {
                    interrupt();
                    Reply::Abort
                }
                Typed::Nothing => Reply::Nobody,
            }
        })
        .await
    }

    async fn wait(&self, seconds: f64, notice: &str, prompt: Option<&str>) -> bool {
        let duration = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        if !Person::is_there() {
            let prompt = prompt.map(|prompt| format!("{prompt}\n")).unwrap_or_default();
            say(&format!("{notice}\n{prompt}"));
            tokio::time::sleep(duration).await;
            return true;
        }
        let hint = "(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)";
        let text =
            format!("{notice}\n{hint}\n{}", prompt.map(|prompt| format!("{prompt}\n")).unwrap_or_default());
        let reply = blocking(move || {
            let Some(mut keyboard) = Keyboard::open() else { return Reply::Nobody };
            say(&text);
            let end = Instant::now() + duration;
            loop {
                match keyboard.line(false, Some(end)) {
                    // Only Ctrl-C ends it before its time.
                    Typed::Line(_) => {}
                    Typed::Interrupt => return keyboard.go_on_or_abort(),
                    Typed::Nothing => {
                        std::thread::sleep(end.saturating_duration_since(Instant::now()));
                        return Reply::Nobody;
                    }
                }
            }
        });
        reply.await != Reply::Abort
    }

    fn say(&self, text: &str) {
        say(text);
    }

    async fn line(&self, prompt: &str) -> Option<String> {
        let prompt = prompt.to_owned();
        let reply = blocking(move || {
            say(&prompt);
            let mut line = String::new();
            match std::io::stdin().read_line(&mut line) {
                Ok(1..) => Reply::Line(line.trim_end_matches(['\r', '\n']).to_owned()),
                Ok(0) | Err(_) => Reply::Nobody,
            }
        });
        match reply.await {
            Reply::Line(line) => Some(line),
            _ => None,
        }
    }

    fn interrupt(&self) {
        interrupt();
    }
}

/// Ctrl-C, as if the terminal had sent it.
fn interrupt() {
    // To oneself it can always be sent.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
}

async fn blocking(work: impl FnOnce() -> Reply + Send + 'static) -> Reply {
    tokio::task::spawn_blocking(move || {
        report::hold_live(true);
        let reply = work();
        report::hold_live(false);
        reply
    })
    .await
    .unwrap_or(Reply::Nobody)
}

fn say(text: &str) {
    // Whoever closed the stream does not want to read it.
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// What came of waiting for a line.
enum Typed {
    Line(String),
    Interrupt,
    /// The time is over, or nothing can come any more.
    Nothing,
}

/// The terminal's keyboard, key by key; when it is dropped, the terminal is as it was.
struct Keyboard {
    before: Termios,
}

impl Keyboard {
    fn open() -> Option<Keyboard> {
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut keys = before.clone();
        keys.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        keys.special_codes[SpecialCodeIndex::VMIN] = 1;
        keys.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(std::io::stdin(), OptionalActions::Now, &keys).ok()?;
        Some(Keyboard { before })
    }

    /// The next key, unless the time is over.
    fn key(&mut self, end: Option<Instant>) -> Option<u8> {
        let stdin = std::io::stdin();
        if let Some(end) = end {
            let left = end.saturating_duration_since(Instant::now());
            let limit = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
            let mut descriptors = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
            if !matches!(poll(&mut descriptors, Some(&limit)), Ok(1..)) {
                return None;
            }
        }
        let mut key = [0];
        // Past the standard library's buffer, which would keep keys that come later.
        matches!(rustix::io::read(&stdin, &mut key), Ok(1)).then_some(key[0])
    }

    fn line(&mut self, echo: bool, end: Option<Instant>) -> Typed {
        let erase = self.before.special_codes[SpecialCodeIndex::VERASE];
        let mut line: Vec<u8> = Vec::new();
        loop {
            match self.key(end) {
                None => return Typed::Nothing,
                Some(INTERRUPT) => return Typed::Interrupt,
                Some(b'\r' | b'\n') => {
                    if end.is_none() {
                        say("\n");
                    }
                    return Typed::Line(String::from_utf8_lossy(&line).into_owned());
                }
                // The end of input, when nothing was typed yet.
                Some(4) if line.is_empty() => return Typed::Nothing,
                Some(key) if key == erase || key == 0x7f || key == 8 => {
                    // All bytes of a character go.
                    while line.last().is_some_and(|byte| byte & 0xc0 == 0x80) {
                        line.pop();
                    }
                    if line.pop().is_some() && echo {
                        say("\u{8} \u{8}");
                    }
                }
                Some(key) => {
                    line.push(key);
                    if echo {
                        let mut stdout = std::io::stdout().lock();
                        // Whoever closed the stream does not want to read it.
                        let _ = stdout.write_all(&[key]).and_then(|()| stdout.flush());
                    }
                }
            }
        }
    }

    fn go_on_or_abort(&mut self) -> Reply {
        say("\nPress 'C' to continue the play or 'A' to abort \n");
        loop {
            match self.key(None) {
                Some(b'c' | b'C') => return Reply::GoOn,
                Some(b'a' | b'A') | None => return Reply::Abort,
                Some(_) => {}
            }
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // A terminal that is gone needs no mending.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Asks for a password without showing it; where there is no terminal, it is a line of the standard input.
///
/// # Errors
/// Nobody is there to ask.
pub(crate) fn password(prompt: &str) -> Result<Secret> {
    let failed = |error: std::io::Error| Error::new("can't ask for a password").cause(error);
    if std::fs::File::open("/dev/tty").is_ok() {
        return Ok(Secret::new(rpassword::prompt_password(prompt).map_err(failed)?));
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).map_err(failed)?;
    let mut line = zeroize::Zeroizing::new(String::new());
    if std::io::stdin().read_line(&mut line).map_err(failed)? == 0 {
        return Err(Error::new("EOFError (ctrl-d) on prompt")
            .hint("there is no terminal, and the standard input is at its end"));
    }
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}
