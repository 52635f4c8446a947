use protocol::Change;
use value::{JsonStyle, Map, Value};

use super::{Difference, Line, has_state, unified};

/// The largest text, in bytes, that is compared line by line.
pub(super) const LARGEST: usize = 104_448;

/// The differences of changes as Ansible shows them: permissions as JSON. Packages are shown together; what has no state to
/// compare is left out.
pub(super) fn differences(changes: &[Change], context: usize) -> Vec<Difference> {
    let packages: Vec<&Change> = changes.iter().filter(|change| change.kind == "package").collect();
    let mut differences: Vec<Difference> = Vec::new();
    if !packages.is_empty() {
        differences.push(packages_difference(&packages));
    }
    let others = changes.iter().filter(|change| change.kind != "package" && has_state(change));
    differences.extend(others.filter_map(|change| difference(change, context)));
    differences
}

fn difference(change: &Change, context: usize) -> Option<Difference> {
    let content = |value: &Value| value.get("content").cloned();
    let (before, after) = (content(&change.before), content(&change.after));
    let new_file = change.before.is_null() && after.is_some();
    let mut lines = Vec::new();
    if before.is_some() || after.is_some() {
        match (text(before.as_ref(), change), text(after.as_ref(), change)) {
            (Ok(before), Ok(after)) => {
                let hunks = unified(&before, &after, context);
                if !hunks.is_empty() {
                    let name = if new_file { String::new() } else { format!(": {}", change.name) };
                    lines.push(Line::Header(format!("--- before{name}")));
                    lines.push(Line::Header(format!("+++ after: {}", change.name)));
                    lines.extend(hunks);
                }
            }
            (Err(note), _) | (_, Err(note)) => lines.push(Line::Header(format!("diff skipped: {note}"))),
        }
    }
    let (before, after) = attributes(change);
    // A new file's content says by itself that there is a new file.
    let told = new_file && lines.len() > 2;
    if before != after && !told {
        let json = |map: &Map| Value::from(map.clone()).to_json(JsonStyle::PRETTY) + "\n";
        lines.push(Line::Header("--- before".into()));
        lines.push(Line::Header("+++ after".into()));
        lines.extend(unified(&json(&before), &json(&after), context));
    }
    (!lines.is_empty()).then(|| Difference { subject: change.name.clone(), lines })
}

fn text(content: Option<&Value>, change: &Change) -> Result<String, String> {
    match content {
        None => Ok(String::new()),
        Some(Value::Bytes(bytes)) if bytes.len() > LARGEST => {
            Err(format!("{} is larger than {LARGEST} bytes", change.name))
        }
        Some(Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
            _ => Err(format!("{} appears to be binary", change.name)),
        },
        Some(Value::Unknown(unknown)) => Err(format!("the content of {} is unknown: {unknown}", change.name)),
        Some(other) => Ok(other.to_string()),
    }
}

/// What is to be told beside the content: only what differs, and which thing it is.
fn attributes(change: &Change) -> (Map, Map) {
    let key = if matches!(change.kind.as_str(), "inode" | "times") { "path" } else { change.kind.as_str() };
    let shown = |value: &Value| -> Map {
        let mut hidden = vec!["content", "size", "checksum", "password"];
        if change.kind == "inode" {
            hidden.extend(["uid", "gid"]);
        }
        if change.before.is_null() {
            // What a new account gets by default is not what the task is about.
            hidden.push("aging");
        }
        let mut map: Map = value.as_map().cloned().unwrap_or_default();
        map.retain(|key, _| !key.as_str().is_some_and(|key| hidden.contains(&key)));
        if value.is_null() {
            map.insert("state".into(), "absent".into());
        } else if !map.contains_key("state") && change.kind != "inode" && value.get("action").is_none() {
            map.insert("state".into(), "present".into());
        }
        map
    };
    let (mut before, mut after) = (shown(&change.before), shown(&change.after));
    if after.get("action").is_some() {
        before.clear();
    }
    // The name stands beside the kind already.
    for map in [&mut before, &mut after] {
        if map.get("name").and_then(Value::as_str) == Some(&change.name) {
            map.shift_remove("name");
        }
    }
    let same: Vec<Value> = after
        .iter()
        .filter(|(key, value)| before.get(*key) == Some(value))
        .map(|(key, _)| key.clone())
        .collect();
    for key in same {
        before.shift_remove(&key);
        after.shift_remove(&key);
    }
    if before.is_empty() && after.is_empty() {
        return (before, after);
    }
    for map in [&mut before, &mut after] {
        map.insert(key.into(), change.name.as_str().into());
    }
    (before, after)
}

fn packages_difference(changes: &[&Change]) -> Difference {
    let version = |value: &Value| value.get("version").map(ToString::to_string);
    let mut lines =
        vec![Line::Header("--- before: packages".into()), Line::Header("+++ after: packages".into())];
    for change in changes {
        lines.extend(
            version(&change.before).map(|version| Line::Removed(format!("{} {version}", change.name))),
        );
        lines.extend(version(&change.after).map(|version| Line::Added(format!("{} {version}", change.name))));
    }
    Difference { subject: "packages".into(), lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(change: Change) -> String {
        let differences = differences(&[change], 3);
        differences.iter().flat_map(|difference| &difference.lines).map(|line| line.text() + "\n").collect()
    }

    #[test]
    fn content_and_attributes_are_shown_apart() {
        let inode = |mode: &str, content: &str| {
            Value::map([
                ("state", Value::from("file")),
                ("mode", mode.into()),
                ("content", Value::Bytes(content.as_bytes().into())),
            ])
        };
        let change = Change {
            kind: "inode".into(),
            name: "/etc/motd".into(),
            before: inode("0644", "a\n"),
            after: inode("0600", "b\n"),
        };
        assert_eq!(
            shown(change),
            "--- before: /etc/motd\n+++ after: /etc/motd\n@@ -1 +1 @@\n-a\n+b\n--- before\n+++ after\n\
             @@ -1,4 +1,4 @@\n {\n-    \"mode\": \"0644\",\n+    \"mode\": \"0600\",\n     \"path\": \"/etc/motd\"\n }\n"
        );
    }

    #[test]
    fn binary_content_is_not_shown() {
        let bytes = |bytes: &[u8]| Value::map([("content", Value::Bytes(bytes.into()))]);
        let change =
            Change { kind: "inode".into(), name: "/x".into(), before: bytes(b"\0"), after: bytes(b"\x01\0") };
        assert_eq!(shown(change), "diff skipped: /x appears to be binary\n");
    }
}
