use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use diag::{Error, Severity, Style};
use engine::{Event, Events, JobState, Ran, Status};
use value::Value;

use crate::banner::banner;
use crate::diff::{Difference, Line};
use crate::json;
use crate::live::Live;
use crate::paint::{Colours, Tone};
use crate::recap::recap;

/// How the default output is to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of `-v`.
    pub verbosity: u8,
    /// Whether there are colours.
    pub colours: Colours,
    /// The width of banners, in characters.
    pub width: usize,
    /// Lines around each difference.
    pub diff_context: usize,
    /// Whether skipped hosts are shown.
    pub show_skipped: bool,
    /// Whether hosts where all is well are shown.
    pub show_ok: bool,
    /// Whether banners say that this is a dry run.
    pub mark_check_mode: bool,
    /// Whether a line at the bottom shows which hosts are at work; for terminals only.
    pub live: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            verbosity: 0,
            colours: Colours::new(false),
            width: 79,
            diff_context: 3,
            show_skipped: true,
            show_ok: true,
            mark_check_mode: false,
            live: false,
        }
    }
}

/// The default output: banners, a line a host and task, differences, a recap.
pub struct Terminal {
    options: Options,
    streams: Arc<Mutex<Streams>>,
}

struct Streams {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    warned: HashSet<String>,
    /// A banner that is held back until something is shown below it.
    pending_banner: Option<String>,
    live: Live,
}

/// How often the live line is drawn anew.
const REFRESH: Duration = Duration::from_millis(200);

/// Goes to the start of the line and clears it.
const CLEAR_LINE: &str = "\r\x1b[K";

/// Draws the live line until the terminal is gone.
fn keep_live(streams: &Weak<Mutex<Streams>>, width: usize) {
    while let Some(streams) = streams.upgrade() {
        streams.lock().unwrap_or_else(PoisonError::into_inner).draw_live(width);
        drop(streams);
        std::thread::sleep(REFRESH);
    }
}

impl Terminal {
    /// Writes results to `out` and warnings to `err`.
    pub fn new(
        options: Options,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Terminal {
        let streams = Streams {
            out: Box::new(out),
            err: Box::new(err),
            warned: HashSet::new(),
            pending_banner: None,
            live: Live::default(),
        };
        let streams = Arc::new(Mutex::new(streams));
        if options.live {
            let (watched, width) = (Arc::downgrade(&streams), options.width);
            std::thread::spawn(move || keep_live(&watched, width));
        }
        Terminal { options, streams }
    }

    fn style(&self) -> Style {
        if self.options.colours.are_on() { Style::Coloured } else { Style::Plain }
    }
}

impl Streams {
    fn say(&mut self, text: &str) {
        if let Some(banner) = self.pending_banner.take() {
            self.write(&banner);
        }
        self.write(text);
    }

    fn draw_live(&mut self, width: usize) {
        if let Some(line) = self.live.line(width) {
            // Whoever closed the stream does not want to read it.
            let _ =
                self.out.write_all(format!("{CLEAR_LINE}{line}").as_bytes()).and_then(|()| self.out.flush());
            self.live.drawn = true;
        }
    }

    fn clear_live(&mut self) {
        if std::mem::take(&mut self.live.drawn) {
            let _ = self.out.write_all(CLEAR_LINE.as_bytes()).and_then(|()| self.out.flush());
        }
    }

    fn write(&mut self, text: &str) {
        self.clear_live();
        // Whoever closed the stream does not want to read it.
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    fn complain(&mut self, text: &str) {
        if self.warned.insert(text.to_owned()) {
            self.clear_live();
            let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
        }
    }
}

impl Events for Terminal {
    fn take(&self, event: Event) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let Options { width, colours, verbosity, .. } = self.options;
        match event {
            Event::Playbook { path, plays } => {
                if self.options.mark_check_mode {
                    streams.say(&banner("DRY RUN", width));
                }
                if verbosity > 1 {
                    let name =
                        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                    streams.say(&banner(&format!("PLAYBOOK: {name}"), width));
                    streams.say(&format!("{plays} plays in {}\n", path.display()));
                }
            }
            Event::Play { name } => {
                let name = if name.is_empty() { "PLAY".to_owned() } else { format!("PLAY [{name}]") };
                streams.pending_banner = None;
                streams.say(&banner(&self.marked(name), width));
            }
            Event::NoHosts => streams.say(&colours.paint(Tone::Skipped, "skipping: no hosts matched\n")),
            Event::Task { title, handler, span } => {
                streams.live.begin(&title);
                let kind = if handler { "RUNNING HANDLER" } else { "TASK" };
                let mut text = banner(&self.marked(format!("{kind} [{title}]")), width);
                if let Some(span) = span.filter(|_| verbosity > 1) {
                    let file = span.source().name();
                    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
                    let path = format!("task path: {}:{}", file.display(), span.position().line);
                    text.push_str(&(colours.paint(Tone::Verbose, &path) + "\n"));
                }
                let held = !self.options.show_skipped || !self.options.show_ok;
                streams.pending_banner = None;
                if held { streams.pending_banner = Some(text) } else { streams.say(&text) }
            }
            Event::Item(ran) => self.ran(&mut streams, &ran),
            Event::Ran(ran) if ran.looped => self.sum(&mut streams, &ran),
            Event::Ran(ran) => self.ran(&mut streams, &ran),
            Event::Retry { host, title, left, result } => {
                let mut line = format!("FAILED - RETRYING: [{host}]: {title} ({left} retries left).");
                if verbosity > 2 {
                    line.push_str(&format!(
                        "Result was: {}",
                        Value::from(result).to_json(value::JsonStyle::PRETTY)
                    ));
                }
                streams.say(&(colours.paint(Tone::Verbose, &line) + "\n"));
            }
            Event::Job { host, id, state } => {
                let (tone, word, more) = match state {
                    JobState::Running => (Tone::Verbose, "POLL", " started=True finished=False"),
                    JobState::Ok => (Tone::Verbose, "OK", ""),
                    JobState::Failed => (Tone::Failed, "FAILED", ""),
                };
                let line = format!("ASYNC {word} on {host}: jid={id}{more}");
                streams.say(&(colours.paint(tone, &line) + "\n"));
            }
            Event::Included { what, hosts, label } => {
                let hosts = hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let label = label.map(|label| format!(" => (item={label})")).unwrap_or_default();
                streams.say(
                    &(colours.paint(Tone::Included, &format!("included: {what} for {hosts}{label}")) + "\n"),
                );
            }
            Event::Notice(error) => self.notice(&mut streams, &error),
            Event::Working { hosts } => {
                let idle = hosts.is_empty();
                streams.live.working(hosts);
                if idle {
                    streams.clear_live();
                }
            }
            Event::Remark { text, verbosity: from } if verbosity >= from => {
                streams.say(&(colours.paint(Tone::Verbose, &text) + "\n"));
            }
            Event::Remark { .. } => {}
            Event::RetryFile { path } => {
                streams.say(&format!("\tto retry, use: --limit @{}\n", path.display()))
            }
            Event::NoMoreHosts => streams.say(&banner("NO MORE HOSTS LEFT", width)),
            Event::Stats(stats) => {
                streams.pending_banner = None;
                streams.say(&banner("PLAY RECAP", width));
                streams.say(&(recap(&stats, colours) + "\n"));
                if self.options.mark_check_mode {
                    streams.say(&banner("DRY RUN", width));
                }
            }
        }
    }
}

impl Terminal {
    fn marked(&self, text: String) -> String {
        if self.options.mark_check_mode { text + " [CHECK MODE]" } else { text }
    }

    fn notice(&self, streams: &mut Streams, error: &Error) {
        let text = error.render(self.style());
        match error.severity() {
            Severity::Warning => streams.complain(&text),
            Severity::Error => streams.say(&text),
        }
    }

    /// A task's end on a host, or one item of its loop.
    fn ran(&self, streams: &mut Streams, ran: &Ran) {
        for warning in &ran.warnings {
            streams.complain(&Error::warning(warning.as_str()).host(&*ran.host).render(self.style()));
        }
        self.differences(streams, ran);
        let colours = self.options.colours;
        let label = ran.label.as_ref();
        let item = label.map(|label| format!(" => (item={label})")).unwrap_or_default();
        let plain_item = label.map(|label| format!(" (item={label})")).unwrap_or_default();
        let host = host_label(ran);
        let (tone, mut line) = match &ran.status {
            Status::Ok if !self.options.show_ok => return,
            Status::Skipped if !self.options.show_skipped => return,
            Status::Ok => (Tone::Ok, format!("ok: [{host}]{item}")),
            Status::Changed => (Tone::Changed, format!("changed: [{host}]{item}")),
            Status::Skipped if label.is_some() => (Tone::Skipped, format!("skipping: [{host}]{item} ")),
            Status::Skipped => (Tone::Skipped, format!("skipping: [{host}]")),
            Status::Failed { .. } if label.is_some() => {
                (Tone::Failed, format!("failed: [{host}]{plain_item}"))
            }
            Status::Failed { .. } => (Tone::Failed, format!("fatal: [{host}]: FAILED!")),
            Status::Unreachable { .. } => {
                (Tone::Unreachable, format!("fatal: [{host}]{plain_item}: UNREACHABLE!"))
            }
            Status::Unknown(unknown) => (Tone::Unknown, format!("unknown: [{host}]{item} => {unknown}")),
        };
        let failed = matches!(ran.status, Status::Failed { .. } | Status::Unreachable { .. });
        // Facts are many, and whoever wants to read them calls setup.
        let facts = ran.action == "setup";
        let verbose = self.options.verbosity > 0 && !facts && !matches!(ran.status, Status::Unknown(_));
        if failed || ran.shown || verbose {
            let pretty = ran.shown || self.options.verbosity > 2;
            if matches!(ran.status, Status::Skipped) && label.is_some() {
                line.truncate(line.trim_end().len());
            }
            line.push_str(" => ");
            line.push_str(&json::shown(ran, pretty));
        }
        if let (true, Some(error)) = (failed, &ran.error) {
            streams.say(&error.clone().host(&*ran.host).render(self.style()));
        }
        streams.say(&(colours.paint(tone, &line) + "\n"));
        if matches!(ran.status, Status::Failed { ignored: true } | Status::Unreachable { ignored: true })
            && label.is_none()
        {
            streams.say(&(colours.paint(Tone::Skipped, "...ignoring") + "\n"));
        }
    }

    /// The end of a loop, whose items were told already.
    fn sum(&self, streams: &mut Streams, ran: &Ran) {
        let colours = self.options.colours;
        match &ran.status {
            Status::Skipped if self.options.show_skipped => {
                streams
                    .say(&(colours.paint(Tone::Skipped, &format!("skipping: [{}]", host_label(ran))) + "\n"));
            }
            Status::Failed { ignored: true } | Status::Unreachable { ignored: true } => {
                streams.say(&(colours.paint(Tone::Skipped, "...ignoring") + "\n"));
            }
            Status::Unreachable { ignored: false } => {}
            _ => {}
        }
    }

    fn differences(&self, streams: &mut Streams, ran: &Ran) {
        if !ran.diff || ran.changes.is_empty() {
            return;
        }
        let colours = self.options.colours;
        for difference in Difference::of(&ran.changes, self.options.diff_context) {
            let mut text = String::new();
            for line in &difference.lines {
                let tone = match line {
                    Line::Added(_) => Tone::Added,
                    Line::Removed(_) => Tone::Removed,
                    Line::Hunk(_) => Tone::Hunk,
                    _ => Tone::Plain,
                };
                text.push_str(&colours.paint(tone, &line.text()));
                text.push('\n');
            }
            streams.say(&(text + "\n"));
        }
    }
}

/// The host, with the one that did the work instead.
fn host_label(ran: &Ran) -> String {
    match &ran.delegate {
        Some(delegate) if **delegate != *ran.host => format!("{} -> {delegate}", ran.host),
        _ => ran.host.to_string(),
    }
}
