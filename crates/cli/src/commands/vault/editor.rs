use std::path::Path;

use diag::{Error, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{self, Config};
use crate::private_file::{self, PrivateFile};

/// What a person makes of `content` in an editor. The text is in a private file meanwhile, which is gone afterwards,
/// also when this is interrupted.
///
/// # Errors
/// The editor can't be started, fails, or is ended by a signal.
pub(super) fn edit(config: &Config, like: &Path, content: &[u8]) -> Result<Vec<u8>> {
    let editor = config.text(&config::EDITOR).filter(|editor| !editor.is_empty());
    let editor = editor.unwrap_or_else(|| "vi".into());
    let words = shlex::split(&editor).filter(|words| !words.is_empty());
    let words =
        words.ok_or_else(|| Error::new(format!("the editor '{editor}' can't be split into words")))?;
    let file = PrivateFile::new(&config.local_temporary_folder(), like, content)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new("can't wait for the editor").cause(error))?;
    runtime.block_on(run(&words, file.path()))?;
    private_file::read(file.path())
}

async fn run(words: &[String], path: &Path) -> Result<()> {
    let shown = || format!("Unable to execute the command \"{} {}\"", words.join(" "), path.display());
    let failed = |error: std::io::Error| Error::new(shown()).cause(error);
    let mut ended = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hung_up = signal(SignalKind::hangup()).map_err(failed)?;
    // The terminal sends it to the editor as well, which knows what to do.
    let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut editor = tokio::process::Command::new(&words[0])
        .args(&words[1..])
        .arg(path)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let status = loop {
        tokio::select! {
            status = editor.wait() => break status.map_err(failed)?,
            _ = interrupted.recv() => {}
            _ = ended.recv() => return Err(Error::new("ended while the editor was open; nothing was saved")),
            _ = hung_up.recv() => return Err(Error::new("the terminal is gone; nothing was saved")),
        }
    };
    if status.success() { Ok(()) } else { Err(Error::new(shown()).cause(status)) }
}
