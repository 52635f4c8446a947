//! A file that keeps what was shown, with the time, whoever ran it, and no colours.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// An open log; nothing is kept if it can't be opened.
pub(crate) struct Log {
    file: Option<File>,
    user: String,
}

impl Log {
    /// Opens a log to write at its end. A new one can be read by its owner only.
    pub(crate) fn open(path: &Path) -> Log {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).ok();
        let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
        Log { file, user }
    }

    /// Keeps one text, over as many lines as it has.
    pub(crate) fn write(&mut self, level: &str, text: &str) {
        let Some(file) = &mut self.file else { return };
        let time = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S,%3f").to_string();
        let process = std::process::id();
        let line =
            format!("{time} p={process} u={} n=ansible {level}| {}\n", self.user, text.trim_matches('\n'));
        // A full disk must not end the run.
        let _ = file.write_all(line.as_bytes());
    }
}
