use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use diag::Result;
use engine::Settings;
use report::{Colours, Minimal, Options, Terminal};

use crate::config::{self, Config};
use crate::exit::{self, Ended};
use crate::version;

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Ended {
    use std::io::Write;
    // Whoever closed the stream does not want to read it.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ended::Good
}

/// What shows a run on the terminal.
///
/// # Errors
/// A setting is of the wrong kind.
pub(crate) fn terminal(config: &Config, settings: &Settings) -> Result<Terminal> {
    let on_terminal = std::io::stdout().is_terminal();
    let width = match on_terminal {
        true => rustix::termios::tcgetwinsize(std::io::stdout())
            .map_or(79, |size| usize::from(size.ws_col).saturating_sub(1)),
        false => 79,
    };
    let options = Options {
        verbosity: settings.verbosity,
        colours: Colours::new(exit::colours_wanted(on_terminal)),
        width: if width == 0 { 79 } else { width },
        diff_context: config.number(&config::DIFF_CONTEXT)?.unwrap_or(3),
        show_skipped: config.flag(&config::DISPLAY_SKIPPED_HOSTS)?.unwrap_or(true),
        show_ok: config.flag(&config::DISPLAY_OK_HOSTS)?.unwrap_or(true),
        mark_check_mode: settings.check && config.flag(&config::CHECK_MODE_MARKERS)?.unwrap_or(false),
        live: on_terminal,
    };
    Ok(Terminal::new(options, std::io::stdout(), std::io::stderr()))
}

/// What shows single tasks.
pub(crate) fn minimal(one_line: bool) -> Minimal {
    let colours = Colours::new(exit::colours_wanted(std::io::stdout().is_terminal()));
    Minimal::new(colours, one_line, std::io::stdout(), std::io::stderr())
}

/// Prints what stands above everything else with `-v` and more.
pub(crate) fn header(program: &str, config: &Config, verbosity: u8) {
    if verbosity > 1 {
        print(&format!("{program} {}\n", version::text()));
    }
    if verbosity > 0 {
        print(&match &config.file {
            Some(file) => format!("Using {} as config file\n", file.display()),
            None => "No config file found; using defaults\n".into(),
        });
    }
}

/// The folder that stands for a playbook's where there is none: the one that was given or configured, else the
/// working directory.
pub(crate) fn playbook_folder(config: &Config, given: Option<&Path>) -> PathBuf {
    let configured =
        || config.text(&config::PLAYBOOK_DIR).map(|path| config.path(&config::PLAYBOOK_DIR, &path));
    given.map(Path::to_path_buf).or_else(configured).unwrap_or_else(|| PathBuf::from("."))
}
