use protocol::Change;
use value::{Map, Text, Value};

/// Marks the contents of changed files as secret, so that they are masked where they would be shown.
pub(crate) fn hide_contents(changes: &mut [Change]) {
    for side in changes.iter_mut().flat_map(|change| [&mut change.before, &mut change.after]) {
        let Some(content) = side.get("content").map(hidden) else { continue };
        let mut entries: Map = side.as_map().cloned().unwrap_or_default();
        entries.insert("content".into(), content);
        *side = entries.into();
    }
}

fn hidden(content: &Value) -> Value {
    match content {
        Value::Bytes(bytes) => Text::new(String::from_utf8_lossy(bytes).as_ref()).secret().into(),
        Value::String(text) => text.clone().secret().into(),
        other => other.clone(),
    }
}

/// The value without a secret, wherever it stands in texts and keys.
pub(crate) fn masked(value: &Value, secret: &str) -> Value {
    match value {
        Value::String(text) if text.contains(secret) => {
            Value::String(text.with_text(text.replace(secret, MASK)))
        }
        Value::List(items) => Value::list(items.iter().map(|item| masked(item, secret))),
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| (masked(key, secret), masked(value, secret)))
            .collect::<Map>()
            .into(),
        other => other.clone(),
    }
}

/// What stands in the place of a secret.
const MASK: &str = "********";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_from_values_and_keys() {
        let value = Value::map([("a-secret", Value::list(["my secret", "other"]))]);
        let expected = Value::map([("a-********", Value::list(["my ********", "other"]))]);
        assert_eq!(masked(&value, "secret"), expected);
    }
}
