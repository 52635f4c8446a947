use std::path::PathBuf;

use crate::diff::Look;
use crate::page::PageOptions;
use crate::paint::Colours;

/// How output is to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose errors and warnings it has.
    pub manner: Manner,
    /// The number of `-v`.
    pub verbosity: u8,
    /// Whether there are colours.
    pub colours: Colours,
    /// The width of banners, in characters.
    pub width: usize,
    /// Lines around each difference.
    pub diff_context: usize,
    /// How results are written.
    pub format: ResultFormat,
    /// Whether skipped hosts are shown.
    pub show_skipped: bool,
    /// Whether hosts where all is well are shown.
    pub show_ok: bool,
    /// Whether it is shown what was included for whom.
    pub show_included: bool,
    /// Whether failures are shown on standard error.
    pub failures_to_stderr: bool,
    /// Whether a failure is shown with the place of its task, however quiet the run is.
    pub show_path_of_failure: bool,
    /// Whether it is shown when a host begins a task.
    pub show_start_of_hosts: bool,
    /// Whether the recap has the statistics that tasks have set.
    pub show_custom_stats: bool,
    /// Whether banners say what is a dry run.
    pub mark_check_mode: bool,
    /// Whether the whole run is a dry run.
    pub dry_run: bool,
    /// Whether it is told what will go away some day.
    pub deprecations: bool,
    /// The folder where the callback `tree` keeps a file for each host.
    pub tree: Option<PathBuf>,
    /// The report for people who would rather look than read.
    pub report: Option<PageOptions>,
    /// A file that gets every line with the time.
    pub log: Option<PathBuf>,
    /// Whether a line at the bottom shows which hosts are at work; for terminals only.
    pub live: bool,
}

/// Whose errors and warnings output has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Our own: the source with the place marked.
    #[default]
    Capstan,
    /// Those that eyes and scripts know from Ansible.
    Ansible,
}

/// How results are written behind a line.
#[derive(Clone, Debug)]
pub struct ResultFormat {
    /// Whether it is YAML; else it is JSON.
    pub yaml: bool,
    /// Whether results are written for eyes: JSON over several lines, YAML with texts as blocks and lines that repeat them
    /// left out. Unless it is said, YAML is and JSON is not.
    pub pretty: Option<bool>,
    /// Spaces per level.
    pub indent: usize,
    /// The column after which YAML is broken; `None` for never.
    pub yaml_width: Option<usize>,
    /// Whether the arguments are shown with which a module was called, where the result has them.
    pub invocation: bool,
}

impl Default for ResultFormat {
    fn default() -> ResultFormat {
        ResultFormat { yaml: false, pretty: None, indent: 4, yaml_width: Some(80), invocation: false }
    }
}

impl Options {
    /// How differences look: long ones are folded unless more is asked for.
    pub(crate) fn look(&self) -> Look {
        Look { manner: self.manner, context: self.diff_context, folded: self.verbosity == 0 }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            manner: Manner::default(),
            verbosity: 0,
            colours: Colours::new(None),
            width: 79,
            diff_context: 3,
            format: ResultFormat::default(),
            show_skipped: true,
            show_ok: true,
            show_included: true,
            failures_to_stderr: false,
            show_path_of_failure: false,
            show_start_of_hosts: false,
            show_custom_stats: false,
            mark_check_mode: false,
            dry_run: false,
            deprecations: true,
            tree: None,
            report: None,
            log: None,
            live: false,
        }
    }
}
