use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::config::{self, Config};
use crate::output::print;

/// Shows a text: page by page on a terminal, else as it is.
pub(crate) fn show(config: &Config, text: &str) {
    let text = if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
    let pager =
        config.text(&config::PAGER).filter(|pager| !pager.is_empty()).unwrap_or_else(|| "less".into());
    if !std::io::stdout().is_terminal() || !paged(&pager, &text) {
        print(&text);
    }
}

/// Whether the pager has shown it.
fn paged(pager: &str, text: &str) -> bool {
    let words = shlex::split(pager).unwrap_or_default();
    let Some((program, arguments)) = words.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRSX");
    }
    let Ok(mut pager) = command.spawn() else { return false };
    if let Some(mut input) = pager.stdin.take() {
        // Whoever leaves early has seen enough.
        let _ = input.write_all(text.as_bytes());
    }
    pager.wait().is_ok()
}
