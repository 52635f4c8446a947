//! How long each playbook took.

use std::time::Instant;

use engine::Event;

use super::Callback;
use crate::paint::Tone;
use crate::screen::Screen;

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    Box::new(Timer { since: Instant::now() })
}

struct Timer {
    since: Instant,
}

impl Callback for Timer {
    fn take(&mut self, event: &Event, screen: &mut Screen) {
        if let Event::Stats(_) = event {
            screen.say(Tone::Plain, &told(self.since.elapsed().as_secs()));
        }
    }
}

fn told(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, seconds / 86400);
    format!("Playbook run took {days} days, {hours} hours, {minutes} minutes, {} seconds", seconds % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn seconds_become_larger_units() {
        assert_eq!(super::told(93_784), "Playbook run took 1 days, 2 hours, 3 minutes, 4 seconds");
    }
}
