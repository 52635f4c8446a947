//! What must never be shown: texts that came out of vaults and the like, wherever they turn up again.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use protocol::Change;
use value::{Map, Text, Value};

use crate::Ran;

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

    /// Hides all known secrets in a result.
    pub(crate) fn hide_map(&self, map: &Map) -> Map {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let secrets: Vec<&str> = secrets.iter().map(|secret| &**secret).collect();
        let hidden = |text: &str| hide_in(text, &secrets);
        let masked = Value::from(map.clone()).map_text(&mut |text| hide_text(text, &hidden));
        masked.as_map().cloned().unwrap_or_default()
    }

    /// Hides all known secrets in what is going to be shown.
    pub(crate) fn hide(&self, ran: &mut Ran) {
        self.learn_map(&ran.result);
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if secrets.is_empty() {
            return;
        }
        // The longest first, so that a secret that holds another is hidden whole.
        let mut ordered: Vec<&str> = secrets.iter().map(|secret| &**secret).collect();
        ordered.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let hidden = |text: &str| hide_in(text, &ordered);
        let result =
            Value::from(std::mem::take(&mut ran.result)).map_text(&mut |text| hide_text(text, &hidden));
        ran.result = result.as_map().cloned().unwrap_or_default();
        for change in &mut ran.changes {
            hide_change(change, &hidden);
        }
        ran.label = ran.label.as_deref().map(hidden);
        ran.error = ran.error.take().map(|error| error.map_text(hidden));
        ran.warnings = ran.warnings.iter().map(|warning| hidden(warning)).collect();
    }
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

fn hide_text(text: &Text, hidden: &impl Fn(&str) -> String) -> Text {
    let masked = hidden(text);
    if masked == **text { text.clone() } else { Text::new(masked) }
}

fn hide_change(change: &mut Change, hidden: &impl Fn(&str) -> String) {
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
