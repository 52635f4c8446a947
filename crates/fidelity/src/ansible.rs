use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diag::{Error, Result};

use tool::run;

/// The release that Capstan is compared with: ansible-core 2.21.5 and the collections that are published with it.
const RELEASE: &str = "ansible==14.5.0";

/// What the filter `password_hash` needs.
const BESIDES: &str = "passlib";

/// Pythons that it runs on, the best first.
const PYTHONS: [&str; 4] = ["python3.13", "python3.14", "python3.12", "python3"];

/// The folder of ansible-core's programs: fetched from PyPI if it is not there yet.
///
/// # Errors
/// There is no Python that is new enough, or pip fails.
pub(crate) fn fetch(folder: &Path) -> Result<PathBuf> {
    let environment = folder.join("ansible");
    let programs = environment.join("bin");
    if programs.join("ansible-playbook").is_file() {
        return Ok(programs);
    }
    println!("fetching {RELEASE} from PyPI");
    let python = PYTHONS.into_iter().find(|python| is_new_enough(python)).ok_or_else(|| {
        Error::new("ansible-core needs Python 3.12 or newer")
            .hint("give the folder of its programs with --ansible, if it is installed elsewhere")
    })?;
    run(Command::new(python).args(["-m", "venv"]).arg(&environment))?;
    let install = ["install", "--quiet", RELEASE, BESIDES].map(OsStr::new);
    run(Command::new(programs.join("pip")).args(install))?;
    Ok(programs)
}

fn is_new_enough(python: &str) -> bool {
    let script = "import sys, venv; sys.exit(sys.version_info < (3, 12))";
    let mut command = Command::new(python);
    command.args(["-c", script]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
