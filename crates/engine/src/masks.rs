//! What must never be shown: texts that came out of vaults and the like, wherever they turn up again.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use diag::{Error, Errors, Severity, Style};
use protocol::Change;
use value::{Map, Text, Value};

use crate::{Event, Events, Ran, Status};

/// What stands in the place of a secret.
const MASK: &str = "********";

/// Shorter secrets are hidden only where they are a whole value: inside of other words they would be anything.
const SHORTEST_INSIDE: usize = 4;

/// The secrets that tasks have used so far.
#[derive(Debug, Default)]
pub(crate) struct Masks(RwLock<BTreeSet<Arc<str>>>);

impl Masks {
    /// Learns every secret text in a value.
    pub(crate) fn learn(&self, value: &Value) {
        match value {
            Value::String(text) if text.is_secret() && !text.is_empty() => {
                self.0.write().unwrap_or_else(PoisonError::into_inner).insert(text.shared());
            }
            Value::List(items) | Value::Tuple(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Map(map) => self.learn_map(map),
            _ => {}
        }
    }

    /// Learns every secret text in a map.
    pub(crate) fn learn_map(&self, map: &Map) {
        map.iter().for_each(|(key, value)| {
            self.learn(key);
            self.learn(value);
        });
    }

    /// The event with all known secrets hidden.
    fn hide(&self, event: Event) -> Event {
        match &event {
            // Values that are shown may be secrets that no task has used before.
            Event::Item(ran) | Event::Ran(ran) => self.learn_map(&ran.result),
            Event::Retry { result, .. } => self.learn_map(result),
            _ => {}
        }
        self.with_hider(event, |event, hidden| match event {
            Event::Play { name, check_mode } => Event::Play { name: hidden(&name), check_mode },
            Event::Task { title, handler, span, check_mode } => {
                Event::Task { title: hidden(&title), handler, span, check_mode }
            }
            Event::Start { host, title } => Event::Start { host, title: hidden(&title) },
            Event::Item(mut ran) => {
                hide_ran(&mut ran, hidden);
                Event::Item(ran)
            }
            Event::Ran(mut ran) => {
                hide_ran(&mut ran, hidden);
                Event::Ran(ran)
            }
            Event::Retry { host, title, left, result } => {
                Event::Retry { host, title: hidden(&title), left, result: hide_map(result, hidden) }
            }
            Event::Included { what, hosts, label } => {
                Event::Included { what: hidden(&what), hosts, label: label.as_deref().map(hidden) }
            }
            Event::Remark { text, verbosity } => Event::Remark { text: hidden(&text), verbosity },
            Event::Notice(error) => Event::Notice(hide_error(error, hidden)),
            Event::Stats(mut stats) => {
                stats.custom.change(|figures| hide_map(figures, hidden));
                Event::Stats(stats)
            }
            Event::Playbook { .. }
            | Event::NoHosts
            | Event::Job { .. }
            | Event::Working { .. }
            | Event::NoMoreHosts
            | Event::RetryFile { .. } => event,
        })
    }

    /// The text with all known secrets hidden.
    pub(crate) fn hide_text(&self, text: &str) -> String {
        self.with_hider(text.to_owned(), |text, hidden| hidden(&text))
    }

    /// The errors with all known secrets hidden.
    pub(crate) fn hide_errors(&self, errors: Errors) -> Errors {
        self.with_hider(errors, |errors, hidden| {
            let mut masked = Errors::new();
            masked.extend(errors.into_iter().map(|error| hide_error(error, hidden)));
            masked
        })
    }

    fn with_hider<T>(&self, what: T, hide: impl FnOnce(T, &dyn Fn(&str) -> String) -> T) -> T {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if secrets.is_empty() {
            return what;
        }
        // The longest first, so that a secret that holds another is hidden whole.
        let mut ordered: Vec<&str> = secrets.iter().map(|secret| &**secret).collect();
        ordered.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        hide(what, &|text: &str| hide_in(text, &ordered))
    }
}

/// Passes events on with secrets hidden: whatever listens behind it never sees one.
pub(crate) struct MaskedEvents {
    pub(crate) masks: Arc<Masks>,
    pub(crate) events: Arc<dyn Events>,
}

impl Events for MaskedEvents {
    fn take(&self, event: Event) {
        self.events.take(self.masks.hide(event));
    }
}

fn hide_map(map: Map, hidden: &dyn Fn(&str) -> String) -> Map {
    let masked = Value::from(map).map_text(&mut |text| hide_text(text, hidden));
    masked.as_map().cloned().unwrap_or_default()
}

fn hide_ran(ran: &mut Ran, hidden: &dyn Fn(&str) -> String) {
    ran.result = hide_map(std::mem::take(&mut ran.result), hidden);
    ran.changes.iter_mut().for_each(|change| hide_change(change, hidden));
    ran.label = ran.label.as_deref().map(hidden);
    ran.error = ran.error.take().map(|error| hide_error(error, hidden));
    ran.warnings = ran.warnings.iter().map(|warning| hidden(warning)).collect();
    if let Status::Unknown(unknown) = &mut ran.status {
        unknown.cause = hidden(&unknown.cause);
        unknown.task = hidden(&unknown.task);
    }
}

/// An error whose source line holds a secret loses its place.
fn hide_error(error: Error, hidden: &dyn Fn(&str) -> String) -> Error {
    let error = error.map_text(hidden);
    // Each style shows other lines of the source.
    let shown = error.render(Style::Plain) + &error.render(Style::Ansible);
    if hidden(&shown) == shown {
        return error;
    }
    let plain = match error.severity() {
        Severity::Error => Error::new(error.summary()),
        Severity::Warning => Error::warning(error.summary()),
        Severity::Deprecation => Error::deprecation(error.summary()),
    };
    error.hints().iter().fold(plain, |plain, hint| plain.hint(hint.as_str()))
}

fn hide_in(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        if text == *secret {
            return MASK.into();
        }
        if secret.len() >= SHORTEST_INSIDE && text.contains(secret) {
            text = text.replace(secret, MASK);
        }
    }
    text
}

fn hide_text(text: &Text, hidden: &dyn Fn(&str) -> String) -> Text {
    let masked = hidden(text);
    if masked == **text { text.clone() } else { Text::new(masked) }
}

fn hide_change(change: &mut Change, hidden: &dyn Fn(&str) -> String) {
    change.name = hidden(&change.name);
    for side in [&mut change.before, &mut change.after] {
        let masked = side.map_text(&mut |text| hide_text(text, hidden));
        *side = match masked.as_map().cloned() {
            Some(mut map) => {
                if let Some(Value::Bytes(bytes)) = map.get("content")
                    && let Ok(text) = std::str::from_utf8(bytes)
                {
                    let masked = hidden(text);
                    map.insert("content".into(), Value::Bytes(masked.into_bytes().into()));
                }
                map.into()
            }
            None => masked,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_secret_is_hidden_first_and_short_ones_only_alone() {
        let secrets = ["hunter2hunter2", "hunter2", "ab"];
        assert_eq!(hide_in("say hunter2hunter2!", &secrets), "say ********!");
        assert_eq!(hide_in("x hunter2", &secrets), "x ********");
        assert_eq!(hide_in("ab", &secrets), "********");
        assert_eq!(hide_in("absent", &secrets), "absent");
    }
}
