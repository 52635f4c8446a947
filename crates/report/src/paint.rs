use diag::Severity;

use crate::palette::Palette;

/// The colours of lines; none where colours are off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    palette: Option<Palette>,
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
    /// These colours, or none.
    pub fn new(palette: Option<Palette>) -> Colours {
        Colours { palette }
    }

    /// Whether there are any.
    pub fn are_on(self) -> bool {
        self.palette.is_some()
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
        let Some(palette) = self.palette else { return text.to_owned() };
        let code = match tone {
            Tone::Ok => palette.ok,
            Tone::Changed => palette.changed,
            Tone::Skipped => palette.skipped,
            Tone::Failed => palette.failed,
            Tone::Unreachable => palette.unreachable,
            Tone::Unknown => palette.unknown,
            Tone::Included => palette.included,
            Tone::Detail => palette.detail,
            Tone::Remark => palette.remark,
            Tone::Warning => palette.warning,
            Tone::Deprecation => palette.deprecation,
            Tone::Added => palette.added,
            Tone::Removed => palette.removed,
            Tone::Hunk => palette.hunk,
            Tone::Plain => return text.to_owned(),
        };
        // Line by line, so that a pager that shows the middle shows it in colour.
        text.split('\n').map(|line| format!("\x1b[{code}m{line}\x1b[0m")).collect::<Vec<_>>().join("\n")
    }
}
