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
