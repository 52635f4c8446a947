use std::fs::File;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use diag::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::credentials::server_configuration;
use crate::namespaces::Namespaces;

/// A host's door to this machine.
pub(crate) struct Door {
    /// Where connections to the host come in.
    pub(crate) listener: TcpListener,
    /// Where they lead.
    pub(crate) namespaces: Arc<Namespaces>,
    /// The file for what the host's OpenSSH server has to say.
    pub(crate) log: PathBuf,
}

/// The thread that starts an OpenSSH server in the host for each connection to its door.
pub(crate) struct Server {
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Opens the doors. When this is dropped they are closed; that waits for the sessions, which end with their hosts.
    pub(crate) fn start(doors: Vec<Door>) -> Result<Server> {
        let failed = |error: std::io::Error| Error::new("the lab can't listen").cause(error);
        let (stopped, stop) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
        for door in &doors {
            door.listener.set_nonblocking(true).map_err(failed)?;
        }
        let thread = thread::Builder::new()
            .name("lab".to_owned())
            .spawn(move || serve(doors, &stopped))
            .map_err(failed)?;
        Ok(Server { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by it.
            let _ = thread.join();
        }
    }
}

/// A running OpenSSH server.
struct Session {
    process: Child,
    handle: OwnedFd,
}

fn serve(mut doors: Vec<Door>, stopped: &OwnedFd) {
    let mut sessions: Vec<Session> = Vec::new();
    loop {
        let mut awaited = vec![PollFd::new(stopped, PollFlags::IN)];
        awaited.extend(doors.iter().map(|door| PollFd::new(&door.listener, PollFlags::IN)));
        awaited.extend(doors.iter().map(|door| PollFd::new(&*door.namespaces, PollFlags::IN)));
        awaited.extend(sessions.iter().map(|session| PollFd::new(&session.handle, PollFlags::IN)));
        if poll(&mut awaited, None).is_err() {
            continue;
        }
        let happened: Vec<bool> = awaited.iter().map(|one| !one.revents().is_empty()).collect();
        drop(awaited);
        let (stop, happened) = (happened[0], &happened[1..]);
        let (knocked, happened) = happened.split_at(doors.len());
        let (ended, finished) = happened.split_at(doors.len());
        if stop {
            break;
        }
        let mut finished = finished.iter();
        sessions.retain_mut(|session| match finished.next() {
            Some(true) => session.process.wait().is_err(),
            _ => true,
        });
        for (door, knocked) in doors.iter().zip(knocked) {
            if *knocked {
                accept(door, &mut sessions);
            }
        }
        // A host that is gone refuses connections, as a machine does that runs no server.
        let mut ended = ended.iter();
        doors.retain(|_| ended.next() != Some(&true));
    }
    drop(doors);
    for mut session in sessions {
        // A session that can't be waited for has ended.
        let _ = session.process.wait();
    }
}

fn accept(door: &Door, sessions: &mut Vec<Session>) {
    match door.listener.accept() {
        // A host that has just ended can't be entered; its door closes with the next look at it.
        Ok((connection, _)) => sessions.extend(start_session(door, connection).ok()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        // Most likely too many files are open; sessions that end will change that.
        Err(_) => thread::sleep(Duration::from_millis(10)),
    }
}

fn start_session(door: &Door, connection: TcpStream) -> Result<Session> {
    let failed = |error: std::io::Error| Error::new("no OpenSSH server can be started").cause(error);
    let input = OwnedFd::from(connection);
    let output = input.try_clone().map_err(failed)?;
    let log = File::options().create(true).append(true).open(&door.log).map_err(failed)?;
    // The folder is made by the unit of a host's own server, and goes when that one is stopped.
    let start = format!("mkdir -p /run/sshd && exec /usr/sbin/sshd -i -e -f {}", server_configuration());
    let process = door
        .namespaces
        .command("/bin/sh")?
        .args(["-c", &start])
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output))
        .stderr(log)
        // An interrupt from the terminal is for this process; what becomes of the sessions is its to say.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let number = Pid::from_child(&process);
    let handle = pidfd_open(number, PidfdFlags::empty()).map_err(|error| failed(error.into()))?;
    Ok(Session { process, handle })
}
