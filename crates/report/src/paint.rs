/// The colours of lines, in the engine's own terms; none where colours are off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    on: bool,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Ok,
    Changed,
    Skipped,
    Failed,
    Unreachable,
    Unknown,
    Included,
    Verbose,
    Warning,
    Added,
    Removed,
    Hunk,
    Plain,
}

impl Colours {
    /// With colours or without.
    pub fn new(on: bool) -> Colours {
        Colours { on }
    }

    pub(crate) fn are_on(self) -> bool {
        self.on
    }

    /// The text in the colour of this tone.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Ok | Tone::Added => "0;32",
            Tone::Changed => "0;33",
            Tone::Skipped | Tone::Included | Tone::Hunk => "0;36",
            Tone::Failed | Tone::Removed => "0;31",
            Tone::Unreachable => "1;31",
            Tone::Unknown => "0;35",
            Tone::Verbose => "0;34",
            Tone::Warning => "1;35",
            Tone::Plain => return text.to_owned(),
        };
        if !self.on || text.is_empty() {
            return text.to_owned();
        }
        // Line by line, so that a pager that shows the middle shows it in colour.
        text.split('\n')
            .map(|line| if line.is_empty() { String::new() } else { format!("\x1b[{code}m{line}\x1b[0m") })
            .collect::<Vec<_>>()
            .join("\n")
    }
}
