//! What is in a file, before and after.

use protocol::Change;
use value::Value;

use super::ansible::LARGEST;
use super::words::{count, visible};
use super::{Line, Look, MASK, unified};

/// What is to be told of a text beside the other rows, and its lines.
pub(super) fn content(change: &Change, look: Look) -> (Vec<(String, String)>, Vec<Line>) {
    let row = |text: String| (vec![("content".to_owned(), text)], Vec::new());
    let nothing = (Vec::new(), Vec::new());
    let (before, after) = (change.before.get("content"), change.after.get("content"));
    // A host's name is told by itself; its content is there for those who know it from Ansible.
    if change.kind == "host name" {
        return nothing;
    }
    if before.is_none() && after.is_none() {
        return match (size(&change.before), size(&change.after)) {
            (None, None) => nothing,
            sides => row(sizes(sides)),
        };
    }
    if let Some(Value::Unknown(unknown)) = after {
        return row(format!("unknown: {unknown}"));
    }
    let hidden = |side: Option<&Value>| side.is_some_and(|side| side.as_str() == Some(MASK));
    if hidden(after) || (hidden(before) && after.is_none()) {
        return row("hidden, for there is a secret in it".into());
    }
    match (text(before), text(after)) {
        (Some(old), Some(new)) => {
            let whole = before.is_none() || after.is_none();
            let mut lines = unified(&old, &new, look.context);
            // Of what is new or gone all lines are told, and that says where they stand.
            lines.retain(|line| !(whole && matches!(line, Line::Hunk(_))));
            (Vec::new(), lines.into_iter().map(seen).collect())
        }
        _ => row(sizes((size(&change.before), size(&change.after)))),
    }
}

/// A text that can be compared line by line.
fn text(content: Option<&Value>) -> Option<String> {
    match content {
        None => Some(String::new()),
        Some(Value::Bytes(bytes)) => {
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= LARGEST)?;
            (!text.contains('\0')).then(|| text.to_owned())
        }
        Some(other) => Some(other.to_string()).filter(|text| text.len() <= LARGEST),
    }
}

/// A file by its size and hash.
fn size(state: &Value) -> Option<String> {
    let content = state.get("content");
    let length = match (state.get("size").and_then(Value::as_i64), content) {
        (Some(size), _) => usize::try_from(size).ok()?,
        (None, Some(Value::Bytes(bytes))) => bytes.len(),
        (None, Some(other)) => other.to_string().len(),
        (None, None) => return None,
    };
    let binary = matches!(content, Some(Value::Bytes(bytes)) if bytes.contains(&0) || std::str::from_utf8(bytes).is_err());
    let kind = if binary { "binary, " } else { "" };
    let hash = state.get("checksum").map(|hash| format!(", sha1 {hash}")).unwrap_or_default();
    Some(format!("{kind}{}{hash}", count(length, "byte")))
}

fn sizes(sides: (Option<String>, Option<String>)) -> String {
    match sides {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "another".into(),
    }
}

fn seen(line: Line) -> Line {
    match line {
        Line::Added(text) => Line::Added(visible(&text)),
        Line::Removed(text) => Line::Removed(visible(&text)),
        Line::Same(text) => Line::Same(visible(&text)),
        other => other,
    }
}
