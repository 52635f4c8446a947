//! The differences above a host's line.

use std::collections::HashMap;

use engine::Ran;
use value::Value;

use crate::diff::{Difference, Line};
use crate::screen::Screen;

/// Differences of so many lines or fewer are shown for every host.
const SHORT: usize = 4;

/// Shows differences; those that another host had in the same task are shown once, where long ones are folded.
#[derive(Default)]
pub(super) struct Differences {
    /// The host that each text was shown for.
    shown: HashMap<String, String>,
}

impl Differences {
    /// Another task begins.
    pub(super) fn forget(&mut self) {
        self.shown.clear();
    }

    /// Shows what a task changed on a host, if that is wanted.
    pub(super) fn show(&mut self, screen: &mut Screen, ran: &Ran) {
        // What counts as unchanged has no differences.
        if !ran.diff || ran.changes.is_empty() || !ran.result.get("changed").is_some_and(Value::is_true) {
            return;
        }
        let look = screen.options.look();
        for Difference { mut lines, .. } in Difference::of(&ran.changes, look) {
            if look.folds() && lines.len() > SHORT {
                let text: String = lines.iter().map(|line| line.text() + "\n").collect();
                match self.shown.get(&text) {
                    Some(other) => {
                        lines.truncate(1);
                        lines.push(Line::Folded(format!("... the same as on {other} ...")));
                    }
                    None => {
                        self.shown.insert(text, ran.host.to_string());
                    }
                }
            }
            say(screen, &lines);
        }
    }
}

fn say(screen: &mut Screen, lines: &[Line]) {
    let (mut plain, mut painted) = (String::new(), String::new());
    for line in lines {
        let text = line.text() + "\n";
        painted.push_str(&screen.options.colours.paint(line.tone(), &text));
        plain.push_str(&text);
    }
    screen.say_painted(&plain, &(painted + "\n"));
}
