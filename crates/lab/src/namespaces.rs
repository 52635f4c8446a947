use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;

use diag::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::{Kind, Network, tool};

/// The namespaces of a running host, through which programs can be started in it.
#[derive(Debug)]
pub(crate) struct Namespaces {
    /// The process whose end is the end of the host: its init, or the systemd-nspawn around it.
    process: Pid,
    handle: OwnedFd,
    kind: Kind,
    network: Network,
}

impl Namespaces {
    /// Those of the host that `process` stands for.
    pub(crate) fn of(process: Pid, kind: Kind, network: Network) -> Result<Namespaces> {
        let handle = pidfd_open(process, PidfdFlags::empty())
            .map_err(|error| Error::new("the host has ended already").cause(error))?;
        Ok(Namespaces { process, handle, kind, network })
    }

    /// A command that runs `program` as root of the host, with a bare environment.
    pub(crate) fn command(&self, program: &str) -> Result<Command> {
        let mut command = tool::NSENTER.command()?;
        command.arg("--target").arg(self.init()?.as_raw_pid().to_string());
        command.args(["--mount", "--uts", "--ipc", "--pid"]);
        if self.network == Network::Isolated {
            command.arg("--net");
        }
        if rustix::process::geteuid().is_root() {
            // The clock, the kernel and its memory are the machine's own, in whatever namespace.
            command.args(["setpriv", "--bounding-set=-sys_module,-sys_rawio,-sys_time"]);
        } else {
            command.arg("--user");
        }
        command.arg(program);
        Ok(command)
    }

    /// Where the host's file system can be seen from outside.
    pub(crate) fn root(&self) -> Result<PathBuf> {
        Ok(PathBuf::from(format!("/proc/{}/root", self.init()?.as_raw_pid())))
    }

    /// Ends the host, and returns when all of its processes are gone.
    pub(crate) fn kill(&self) -> Result<()> {
        let failed = |error: Errno| Error::new("the host can't be ended").cause(error);
        match pidfd_send_signal(&self.handle, Signal::KILL) {
            Ok(()) => {}
            Err(Errno::SRCH) => return Ok(()),
            Err(error) => return Err(failed(error)),
        }
        loop {
            match poll(&mut [PollFd::new(&self.handle, PollFlags::IN)], None) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(failed(error)),
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
        let nspawn = self.process.as_raw_pid();
        let children = std::fs::read_to_string(format!("/proc/{nspawn}/task/{nspawn}/children")).ok()?;
        children.split_whitespace().find_map(|child| {
            let status = std::fs::read_to_string(format!("/proc/{child}/status")).ok()?;
            let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
            let first = numbers.split_whitespace().next_back() == Some("1");
            if first { child.parse().ok().and_then(Pid::from_raw) } else { None }
        })
    }
}

/// Readable when the host has ended.
impl AsFd for Namespaces {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}
