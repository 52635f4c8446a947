use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diag::{Error, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::list::{Entry, Host};
use crate::target::Target;
use crate::work_folder::WorkFolder;
use tool::{cannot, command, run};

const SANDBOX: &str = include_str!("sandbox.sh");
const MACHINE: &str = include_str!("machine.sh");

/// The names under which Capstan is called.
const PROGRAMS: [&str; 9] = [
    "ansible",
    "ansible-config",
    "ansible-console",
    "ansible-doc",
    "ansible-galaxy",
    "ansible-inventory",
    "ansible-playbook",
    "ansible-pull",
    "ansible-vault",
];

/// Set in the process that has mounts of its own.
const INSIDE: &str = "CAPSTAN_CONFORMANCE_INSIDE";

/// What all runs of targets have in common.
pub(crate) struct Sandbox {
    /// The source distribution.
    pub(crate) source: PathBuf,
    pub(crate) all: BTreeMap<String, Target>,
    /// The targets that each needs beside it.
    pub(crate) needed: BTreeMap<String, BTreeSet<String>>,
    /// The folder with the programs under test.
    pub(crate) programs: PathBuf,
    /// The layer of programs that targets expect.
    pub(crate) base: PathBuf,
    /// Seconds after which a target is ended.
    pub(crate) timeout: u64,
}

/// Starts this program again with mounts of its own, so that none of its mounts outlives it.
///
/// # Errors
/// This is not root, or `unshare` is missing.
pub(crate) fn enter_own_mounts() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Err(Error::new(
            "the targets run in throwaway copies of this machine, which only root can make",
        )
        .hint("run it with sudo, or in a container of your own"));
    }
    if std::env::var_os(INSIDE).is_some() {
        return Ok(());
    }
    let program =
        std::env::current_exe().map_err(|error| Error::new("can't find this program").cause(error))?;
    let mut again = command("unshare", &["--mount", "--propagation", "private"].map(OsStr::new));
    let error = again.arg(program).args(std::env::args_os().skip(1)).env(INSIDE, "1").exec();
    Err(Error::new("can't run 'unshare'").cause(error).hint("apt-get install util-linux"))
}

/// A folder in `folder` with links by all of Ansible's names to the `capstan` that was built beside this program.
///
/// # Errors
/// There is none, or a link can't be made.
pub(crate) fn link_programs(folder: &Path) -> Result<PathBuf> {
    let this = std::env::current_exe().map_err(|error| Error::new("can't find this program").cause(error))?;
    let capstan = this.with_file_name("capstan");
    if !capstan.is_file() {
        return Err(
            Error::new(format!("there is no {}", capstan.display())).hint("cargo build --package capstan")
        );
    }
    let programs = folder.join("programs");
    fs::create_dir_all(&programs).map_err(|error| cannot("make", &programs, error))?;
    for name in PROGRAMS {
        let link = programs.join(name);
        let _ = fs::remove_file(&link);
        symlink(&capstan, &link).map_err(|error| cannot("make", &link, error))?;
    }
    Ok(programs)
}

impl Sandbox {
    /// Runs a target on a throwaway copy of this machine. What it prints goes to `log`. `None` if it had to be ended.
    ///
    /// # Errors
    /// The copy can't be made.
    pub(crate) fn run(&self, entry: &Entry, log: &Path) -> Result<Option<ExitStatus>> {
        let folder = TempDir::with_prefix("conformance-")
            .map_err(|error| Error::new("can't make a temporary folder").cause(error))?;
        let all_may_enter = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), all_may_enter)
            .map_err(|error| cannot("change", folder.path(), error))?;
        let work = WorkFolder::fill(self, folder.path(), &entry.name, entry.host)?;
        let script = work.script(&entry.name)?;
        let layers = TempDir::with_prefix("conformance-layers-")
            .map_err(|error| Error::new("can't make a temporary folder").cause(error))?;

        let network = match entry.host {
            _ if self.all[&entry.name].needs_ssh() => "ssh",
            Host::Http => "http",
            _ => "",
        };
        let mut unshare = command(
            "unshare",
            &["--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts"].map(OsStr::new),
        );
        let (name, text) = match entry.host {
            Host::Machine => ("machine.sh", MACHINE),
            _ => ("sandbox.sh", SANDBOX),
        };
        if entry.host != Host::Machine && !network.is_empty() {
            unshare.arg("--net");
        }
        let outer = layers.path().join(name);
        fs::write(&outer, text).map_err(|error| cannot("write", &outer, error))?;
        unshare.arg("bash").arg(&outer).arg(layers.path()).arg(&self.base).arg(network).arg(&script);
        let status = self.watch(&mut unshare, log);
        for folder in [folder.path(), layers.path()] {
            // Files that a target made unchangeable and did not clean up.
            if folder.join("upper").exists() {
                let _ = run(command("chattr", &["-R", "-f", "-ia"].map(OsStr::new)).arg(folder));
            }
        }
        status
    }

    fn watch(&self, command: &mut Command, log: &Path) -> Result<Option<ExitStatus>> {
        let output = File::create(log).map_err(|error| cannot("write", log, error))?;
        let errors = output.try_clone().map_err(|error| cannot("write", log, error))?;
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| Error::new("can't run 'unshare'").cause(error))?;
        let end = Instant::now() + Duration::from_secs(self.timeout);
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(Some(status)),
                Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(20)),
                _ => {
                    end_all(&mut child);
                    return Ok(None);
                }
            }
        }
    }
}

/// Ends what was started: the first process of the namespace takes all the others with it.
fn end_all(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}
