use std::ffi::OsStr;
use std::path::Path;

use diag::{Error, Result};
use tempfile::TempDir;

use tool::{cannot, command, run};

const BASE: &str = include_str!("base.sh");
const HTTP: &str = include_str!("http.sh");

/// The layer of programs that targets expect, in a folder that goes away with what is returned. What apt-get and pip
/// fetch for it is kept in `folder`.
///
/// # Errors
/// A program is missing, or what it needs can't be fetched.
pub(crate) fn make(folder: &Path) -> Result<TempDir> {
    let kept = folder.join("base");
    if !folder.join("base.made").exists() {
        println!("making the layer of programs that targets expect");
        let scripts = folder.join("scripts");
        std::fs::create_dir_all(&scripts).map_err(|error| cannot("make", &scripts, error))?;
        let (base, http) = (scripts.join("base.sh"), scripts.join("http.sh"));
        for (path, text) in [(&base, BASE), (&http, HTTP)] {
            std::fs::write(path, text).map_err(|error| cannot("write", path, error))?;
        }
        let namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts", "bash"];
        let mut script = command("unshare", &namespaces.map(OsStr::new));
        run(script.arg(&base).arg(&kept).arg(&http))
            .map_err(|error| error.context("can't make the layer of programs"))?;
    }
    // An overlay refuses two lower layers of which one contains the other, so this one is served from memory.
    let memory = TempDir::with_prefix("conformance-base-")
        .map_err(|error| Error::new("can't make a temporary folder").cause(error))?;
    let mount = ["-t", "tmpfs", "-o", "mode=755", "tmpfs"].map(OsStr::new);
    run(command("mount", &mount).arg(memory.path()))?;
    run(command("cp", &[OsStr::new("-a")]).arg(kept.join(".")).arg(memory.path()))?;
    Ok(memory)
}
