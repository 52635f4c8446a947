//! The default output: banners, a line a host and task, differences, a recap.

use engine::{CustomStats, Event, JobState, Ran, Stats, Status};
use value::{JsonStyle, Map, Value};

use super::Callback;
use super::differences::Differences;
use crate::banner::banner;
use crate::paint::Tone;
use crate::recap::recap;
use crate::screen::{Screen, Stream};

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    Box::new(Default {
        task: String::new(),
        place: None,
        handler: false,
        differences: Differences::default(),
    })
}

/// The callback, with the task whose results it is told.
struct Default {
    task: String,
    /// `task path: FILE:LINE`.
    place: Option<String>,
    handler: bool,
    differences: Differences,
}

impl Callback for Default {
    fn take(&mut self, event: &Event, screen: &mut Screen) {
        let width = screen.options.width;
        match event {
            Event::Playbook { path, plays } => {
                if screen.options.mark_check_mode && screen.options.dry_run {
                    screen.banner(banner("DRY RUN", width), false);
                }
                if screen.options.verbosity > 1 {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    screen.banner(banner(&format!("PLAYBOOK: {name}"), width), false);
                    screen.say(Tone::Plain, &format!("{plays} plays in {}", path.display()));
                }
            }
            Event::Play { name, check_mode } => {
                let name = if name.is_empty() { "PLAY".to_owned() } else { format!("PLAY [{name}]") };
                screen.banner(banner(&marked(name, *check_mode, screen), width), false);
            }
            Event::NoHosts => screen.say(Tone::Skipped, "skipping: no hosts matched"),
            Event::Task { title, handler, span, check_mode } => {
                screen.live.begin(title);
                title.clone_into(&mut self.task);
                self.handler = *handler;
                self.differences.forget();
                let kind = if *handler { "RUNNING HANDLER" } else { "TASK" };
                let mut text = banner(&marked(format!("{kind} [{title}]"), *check_mode, screen), width);
                self.place = span.as_ref().map(|span| {
                    format!("task path: {}:{}", span.source().path().display(), span.position().line)
                });
                if let Some(place) = self.place.as_ref().filter(|_| screen.options.verbosity > 1) {
                    text.push_str(&(screen.options.colours.paint(Tone::Detail, place) + "\n"));
                }
                let held = !screen.options.show_skipped || !screen.options.show_ok;
                screen.banner(text, held);
            }
            Event::Start { host, title } if screen.options.show_start_of_hosts => {
                let kind = if self.handler { "HANDLER" } else { "TASK" };
                screen.say(Tone::Plain, &format!(" [started {kind}: {title} on {host}]"));
            }
            Event::Item(ran) => self.ran(screen, ran),
            Event::Ran(ran) if ran.looped => self.sum(screen, ran),
            Event::Ran(ran) => self.ran(screen, ran),
            Event::Retry { host, title, left, result } => {
                let mut line = format!("FAILED - RETRYING: [{host}]: {title} ({left} retries left).");
                if screen.options.verbosity > 2 {
                    line.push_str("Result was: ");
                    line.push_str(&Value::from(result.clone()).to_json(JsonStyle::PRETTY));
                }
                screen.say(Tone::Detail, &line);
            }
            Event::Job { host, id, state } => {
                let (tone, text) = match state {
                    JobState::Running => {
                        (Tone::Detail, format!("ASYNC POLL on {host}: jid={id} started=True finished=False"))
                    }
                    JobState::Ok => (Tone::Detail, format!("ASYNC OK on {host}: jid={id}")),
                    JobState::Failed => (Tone::Failed, format!("ASYNC FAILED on {host}: jid={id}")),
                };
                screen.say(tone, &text);
            }
            Event::RetryFile { path } => {
                screen.say(Tone::Plain, &format!("\tto retry, use: --limit @{}\n", path.display()));
            }
            Event::Included { what, hosts, label } if screen.options.show_included => {
                let hosts = hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let label = label.as_ref().map(|label| format!(" => (item={label})")).unwrap_or_default();
                screen.say(Tone::Included, &format!("included: {what} for {hosts}{label}"));
            }
            Event::Working { hosts } => {
                screen.live.working(hosts.clone());
                if hosts.is_empty() {
                    screen.clear_live();
                }
            }
            Event::NoMoreHosts => screen.banner(banner("NO MORE HOSTS LEFT", width), false),
            Event::Stats(stats) => end(screen, stats),
            // That something was included shows, whatever is not told of it.
            Event::Included { .. } => screen.release_banner(),
            Event::Start { .. } | Event::Notice(_) | Event::Remark { .. } => {}
        }
    }
}

/// The recap.
fn end(screen: &mut Screen, stats: &Stats) {
    let width = screen.options.width;
    screen.drop_banner();
    screen.banner(banner("PLAY RECAP", width), false);
    let painted = recap(stats, screen.options.manner, screen.options.colours) + "\n";
    let plain = recap(stats, screen.options.manner, crate::Colours::new(None));
    screen.say_painted(&plain, &painted);
    if screen.options.show_custom_stats {
        custom_stats(screen, &stats.custom);
    }
    if screen.options.mark_check_mode && screen.options.dry_run {
        screen.banner(banner("DRY RUN", width), false);
    }
}

/// What playbooks have noted themselves: a line a host, and one for the run.
fn custom_stats(screen: &mut Screen, custom: &CustomStats) {
    let style = JsonStyle { indent: Some(1), ..JsonStyle::LINE };
    let line = |map: &Map| Value::from(map.clone()).to_json(style).replace('\n', "");
    let mut lines: Vec<String> =
        custom.hosts().map(|(host, figures)| format!("\t{host}: {}\n", line(figures))).collect();
    if !custom.run().is_empty() {
        lines.push(format!("\n\tRUN: {}\n", line(custom.run())));
    }
    if lines.is_empty() {
        return;
    }
    screen.banner(banner("CUSTOM STATS:", screen.options.width), false);
    let text = lines.concat() + "\n";
    screen.say_painted(&text, &text);
}

fn marked(text: String, check_mode: bool, screen: &Screen) -> String {
    if check_mode && screen.options.mark_check_mode { text + " [CHECK MODE]" } else { text }
}

impl Default {
    /// A task's end on a host, or one item of its loop.
    fn ran(&mut self, screen: &mut Screen, ran: &Ran) {
        warn(screen, ran);
        self.differences.show(screen, ran);
        let label = ran.label.as_ref();
        let item = label.map(|label| format!(" => (item={label})")).unwrap_or_default();
        let plain_item = label.map(|label| format!(" (item={label})")).unwrap_or_default();
        let host = host_label(ran);
        let (tone, mut line) = match &ran.status {
            Status::Ok if !screen.options.show_ok => return,
            Status::Skipped if !screen.options.show_skipped => return,
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
        let verbose = screen.options.verbosity > 0 && !facts && !matches!(ran.status, Status::Unknown(_));
        let shown = ran.shown && !matches!(ran.status, Status::Skipped);
        if failed || shown || verbose {
            let spread = shown || screen.options.verbosity > 2;
            line.push_str(&screen.options.format.behind(ran, spread));
        }
        if failed {
            self.failed(screen, ran, tone, &line);
        } else {
            screen.say(tone, &line);
        }
        if is_ignored(ran) && label.is_none() {
            screen.say(Tone::Skipped, "...ignoring");
        }
    }

    /// A failure: where its task is if that is asked for, the error, and the line.
    fn failed(&self, screen: &mut Screen, ran: &Ran, tone: Tone, line: &str) {
        let stream = failure_stream(screen);
        if let Some(error) = &ran.error {
            screen.tell(stream, &error.clone().host(&*ran.host));
        }
        if ran.label.is_none() {
            self.path_of_failure(screen);
        }
        screen.say_on(stream, tone, line);
    }

    /// Where the task is that failed, if that is asked for and was not told already.
    fn path_of_failure(&self, screen: &mut Screen) {
        let quiet = screen.options.verbosity < 2;
        if let Some(place) = self.place.as_ref().filter(|_| screen.options.show_path_of_failure && quiet) {
            screen.say_on(failure_stream(screen), Tone::Failed, place);
        }
    }

    /// The end of a loop, whose items were told already.
    fn sum(&self, screen: &mut Screen, ran: &Ran) {
        let verbose = screen.options.verbosity > 0;
        if matches!(ran.status, Status::Failed { .. }) {
            self.path_of_failure(screen);
        }
        let behind = |screen: &Screen| screen.options.format.behind(ran, screen.options.verbosity > 2);
        match &ran.status {
            Status::Skipped if screen.options.show_skipped => {
                let behind = if verbose { behind(screen) } else { String::new() };
                screen.say(Tone::Skipped, &format!("skipping: [{}]{behind}", host_label(ran)));
            }
            // What is there to show one value has something to say about all of them.
            Status::Failed { .. } if ran.action == "debug" => {
                let line = format!("fatal: [{}]: FAILED!{}", host_label(ran), behind(screen));
                screen.say_on(failure_stream(screen), Tone::Failed, &line);
            }
            _ => {}
        }
        if is_ignored(ran) {
            screen.say(Tone::Skipped, "...ignoring");
        }
    }
}

fn failure_stream(screen: &Screen) -> Stream {
    if screen.options.failures_to_stderr { Stream::Err } else { Stream::Out }
}

fn is_ignored(ran: &Ran) -> bool {
    matches!(ran.status, Status::Failed { ignored: true } | Status::Unreachable { ignored: true })
}

fn warn(screen: &mut Screen, ran: &Ran) {
    for warning in &ran.warnings {
        screen.tell(Stream::Err, &diag::Error::warning(warning.as_str()).host(&*ran.host));
    }
    for deprecation in &ran.deprecations {
        screen.tell(Stream::Err, deprecation);
    }
}

/// The host, with the one that did the work instead.
fn host_label(ran: &Ran) -> String {
    match &ran.delegate {
        Some(delegate) if **delegate != *ran.host => format!("{} -> {delegate}", ran.host),
        _ => ran.host.to_string(),
    }
}
