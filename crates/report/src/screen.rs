//! The streams that a run is shown on.

use std::collections::HashSet;
use std::io::Write;

use diag::{Error, Severity, Style};

use crate::live::Live;
use crate::log::Log;
use crate::options::{Manner, Options};
use crate::paint::Tone;

/// Standard output, standard error and the log, with the live line below.
pub(crate) struct Screen {
    pub(crate) options: Options,
    pub(crate) live: Live,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    log: Option<Log>,
    /// What was told already and is not told twice.
    told: HashSet<String>,
    /// A banner that is held back until something is shown below it.
    pending_banner: Option<String>,
}

/// Which of the streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// Goes to the start of the line and clears it.
const CLEAR_LINE: &str = "\r\x1b[K";

impl Screen {
    pub(crate) fn new(
        options: Options,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Screen {
        Screen {
            log: options.log.as_deref().map(Log::open),
            options,
            live: Live::default(),
            out: Box::new(out),
            err: Box::new(err),
            told: HashSet::new(),
            pending_banner: None,
        }
    }

    /// A line, or several, in the colour of what it is about. A line break is added.
    pub(crate) fn say(&mut self, tone: Tone, text: &str) {
        self.say_on(Stream::Out, tone, text);
    }

    /// [`Screen::say`] on one of the streams.
    pub(crate) fn say_on(&mut self, stream: Stream, tone: Tone, text: &str) {
        self.release_banner();
        self.record("INFO", text);
        let text = self.options.colours.paint(tone, text) + "\n";
        self.write(stream, &text);
    }

    /// Text that is painted already, line breaks and all.
    pub(crate) fn say_painted(&mut self, plain: &str, painted: &str) {
        self.release_banner();
        self.record("INFO", plain);
        self.write(Stream::Out, painted);
    }

    /// A banner; `held` ones wait until there is something to be shown below.
    pub(crate) fn banner(&mut self, text: String, held: bool) {
        self.pending_banner = None;
        self.record("INFO", &text);
        if held { self.pending_banner = Some(text) } else { self.write(Stream::Out, &text) }
    }

    /// Shows a banner that is held back.
    pub(crate) fn release_banner(&mut self) {
        if let Some(banner) = self.pending_banner.take() {
            self.write(Stream::Out, &banner);
        }
    }

    /// Drops a banner below which there was nothing to show.
    pub(crate) fn drop_banner(&mut self) {
        self.pending_banner = None;
    }

    /// An error on one of the streams, or a warning on standard error. The same is not told twice.
    pub(crate) fn tell(&mut self, stream: Stream, error: &Error) {
        let text = error.render(self.style());
        let (stream, level) = match error.severity() {
            Severity::Error => (stream, "ERROR"),
            Severity::Warning => (Stream::Err, "WARNING"),
            Severity::Deprecation if !self.options.deprecations => return,
            Severity::Deprecation => {
                self.explain_deprecations();
                (Stream::Err, "INFO")
            }
        };
        if !self.told.insert(text.clone()) {
            return;
        }
        if stream == Stream::Out {
            self.release_banner();
        }
        self.record(level, &text);
        let text = match self.options.manner {
            Manner::Capstan => text,
            Manner::Ansible => self.options.colours.paint_error(error.severity(), &text),
        };
        self.write(stream, &text);
    }

    fn explain_deprecations(&mut self) {
        if self.options.manner == Manner::Ansible {
            let how = "Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.";
            self.tell(Stream::Err, &Error::warning(how));
        }
    }

    fn style(&self) -> Style {
        match (self.options.manner, self.options.colours.are_on()) {
            (Manner::Ansible, _) => Style::Ansible,
            (Manner::Capstan, true) => Style::Coloured,
            (Manner::Capstan, false) => Style::Plain,
        }
    }

    fn record(&mut self, level: &str, text: &str) {
        if let Some(log) = &mut self.log {
            log.write(level, text);
        }
    }

    pub(crate) fn draw_live(&mut self) {
        if let Some(line) = self.live.line(self.options.width) {
            // Whoever closed the stream does not want to read it.
            let _ =
                self.out.write_all(format!("{CLEAR_LINE}{line}").as_bytes()).and_then(|()| self.out.flush());
            self.live.drawn = true;
        }
    }

    pub(crate) fn clear_live(&mut self) {
        if std::mem::take(&mut self.live.drawn) {
            let _ = self.out.write_all(CLEAR_LINE.as_bytes()).and_then(|()| self.out.flush());
        }
    }

    fn write(&mut self, stream: Stream, text: &str) {
        self.clear_live();
        let stream = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        // Whoever closed the stream does not want to read it.
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }
}
