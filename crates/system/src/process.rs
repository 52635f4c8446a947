use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{Command, Output};

/// Holds on to the program that is running, so that another thread can end it, with all that it started.
#[derive(Clone, Debug, Default)]
pub struct Leash(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    group: Option<Pid>,
    cut: bool,
}

impl Leash {
    /// Ends the program that is running and keeps any other from starting.
    pub fn cut(&self) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.cut = true;
        if let Some(group) = held.group {
            end(group);
        }
    }

    /// Allows programs again.
    pub fn mend(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).cut = false;
    }

    /// Lets time go by, less of it if the leash is cut.
    pub(crate) fn pause(&self, duration: Duration) {
        let end = Instant::now() + duration;
        while !self.is_cut() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(TICK.min(left));
        }
    }

    /// Starts a program and holds on to it.
    ///
    /// # Errors
    /// It can't be started, or the leash is cut.
    pub(crate) fn start(&self, spawn: impl FnOnce() -> io::Result<Child>) -> io::Result<Child> {
        self.check()?;
        let child = spawn()?;
        self.hold(&child);
        Ok(child)
    }

    /// Lets go of the program, which has ended.
    ///
    /// # Errors
    /// The leash was cut: that is why it has.
    pub(crate) fn finish(&self) -> io::Result<()> {
        self.let_go();
        self.check()
    }

    fn check(&self) -> io::Result<()> {
        match self.is_cut() {
            true => Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled")),
            false => Ok(()),
        }
    }

    fn hold(&self, child: &Child) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.group = Pid::from_raw(child.id() as i32);
        if let (true, Some(group)) = (held.cut, held.group) {
            end(group);
        }
    }

    fn let_go(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).group = None;
    }

    fn is_cut(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).cut
    }
}

fn end(group: Pid) {
    // A group that is already gone is what we want.
    let _ = kill_process_group(group, Signal::KILL);
}

/// How often to look whether a program has ended whose descendants still hold its output open.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Runs a program in a process group of its own to its end. A daemon that it leaves behind is not waited for, even if
/// it keeps the output open.
///
/// # Errors
/// The program can't be started; it takes longer than it may (`TimedOut`); or the leash was cut (`Interrupted`).
pub(crate) fn run(command: &Command, environment: &[(String, String)], leash: &Leash) -> io::Result<Output> {
    let mut process = prepare(command, environment)?;
    process.stdin(if command.input.is_empty() { Stdio::null() } else { Stdio::piped() });
    process.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = leash.start(|| {
        let previous_umask =
            command.umask.map(|mask| rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask)));
        let spawned = process.spawn();
        if let Some(previous) = previous_umask {
            rustix::process::umask(previous);
        }
        spawned
    })?;
    let finished = attend(&mut child, command);
    if finished.is_err() {
        end_with(&mut child);
    }
    leash.finish()?;
    finished
}

/// A program as it is to be started, but for its input and output.
///
/// # Errors
/// None is named.
pub(crate) fn prepare(
    command: &Command,
    environment: &[(String, String)],
) -> io::Result<std::process::Command> {
    let Some((program, arguments)) = command.argv.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no program given"));
    };
    let mut process = std::process::Command::new(program);
    process.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    process.envs(command.environment.iter().map(|(name, value)| (name, value)));
    if let Some(directory) = &command.directory {
        process.current_dir(directory);
    }
    Ok(process)
}

/// Ends a program with all that it started.
pub(crate) fn end_with(child: &mut Child) {
    if let Some(group) = Pid::from_raw(child.id() as i32) {
        end(group);
    }
    // The child has been killed; waiting only removes its entry.
    let _ = child.wait();
}

fn attend(child: &mut Child, command: &Command) -> io::Result<Output> {
    let deadline = command.timeout.map(|timeout| Instant::now() + timeout);
    let mut stdin = child.stdin.take();
    let mut input = command.input.as_slice();
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    for pipe in
        [stdin.as_ref().map(AsFd::as_fd), stdout.as_ref().map(AsFd::as_fd), stderr.as_ref().map(AsFd::as_fd)]
            .into_iter()
            .flatten()
    {
        unblock(pipe)?;
    }
    let mut output = Output::default();
    let mut status = None;
    while stdout.is_some() || stderr.is_some() {
        let mut wait = TICK;
        if let Some(deadline) = deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it took longer than it may"));
            }
            wait = wait.min(left);
        }
        let nothing_new = !wait_for_pipes(&stdin, &stdout, &stderr, wait)?;
        if nothing_new {
            // Its own output has been read; what is still open is held by a daemon.
            if status.is_some() {
                break;
            }
            status = child.try_wait()?;
        }
        if let Some(pipe) = &mut stdin {
            match pipe.write(input) {
                Ok(written) => input = &input[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // A program need not read all of its input.
                Err(_) => input = &[],
            }
            if input.is_empty() {
                stdin = None;
            }
        }
        drain(&mut stdout, &mut output.stdout)?;
        drain(&mut stderr, &mut output.stderr)?;
    }
    drop(stdin);
    let status = match status {
        Some(status) => status,
        None => wait_until(child, deadline)?,
    };
    output.code = code(status);
    Ok(output)
}

fn wait_until(child: &mut Child, deadline: Option<Instant>) -> io::Result<ExitStatus> {
    let Some(deadline) = deadline else { return child.wait() };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it took longer than it may"));
        }
        std::thread::sleep(TICK.min(deadline.saturating_duration_since(Instant::now())));
    }
}

fn wait_for_pipes(
    stdin: &Option<impl AsFd>,
    stdout: &Option<impl AsFd>,
    stderr: &Option<impl AsFd>,
    wait: Duration,
) -> io::Result<bool> {
    let mut pipes = Vec::with_capacity(3);
    pipes.extend(stdin.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::OUT)));
    pipes.extend(stdout.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
    pipes.extend(stderr.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
    let timeout = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
    match poll(&mut pipes, Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn unblock(pipe: BorrowedFd<'_>) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(pipe)?;
    Ok(rustix::fs::fcntl_setfl(pipe, flags | rustix::fs::OFlags::NONBLOCK)?)
}

/// Reads what is there; closes the pipe at its end.
fn drain<R: Read>(pipe: &mut Option<R>, into: &mut Vec<u8>) -> io::Result<()> {
    let Some(reader) = pipe else { return Ok(()) };
    let mut buffer = [0; 64 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => {
                *pipe = None;
                return Ok(());
            }
            Ok(count) => into.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The exit code, or the negative number of the signal that ended it.
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| -signal)).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_input_and_exit_code_pass_through() {
        let input = vec![b'x'; 300_000];
        let command = Command::shell("cat; echo err >&2; exit 3").input(input.clone());
        let output = run(&command, &[], &Leash::default()).unwrap();
        assert_eq!(
            (output.code, output.stdout == input, output.stderr.as_slice()),
            (3, true, b"err\n".as_slice())
        );
    }

    #[test]
    fn a_daemon_that_holds_the_output_is_not_waited_for() {
        let started = Instant::now();
        let output = run(&Command::shell("sleep 30 & echo $!"), &[], &Leash::default()).unwrap();
        assert!(started.elapsed() < Duration::from_secs(20));
        let pid = output.stdout().trim().parse().ok().and_then(Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let mut command = Command::shell("sleep 30 & sleep 30");
        command.timeout = Some(Duration::from_millis(50));
        assert_eq!(run(&command, &[], &Leash::default()).unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_cut_leash_ends_the_program() {
        let leash = Leash::default();
        let other = leash.clone();
        let thread = std::thread::spawn(move || run(&Command::shell("echo; sleep 30"), &[], &other));
        leash.cut();
        assert_eq!(thread.join().unwrap().unwrap_err().kind(), io::ErrorKind::Interrupted);
    }
}
