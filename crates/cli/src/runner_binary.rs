use std::path::PathBuf;

use diag::{Error, Result};
use transport::RunnerBinary;

/// The runner as it was built in, compressed; empty if it was not.
static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runner.zst"));

/// The runner: the file that `CAPSTAN_RUNNER` names, the one that was built in, or `runner` beside the program or in the
/// target folder that it was built into.
///
/// # Errors
/// It can't be found or read.
pub(crate) fn find() -> Result<RunnerBinary> {
    let bytes = match std::env::var_os("CAPSTAN_RUNNER").map(PathBuf::from) {
        Some(path) => read(&path)?,
        None if !BUILT_IN.is_empty() => zstd::decode_all(BUILT_IN)
            .map_err(|error| Error::new("the runner that was built in is damaged").cause(error))?,
        None => {
            let folder = std::env::current_exe()
                .ok()
                .and_then(|path| Some(path.parent()?.to_owned()))
                .unwrap_or_default();
            let candidates =
                [folder.join("../runner/runner"), folder.join("../../runner/runner"), folder.join("runner")];
            match candidates.iter().find(|path| path.is_file()) {
                Some(path) => read(path)?,
                None => {
                    return Err(Error::new("the runner, which goes to the hosts, is missing")
                        .hint("build it with 'cargo xtask runner', or name its file in CAPSTAN_RUNNER"));
                }
            }
        }
    };
    let runner = RunnerBinary::new(bytes, std::env::consts::ARCH);
    Ok(if std::env::var("CAPSTAN_KEEP_RUNNER").is_ok_and(|keep| keep == "0") {
        runner.not_kept()
    } else {
        runner
    })
}

fn read(path: &std::path::Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| Error::new(format!("can't read the runner {}", path.display())).cause(error))
}
