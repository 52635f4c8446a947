//! The callbacks: one file each, and one line each in [`LIST`].

mod default;
mod differences;
mod json;
mod junit;
mod minimal;
mod oneline;
mod profile_tasks;
mod report;
mod timer;
mod tree;

use diag::{Error, Result};
use engine::Event;

use crate::options::Options;
use crate::page::End;
use crate::screen::{Screen, Stream};

/// Takes events and writes what it makes of them, on the screen or elsewhere.
pub(crate) trait Callback: Send {
    /// Takes the next event.
    fn take(&mut self, event: &Event, screen: &mut Screen);

    /// The run is over, however it ended.
    ///
    /// # Errors
    /// What it made of the run can't be kept.
    fn finish(&mut self, _: &End<'_>) -> Result<()> {
        Ok(())
    }
}

/// What there is to know about a callback before it begins.
struct Kind {
    /// Its names, the full one first.
    names: &'static [&'static str],
    /// Whether it has the screen; there is one that has.
    has_screen: bool,
    /// What it changes in how output looks.
    adjust: fn(&mut Options),
    begin: fn(&mut Screen) -> Box<dyn Callback>,
}

/// All callbacks.
const LIST: &[Kind] = &[
    Kind {
        names: &["ansible.builtin.default", "default"],
        has_screen: true,
        adjust: |_| {},
        begin: default::begin,
    },
    Kind {
        names: &["community.general.yaml", "yaml"],
        has_screen: true,
        adjust: |options| options.format.yaml = true,
        begin: default::begin,
    },
    Kind {
        names: &["ansible.posix.debug", "debug"],
        has_screen: true,
        adjust: |options| options.format.pretty = Some(true),
        begin: default::begin,
    },
    Kind {
        names: &["ansible.builtin.minimal", "minimal"],
        has_screen: true,
        adjust: |_| {},
        begin: minimal::begin,
    },
    Kind {
        names: &["ansible.builtin.oneline", "oneline"],
        has_screen: true,
        adjust: |_| {},
        begin: oneline::begin,
    },
    Kind {
        names: &["ansible.posix.json", "json"],
        has_screen: true,
        // Nothing else may stand beside the document.
        adjust: |options| (options.failures_to_stderr, options.live) = (true, false),
        begin: json::begin,
    },
    Kind { names: &["ansible.builtin.tree", "tree"], has_screen: false, adjust: |_| {}, begin: tree::begin },
    Kind {
        names: &["ansible.builtin.junit", "junit"],
        has_screen: false,
        adjust: |_| {},
        begin: junit::begin,
    },
    Kind { names: &["ansible.posix.timer", "timer"], has_screen: false, adjust: |_| {}, begin: timer::begin },
    Kind {
        names: &["ansible.posix.profile_tasks", "profile_tasks"],
        has_screen: false,
        adjust: |_| {},
        begin: profile_tasks::begin,
    },
    Kind { names: &["capstan.report", "report"], has_screen: false, adjust: |_| {}, begin: report::begin },
];

/// The full names of all callbacks.
pub fn callback_names() -> impl Iterator<Item = &'static str> {
    LIST.iter().filter_map(|kind| kind.names.first().copied())
}

fn find(name: &str) -> Option<&'static Kind> {
    let name = name.trim();
    let legacy = name.strip_prefix("ansible.legacy.").unwrap_or(name);
    LIST.iter().find(|kind| kind.names.contains(&legacy))
}

/// The callbacks of a run.
pub struct Chosen {
    screen: &'static Kind,
    others: Vec<&'static Kind>,
    warnings: Vec<Error>,
}

impl Chosen {
    /// The one that has the screen, and others that are enabled. Of those, what can't be had is left out with a warning.
    ///
    /// # Errors
    /// There is no callback of that name for the screen.
    pub fn new(screen: &str, enabled: &[String]) -> Result<Chosen> {
        let unknown = || {
            let names =
                LIST.iter().filter(|kind| kind.has_screen).flat_map(|kind| kind.names.iter().copied());
            Error::new(format!("Could not load '{screen}' callback plugin."))
                .hint_some(diag::did_you_mean(screen, names))
        };
        let kind = find(screen).filter(|kind| kind.has_screen).ok_or_else(unknown)?;
        let mut chosen = Chosen { screen: kind, others: Vec::new(), warnings: Vec::new() };
        for name in enabled.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            match find(name) {
                Some(kind)
                    if kind.has_screen || chosen.others.iter().any(|known| known.names == kind.names) => {}
                Some(kind) => chosen.others.push(kind),
                None => chosen
                    .warnings
                    .push(Error::warning(format!("Skipping callback plugin '{name}', unable to load"))),
            }
        }
        Ok(chosen)
    }

    pub(crate) fn adjust(&self, mut options: Options) -> Options {
        (self.screen.adjust)(&mut options);
        options
    }

    pub(crate) fn start(&self, screen: &mut Screen) -> Vec<Box<dyn Callback>> {
        self.warnings.iter().for_each(|warning| screen.tell(Stream::Err, warning));
        std::iter::once(self.screen)
            .chain(self.others.iter().copied())
            .map(|kind| (kind.begin)(screen))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once() {
        let mut names: Vec<&str> = LIST.iter().flat_map(|kind| kind.names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_is_not_there_is_an_error_on_the_screen_and_a_warning_beside_it() {
        assert!(Chosen::new("defualt", &[]).is_err());
        let chosen = Chosen::new("ansible.legacy.default", &["nosuch".into(), "default".into()]);
        assert!(chosen.is_ok_and(|chosen| chosen.warnings.len() == 1 && chosen.others.is_empty()));
    }
}
