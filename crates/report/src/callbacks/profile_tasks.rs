//! When each task began, and which took longest.

use std::time::{Duration, Instant};

use engine::Event;

use super::Callback;
use crate::paint::Tone;
use crate::screen::Screen;

/// How many tasks are in the list of the longest.
const LISTED: usize = 20;

/// The width of lines, but for the space at the end.
const WIDTH: usize = 79;

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    let now = Instant::now();
    Box::new(ProfileTasks { since: now, last: now, tasks: Vec::new() })
}

struct ProfileTasks {
    since: Instant,
    /// When the line before was written.
    last: Instant,
    /// Each task, and how long it took.
    tasks: Vec<(String, Duration)>,
}

impl Callback for ProfileTasks {
    fn take(&mut self, event: &Event, screen: &mut Screen) {
        match event {
            Event::Task { title, .. } => {
                self.line(screen);
                self.tasks.push((title.clone(), Duration::ZERO));
            }
            Event::Stats(_) => {
                self.line(screen);
                screen.say(Tone::Plain, &(filled("", '=') + " "));
                let mut tasks = std::mem::take(&mut self.tasks);
                tasks.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
                for (title, took) in tasks.iter().take(LISTED) {
                    screen.say(Tone::Plain, &entry(title, *took));
                }
            }
            _ => {}
        }
    }
}

impl ProfileTasks {
    /// The time, how long the task before took, and how long all took.
    fn line(&mut self, screen: &mut Screen) {
        let now = Instant::now();
        let took = now.duration_since(self.last);
        self.last = now;
        if let Some((_, last)) = self.tasks.last_mut() {
            *last = took;
        }
        let time = jiff::Zoned::now().strftime("%A %d %B %Y  %H:%M:%S %z");
        let text = format!("{time} ({})       {}", clock(took), clock(now.duration_since(self.since)));
        screen.say(Tone::Plain, &(filled(&text, '*') + " "));
    }
}

/// A line filled up to its width.
fn filled(text: &str, with: char) -> String {
    let text = if text.is_empty() { String::new() } else { format!("{text} ") };
    let fill = WIDTH.saturating_sub(text.chars().count()).max(3);
    text + &with.to_string().repeat(fill)
}

/// `H:MM:SS.mmm`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, time.subsec_millis())
}

fn entry(title: &str, took: Duration) -> String {
    let time = format!(" {:.2}s", took.as_secs_f64());
    format!("{:-<70}{time:->9}", format!("{title} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_banners() {
        assert_eq!(entry("install", Duration::from_millis(1234)).len(), WIDTH);
        assert!(entry("install", Duration::from_millis(1234)).ends_with("--- 1.23s"));
        assert_eq!(filled("", '='), "=".repeat(WIDTH));
        assert_eq!(clock(Duration::from_millis(3_723_004)), "1:02:03.004");
    }
}
