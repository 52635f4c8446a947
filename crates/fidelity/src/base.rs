use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use diag::Result;

use tool::{cannot, command, run};

const SCRIPT: &str = include_str!("base.sh");

/// The file system that all hosts start from: the lab's Debian and what both programs may expect of a host. Made when it
/// is needed first, and kept in `folder`.
///
/// # Errors
/// The lab's Debian can't be made, or a package can't be fetched.
pub(crate) fn make(folder: &Path) -> Result<PathBuf> {
    let root = folder.join("root");
    if root.is_dir() {
        return Ok(root);
    }
    println!("making the file system that all hosts start from");
    let debian = lab::debian_root()?;
    let script = folder.join("base.sh");
    std::fs::write(&script, SCRIPT).map_err(|error| cannot("write", &script, error))?;
    let namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts", "sh"];
    run(command("unshare", &namespaces.map(OsStr::new)).arg(&script).arg(&debian).arg(&root))
        .map_err(|error| error.context("can't make the hosts' file system"))?;
    Ok(root)
}
