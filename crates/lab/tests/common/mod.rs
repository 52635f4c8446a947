//! What the tests of several kinds of hosts share.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use lab::{Lab, LabHost};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// The OpenSSH client with all it needs but the address and the command.
pub fn ssh_command(lab: &Lab, host: &LabHost, user: &str) -> Command {
    let mut command = Command::new("ssh");
    command
        .args(["-F", "/dev/null", "-o"])
        .arg(format!("UserKnownHostsFile={}", lab.known_hosts().display()))
        .arg("-i")
        .arg(lab.key_file())
        .args(["-o", "IdentitiesOnly=yes", "-p", &host.port.to_string(), "-l", user]);
    command
}

/// Runs a command on a host as the user that logs in by default.
pub fn ssh(lab: &Lab, host: &LabHost, command: &str) -> Output {
    ssh_as(lab, host, &host.user, command)
}

/// Runs a command on a host as a user.
pub fn ssh_as(lab: &Lab, host: &LabHost, user: &str, command: &str) -> Output {
    ssh_command(lab, host, user).args(["-o", "BatchMode=yes", &host.address, command]).output().unwrap()
}

/// A session on a host that is open, and stays so.
pub fn open_session(lab: &Lab, host: &LabHost) -> Child {
    let mut command = ssh_command(lab, host, &host.user);
    let mut session =
        command.args([&host.address, "echo open; sleep 1000"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(session.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "open\n");
    session
}

/// What a command that succeeded printed.
pub fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Starts a process that owns a lab, ends it by a signal, and fails if anything is left.
pub fn assert_killed_lab_leaves_nothing(kind: &str, signal: &str) {
    // `cargo test -p lab` builds examples with the tests, next to the folder of this one.
    let example = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join("hosts");
    let mut command = Command::new(&example);
    command.args(["3", kind]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut owner = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let key = lines.find_map(|line| line.strip_prefix("ansible_ssh_private_key_file=").map(PathBuf::from));
    let watch = Watch::of_descendants(key.unwrap().parent().unwrap(), owner.id());
    assert!(watch.processes.len() >= 6, "the keeper and three hosts: {}", watch.processes.len());
    text(Command::new("kill").args([signal, &owner.id().to_string()]).output().unwrap());
    assert!(!owner.wait().unwrap().success());
    watch.wait();
    watch.assert_nothing_left();
}

/// Remembers what belongs to a lab, to see later that nothing of it is left.
pub struct Watch {
    directory: PathBuf,
    namespaces: BTreeSet<PathBuf>,
    processes: Vec<(Pid, OwnedFd)>,
}

impl Watch {
    /// Watches the hosts.
    pub fn new(directory: &Path, hosts: &[LabHost]) -> Watch {
        let firsts = hosts.iter().map(|host| host.root().unwrap().parent().unwrap().to_owned());
        let namespaces = firsts.map(|process| fs::read_link(process.join("ns/pid")).unwrap()).collect();
        Watch { directory: directory.to_owned(), namespaces, processes: Vec::new() }
    }

    /// Watches all descendants of a process that owns a lab.
    pub fn of_descendants(directory: &Path, owner: u32) -> Watch {
        let mut watch =
            Watch { directory: directory.to_owned(), namespaces: BTreeSet::new(), processes: Vec::new() };
        let mine = fs::read_link("/proc/self/ns/pid").unwrap();
        let mut waiting = vec![owner];
        while let Some(parent) = waiting.pop() {
            let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
            for child in children.split_whitespace().map(|child| child.parse::<u32>().unwrap()) {
                waiting.push(child);
                let pid = Pid::from_raw(child as i32).unwrap();
                watch.processes.push((pid, pidfd_open(pid, PidfdFlags::empty()).unwrap()));
                let namespace = fs::read_link(format!("/proc/{child}/ns/pid")).unwrap();
                if namespace != mine {
                    watch.namespaces.insert(namespace);
                }
            }
        }
        watch
    }

    /// Waits until the watched processes have ended; fails if one does not.
    pub fn wait(&self) {
        for (pid, handle) in &self.processes {
            let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
            let ended = poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&patience)).unwrap();
            assert_eq!(ended, 1, "process {pid:?} lives on");
        }
    }

    /// Fails if a process, a mount or a file of the lab is there.
    pub fn assert_nothing_left(&self) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            if let Ok(namespace) = fs::read_link(entry.path().join("ns/pid")) {
                assert!(!self.namespaces.contains(&namespace), "process {:?} is left", entry.file_name());
            }
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(self.directory.to_str().unwrap()), "a mount is left:\n{mounts}");
        assert!(!self.directory.exists(), "{} is left", self.directory.display());
        let name = self.directory.file_name().unwrap();
        for hierarchy in ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"] {
            assert!(!Path::new(hierarchy).join(name).exists(), "a control group is left in {hierarchy}");
        }
    }
}
