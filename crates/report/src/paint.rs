use diag::Severity;

/// The colours of lines, in the engine's own terms; none where colours are off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    on: bool,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is as it should be.
    Ok,
    /// Something was changed.
    Changed,
    /// A condition said no.
    Skipped,
    /// It failed.
    Failed,
    /// The host can't be reached.
    Unreachable,
    /// A dry run can't know.
    Unknown,
    /// Something was included.
    Included,
    /// What a task does meanwhile, and where it stands.
    Detail,
    /// What only those see who ask for more.
    Remark,
    /// It may not be what was meant.
    Warning,
    /// It will go away.
    Deprecation,
    /// A line that is new.
    Added,
    /// A line that is gone.
    Removed,
    /// Where lines differ.
    Hunk,
    /// Anything else.
    Plain,
}

impl Colours {
    /// With colours or without.
    pub fn new(on: bool) -> Colours {
        Colours { on }
    }

    /// Whether there are any.
    pub fn are_on(self) -> bool {
        self.on
    }

    /// An error or a warning that ends in line breaks, in its colour.
    pub fn paint_error(self, severity: Severity, text: &str) -> String {
        let tone = match severity {
            Severity::Error => Tone::Failed,
            Severity::Warning => Tone::Warning,
            Severity::Deprecation => Tone::Deprecation,
        };
        self.paint(tone, text.strip_suffix('\n').unwrap_or(text)) + "\n"
    }

    /// The text in the colour of this tone.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Ok | Tone::Added => "0;32",
            Tone::Changed => "0;33",
            Tone::Skipped | Tone::Included | Tone::Hunk => "0;36",
            Tone::Failed | Tone::Removed => "0;31",
            Tone::Unreachable => "1;31",
            Tone::Unknown | Tone::Deprecation => "0;35",
            Tone::Detail => "1;30",
            Tone::Remark => "0;34",
            Tone::Warning => "1;35",
            Tone::Plain => return text.to_owned(),
        };
        if !self.on {
            return text.to_owned();
        }
        // Line by line, so that a pager that shows the middle shows it in colour.
        text.split('\n').map(|line| format!("\x1b[{code}m{line}\x1b[0m")).collect::<Vec<_>>().join("\n")
    }
}
