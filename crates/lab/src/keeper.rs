use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use diag::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Pid;

use crate::{Kind, LabBuilder, Network, tool};

/// How long hosts may take to be there. Only a system that is stuck takes this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The name of the keeper's own log, which no host can have.
const KEEPER: &str = ".keeper";

/// The process that all hosts of a lab descend from; it and they end when this is dropped, or when this process ends.
pub(crate) struct Keeper {
    directory: PathBuf,
    process: Child,
    /// Only this process has it; its end is what the keeper waits for.
    orders: Option<ChildStdin>,
    notices: Notices,
}

impl Keeper {
    /// Starts the keeper of the lab in `directory`, in which the layers are.
    pub(crate) fn start(lab: &LabBuilder, directory: &Path) -> Result<Keeper> {
        for folder in ["stage", "logs"] {
            fs::create_dir(directory.join(folder)).map_err(|error| failed().cause(error))?;
        }
        let (script, text) = match lab.kind {
            Kind::Sandbox => ("sandbox.sh", include_str!("scripts/sandbox.sh")),
            Kind::Machine => ("machine.sh", include_str!("scripts/machine.sh")),
        };
        for (name, text) in [("keeper.sh", include_str!("scripts/keeper.sh")), (script, text)] {
            fs::write(directory.join(name), text).map_err(|error| failed().cause(error))?;
        }
        let log = File::create(log_of(directory, KEEPER)).map_err(|error| failed().cause(error))?;
        let mut command = tool::UNSHARE.command()?;
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user", "--map-auto"]);
        }
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh"]);
        command.arg(directory.join("keeper.sh")).arg(directory).arg(script);
        command.args(match lab.kind {
            Kind::Sandbox => {
                &["--mount", "--uts", "--ipc", "--cgroup", "--pid", "--fork", "--kill-child"][..]
            }
            // systemd-nspawn makes the others.
            Kind::Machine => &["--mount", "--pid", "--fork", "--kill-child"][..],
        });
        if lab.kind == Kind::Sandbox && lab.network == Network::Isolated {
            command.arg("--net");
        }
        // An interrupt from the terminal is for this process; the keeper ends when it does.
        command.process_group(0);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| failed().cause(error))?;
        let (orders, notices) = (process.stdin.take(), process.stdout.take());
        let notices = Notices { pipe: notices.ok_or_else(failed)?, unread: Vec::new() };
        let mut keeper = Keeper { directory: directory.to_owned(), process, orders, notices };
        match keeper.notices.next(Instant::now() + PATIENCE)? {
            Some(_) => Ok(keeper),
            None => Err(keeper.refused()),
        }
    }

    /// Starts a host for each name, all at the same time, and gives the machine's number of each one's first process.
    pub(crate) fn start_hosts(&mut self, names: &[String]) -> Result<Vec<Pid>> {
        let deadline = Instant::now() + PATIENCE;
        let orders: String =
            names.iter().enumerate().map(|(number, name)| format!("{number} {name}\n")).collect();
        if let Some(pipe) = &mut self.orders {
            pipe.write_all(orders.as_bytes()).map_err(|error| failed().cause(error))?;
        }
        let mut started: Vec<Option<Pid>> = vec![None; names.len()];
        while started.contains(&None) {
            let Some(notice) = self.notices.next(deadline)? else { return Err(self.refused()) };
            let mut words = notice.split_whitespace();
            let (what, number, pid) = (words.next(), words.next(), words.next());
            let Some(number) = number.and_then(|number| number.parse::<usize>().ok()) else { continue };
            let Some(name) = names.get(number) else { continue };
            if what == Some("ended") {
                return Err(self.not_started(name));
            }
            started[number] = pid.and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
        }
        Ok(started.into_iter().flatten().collect())
    }

    fn refused(&self) -> Error {
        let said = said(&self.directory, KEEPER);
        let denied = ["Operation not permitted", "Permission denied", "No space left on device"];
        let denied = denied.iter().any(|words| said.contains(words));
        let hint = match rustix::process::geteuid().is_root() {
            _ if said.contains("/etc/subuid") || said.contains("/etc/subgid") => {
                Some("as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER")
            }
            true if denied => Some("this system keeps even root from making mounts; is it a container?"),
            false if denied => {
                Some("this system keeps ordinary users from making namespaces; run it as root")
            }
            _ => None,
        };
        failed().cause(said).hint_some(hint.map(str::to_owned))
    }

    fn not_started(&self, name: &str) -> Error {
        Error::new(format!("host '{name}' did not start")).cause(said(&self.directory, name))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.orders = None;
        // Nothing is left to be done about a keeper that can't be waited for.
        let _ = self.process.wait();
    }
}

/// The file that holds what the keeper or a host had to complain about.
pub(crate) fn log_of(directory: &Path, name: &str) -> PathBuf {
    directory.join("logs").join(name)
}

/// What it complained about.
pub(crate) fn said(directory: &Path, name: &str) -> String {
    let text = fs::read_to_string(log_of(directory, name)).unwrap_or_default();
    let text = text.trim();
    if text.is_empty() { "it said nothing".to_owned() } else { text.to_owned() }
}

fn failed() -> Error {
    Error::new("the lab can't be started")
}

/// The lines that the keeper writes.
struct Notices {
    pipe: ChildStdout,
    unread: Vec<u8>,
}

impl Notices {
    /// The next line, or nothing when the keeper has ended.
    fn next(&mut self, deadline: Instant) -> Result<Option<String>> {
        loop {
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim().to_owned()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
            match poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Some(&left)) {
                Ok(0) => return Err(failed().cause(format!("not all hosts were there after {PATIENCE:?}"))),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(failed().cause(error)),
            }
            let mut bytes = [0; 4096];
            match self.pipe.read(&mut bytes) {
                Ok(0) => return Ok(None),
                Ok(count) => self.unread.extend(&bytes[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed().cause(error)),
            }
        }
    }
}
