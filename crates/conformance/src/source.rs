use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use diag::Result;

use tool::{cannot, command, run};

/// The release whose tests are run.
pub(crate) const VERSION: &str = "2.21.5";

/// The SHA-256 of its source distribution.
const HASH: &str = "65bb3148c58ebb843cd5074004c805f404f152114d98476dd823324616c9c6cb";

/// The unpacked source distribution in `folder`. pip downloads it if it is not there, and checks its hash.
///
/// # Errors
/// It can't be downloaded or unpacked, or is not the right one.
pub(crate) fn fetch(folder: &Path) -> Result<PathBuf> {
    let unpacked = folder.join(format!("ansible_core-{VERSION}"));
    if unpacked.join("test/integration/targets").is_dir() {
        return Ok(unpacked);
    }
    println!("fetching the source distribution of ansible-core {VERSION}");
    let downloads = folder.join("downloads");
    std::fs::create_dir_all(&downloads).map_err(|error| cannot("make", &downloads, error))?;
    let requirements = downloads.join("requirements.txt");
    let wanted = format!("ansible-core=={VERSION} --hash=sha256:{HASH}\n");
    std::fs::write(&requirements, wanted).map_err(|error| cannot("write", &requirements, error))?;
    // The release wants a newer Python to run than Debian has; it is not going to be run.
    let flags = ["download", "-q", "--no-deps", "--no-binary=ansible-core", "--ignore-requires-python"];
    let mut download = command("pip3", &flags.map(OsStr::new));
    run(download.arg("--require-hashes").arg("-r").arg(&requirements).arg("-d").arg(&downloads))?;
    let archive = downloads.join(format!("ansible_core-{VERSION}.tar.gz"));
    run(&mut command("tar", &["-xzf".as_ref(), archive.as_ref(), "-C".as_ref(), folder.as_ref()]))?;
    Ok(unpacked)
}
