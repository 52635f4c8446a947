use std::path::{Path, PathBuf};

use crate::config::{self, Config};
use crate::exit::Ended;
use crate::version;

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Ended {
    use std::io::Write;
    // Whoever closed the stream does not want to read it.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ended::Good
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
        let without_effect = config.without_effect();
        if !without_effect.is_empty() {
            print(&format!("Settings without effect: {}\n", without_effect.join(", ")));
        }
    }
}

/// The folder that stands for a playbook's where there is none: the one that was given or configured, else the
/// working directory.
pub(crate) fn playbook_folder(config: &Config, given: Option<&Path>) -> PathBuf {
    let configured =
        || config.text(&config::PLAYBOOK_DIR).map(|path| config.path(&config::PLAYBOOK_DIR, &path));
    given.map(Path::to_path_buf).or_else(configured).unwrap_or_else(|| PathBuf::from("."))
}
