use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use diag::{Error, Result};

use crate::results::Results;
use tool::cannot;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Seconds after which a run is ended.
const PATIENCE: &str = "900";

/// One of the two programs that are compared.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The folder that has an `ansible-playbook`.
    folder: PathBuf,
}

impl Program {
    /// Capstan, under Ansible's name.
    ///
    /// # Errors
    /// It was not built.
    pub(crate) fn capstan(folder: &Path, program: Option<&Path>) -> Result<Program> {
        let here =
            std::env::current_exe().map_err(|error| cannot("find", Path::new("this program"), error))?;
        let program = program.map_or_else(|| here.with_file_name("capstan"), Path::to_owned);
        let program = program.canonicalize().map_err(|error| cannot("find", &program, error))?;
        let folder = folder.join("programs");
        fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, error))?;
        let link = folder.join("ansible-playbook");
        let _ = fs::remove_file(&link);
        symlink(program, &link).map_err(|error| cannot("make", &link, error))?;
        Ok(Program { name: "capstan", folder })
    }

    /// ansible-core, whose programs are in this folder.
    pub(crate) fn ansible(folder: PathBuf) -> Program {
        Program { name: "ansible-core", folder }
    }

    /// Runs `site.yml` in `site`. What is printed is kept in files whose names begin with `log`.
    ///
    /// # Errors
    /// It can't be started, takes too long, or does not print results.
    pub(crate) fn play(&self, site: &Path, home: &Path, options: &[&str], log: &Path) -> Result<Results> {
        let (out, errors) = (with_end(log, "json"), with_end(log, "err"));
        let create = |path: &Path| File::create(path).map_err(|error| cannot("write", path, error));
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", PATIENCE]).arg(self.folder.join("ansible-playbook"));
        command.args(["-i", "lab.ini"]);
        if site.join("inventory").exists() {
            command.args(["-i", "inventory"]);
        }
        command.args(["site.yml", "--diff"]).args(options).current_dir(site).env_clear().stdin(Stdio::null());
        command.env("PATH", PATH).env("HOME", home).env("LANG", "C.UTF-8");
        command.env("ANSIBLE_STDOUT_CALLBACK", "ansible.posix.json").env("ANSIBLE_PIPELINING", "true");
        if let Some(runner) = std::env::var_os("CAPSTAN_RUNNER") {
            command.env("CAPSTAN_RUNNER", runner);
        }
        let started = Instant::now();
        let status = command.stdout(create(&out)?).stderr(create(&errors)?).status();
        let status = status.map_err(|error| Error::new(format!("can't run {}", self.name)).cause(error))?;
        let seconds = started.elapsed().as_secs_f64();
        let text = fs::read_to_string(&out).map_err(|error| cannot("read", &out, error))?;
        Results::parse(&text, site, seconds).map_err(|error| {
            error.context(format!("{} ended with {status}; see {}", self.name, errors.display()))
        })
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{end}"));
    name.into()
}
