use std::fmt;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diag::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::{Kind, Network, tool};

/// The namespaces of a running host, through which programs can be started in it.
#[derive(Debug)]
pub(crate) struct Namespaces {
    /// The first process of the PID namespace that holds the host: its init, or the script that runs systemd-nspawn.
    process: Pid,
    handle: OwnedFd,
    kind: Kind,
    network: Network,
}

impl Namespaces {
    /// Those of the host that `process` stands for.
    pub(crate) fn of(process: Pid, kind: Kind, network: Network) -> Result<Namespaces> {
        Ok(Namespaces { process, handle: handle(process)?, kind, network })
    }

    /// A command that runs `program` as root of the host, with a bare environment.
    pub(crate) fn command(&self, program: &str) -> Result<Command> {
        let mut command = tool::NSENTER.command()?;
        command.arg("--target").arg(self.init()?.as_raw_pid().to_string());
        // A program of util-linux that waits for a child stops with it, and nobody tells it to go on: it would be left
        // by a host that stops its processes before it ends them, as systemd does. A shell takes no notice.
        command.args(["--no-fork", "--mount", "--uts", "--ipc", "--cgroup", "--pid"]);
        if self.network == Network::Isolated {
            command.arg("--net");
        }
        if rustix::process::geteuid().is_root() {
            // The clock, the kernel and its memory are the machine's own, in whatever namespace.
            command.args(["setpriv", "--bounding-set=-sys_module,-sys_rawio,-sys_time"]);
        } else {
            command.arg("--user");
        }
        command.args(["/bin/sh", "-c", "\"$@\"; exit", "sh", program]);
        Ok(command)
    }

    /// Where the host's file system can be seen from outside.
    pub(crate) fn root(&self) -> Result<PathBuf> {
        Ok(PathBuf::from(format!("/proc/{}/root", self.init()?.as_raw_pid())))
    }

    /// A listening socket in the host's network.
    pub(crate) fn listen(&self, port: u16) -> Result<TcpListener> {
        let failed =
            |error: std::io::Error| Error::new(format!("port {port} can't be listened at")).cause(error);
        let network = format!("/proc/{}/ns/net", self.init()?.as_raw_pid());
        let network = File::open(network).map_err(failed)?;
        // A socket stays in the network that its thread was in when it was made, and the thread ends with its task.
        let listening = thread::spawn(move || {
            move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        });
        listening.join().map_err(|_| Error::new("a thread has panicked"))?.map_err(failed)
    }

    /// Ends the host, and returns when all of its processes are gone.
    pub(crate) fn kill(&self) -> Result<()> {
        // The end of a PID namespace's first process is seen when the others have ended, too.
        end(&self.handle).map_err(|error| Error::new("the host can't be ended").cause(error))
    }

    /// Waits until systemd has started all there is to start; nothing to wait for where there is none.
    pub(crate) fn wait_until_booted(&self, deadline: Instant) -> Result<()> {
        if self.kind == Kind::Sandbox {
            return Ok(());
        }
        loop {
            // Before systemd is there to be asked, asking it fails.
            let left = deadline.saturating_duration_since(Instant::now()).as_secs() + 1;
            let state = self.command("timeout").and_then(|mut command| {
                command
                    .args([&left.to_string(), "systemctl", "is-system-running", "--wait"])
                    .stdin(Stdio::null())
                    .output()
                    .map_err(|error| Error::new("systemctl can't be run").cause(error))
            });
            let state = state.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
            match state.as_deref() {
                Ok("running" | "degraded") => return Ok(()),
                _ if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
                Ok(state) => {
                    return Err(Error::new("the host did not boot").cause(format!("systemd is '{state}'")));
                }
                Err(error) => return Err(Error::new("the host did not boot").cause(error)),
            }
        }
    }

    /// The first process of the host's own PID namespace.
    fn init(&self) -> Result<Pid> {
        match self.kind {
            Kind::Sandbox => Ok(self.process),
            Kind::Machine => self.booted().ok_or_else(|| Error::new("the host is not running")),
        }
    }

    /// The init that systemd-nspawn has booted; another one after the host has rebooted.
    fn booted(&self) -> Option<Pid> {
        children(self.process).into_iter().flat_map(children).find(|&child| is_first_of_its_namespace(child))
    }
}

fn children(process: Pid) -> Vec<Pid> {
    let number = process.as_raw_pid();
    let list = fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|child| child.parse().ok().and_then(Pid::from_raw)).collect()
}

fn is_first_of_its_namespace(process: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_pid())).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    numbers.and_then(|numbers| numbers.split_whitespace().next_back()) == Some("1")
}

fn handle(process: Pid) -> Result<OwnedFd> {
    pidfd_open(process, PidfdFlags::empty()).map_err(|error| match error {
        Errno::MFILE | Errno::NFILE => too_many_files(error),
        _ => Error::new("the host has ended already").cause(error),
    })
}

/// Every host takes two of the files that a process may have open.
pub(crate) fn too_many_files(error: impl fmt::Display) -> Error {
    let hint = "let the process have more, as by 'ulimit -n 10000', or ask for fewer hosts";
    Error::new("not so many hosts are possible at once").cause(error).hint(hint)
}

/// Kills a process and waits until it is gone.
fn end(process: &OwnedFd) -> rustix::io::Result<()> {
    match pidfd_send_signal(process, Signal::KILL) {
        Ok(()) => {}
        Err(Errno::SRCH) => return Ok(()),
        Err(error) => return Err(error),
    }
    loop {
        match poll(&mut [PollFd::new(process, PollFlags::IN)], None) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Readable when the host has ended.
impl AsFd for Namespaces {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}
