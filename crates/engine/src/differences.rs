//! The key `diff` of results, in the shapes that playbooks know.

use protocol::Change;
use value::{Map, Value};

/// What the differences of a module look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A list with an entry for every change.
    List,
    /// The first change alone.
    Single,
    /// A list of two entries: the content and the attributes of a file.
    ContentAndAttributes,
    /// The attributes of the path, also where nothing changed.
    Attributes,
}

impl Shape {
    /// The shape that a module's differences have.
    pub(crate) fn of(module: &str) -> Shape {
        match module.rsplit('.').next().unwrap_or(module) {
            "assemble" | "hostname" | "replace" => Shape::Single,
            "blockinfile" | "lineinfile" => Shape::ContentAndAttributes,
            "file" => Shape::Attributes,
            _ => Shape::List,
        }
    }

    /// The differences, if there are any to be told.
    pub(crate) fn differences(self, result: &Map, changes: &[Change]) -> Option<Value> {
        match self {
            Shape::List => (!changes.is_empty()).then(|| Value::list(changes.iter().map(difference))),
            Shape::Single => changes.first().map(difference),
            Shape::ContentAndAttributes => {
                let change = changes.iter().find(|change| change.kind == "inode" && !is_backup(change))?;
                let headed = |difference: Value, what: &str| {
                    let header = Value::from(format!("{} ({what})", change.name));
                    let mut map = difference.as_map().cloned().unwrap_or_default();
                    for key in ["before_header", "after_header"] {
                        map.insert(key.into(), header.clone());
                    }
                    Value::from(map)
                };
                let content = Value::map([
                    ("before", content(&change.before).unwrap_or_else(|| "".into())),
                    ("after", content(&change.after).unwrap_or_else(|| "".into())),
                ]);
                let attributes = match changed_attributes(change) {
                    (before, after) if before == after || change.before.is_null() => Value::from(Map::new()),
                    (before, after) => Value::map([("before", before), ("after", after)]),
                };
                let both = [headed(content, "content"), headed(attributes, "file attributes")];
                Some(Value::list(both))
            }
            Shape::Attributes => {
                let path = ["path", "dest"].iter().find_map(|key| result.get(*key))?;
                let is_it =
                    |change: &&Change| change.kind == "inode" && Some(change.name.as_str()) == path.as_str();
                let (mut before, mut after) = match changes.iter().find(is_it) {
                    Some(change) => changed_attributes(change),
                    None => (Map::new(), Map::new()),
                };
                for times in changes.iter().filter(|change| change.kind == "times") {
                    before.extend(times.before.as_map().cloned().unwrap_or_default());
                    after.extend(times.after.as_map().cloned().unwrap_or_default());
                }
                Some(Value::map([("before", with_path(before, path)), ("after", with_path(after, path))]))
            }
        }
    }
}

/// Whether it is the copy that is kept of a file before it changes.
fn is_backup(change: &Change) -> bool {
    change.before.is_null() && change.name.ends_with('~')
}

/// One change: its contents, or the attributes of a file that changed, or all that is known of it.
fn difference(change: &Change) -> Value {
    let sides = (content(&change.before), content(&change.after));
    if change.kind == "inode" && sides == (None, None) {
        let (before, after) = changed_attributes(change);
        let path = Value::from(change.name.as_str());
        return Value::map([("before", with_path(before, &path)), ("after", with_path(after, &path))]);
    }
    let told = |content: Option<Value>, all: &Value| match content {
        Some(content) => content,
        None if all.is_null() => "".into(),
        None => all.clone(),
    };
    let mut map = Map::from_iter([
        ("before".into(), told(sides.0, &change.before)),
        ("after".into(), told(sides.1, &change.after)),
    ]);
    if change.kind != "host name" {
        map.insert("before_header".into(), change.name.as_str().into());
        map.insert("after_header".into(), change.name.as_str().into());
    }
    map.into()
}

/// What is in a file, if it is told; bytes as text.
fn content(side: &Value) -> Option<Value> {
    Some(match side.get("content")? {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
        other => other.clone(),
    })
}

/// The attributes of a file that differ before and after: numbers for owner and group. Of what is new or gone that is
/// its state alone.
fn changed_attributes(change: &Change) -> (Map, Map) {
    let state = |side: &Value| side.get("state").cloned().unwrap_or_else(|| "absent".into());
    if change.before.is_null() || change.after.is_null() {
        let side = |side: &Value| {
            let mut map = Map::from_iter([("state".into(), state(side))]);
            map.extend(side.get("path_content").map(|content| ("path_content".into(), content.clone())));
            map
        };
        return (side(&change.before), side(&change.after));
    }
    let (mut before, mut after) = (Map::new(), Map::new());
    for (key, name) in
        [("state", "state"), ("target", "src"), ("mode", "mode"), ("uid", "owner"), ("gid", "group")]
    {
        let sides = (change.before.get(key), change.after.get(key));
        if sides.0 != sides.1 {
            before.extend(sides.0.map(|value| (name.into(), value.clone())));
            after.extend(sides.1.map(|value| (name.into(), value.clone())));
        }
    }
    (before, after)
}

fn with_path(mut map: Map, path: &Value) -> Value {
    map.insert("path".into(), path.clone());
    map.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: Value, after: Value) -> Change {
        Change { kind: "inode".into(), name: "/a".into(), before, after }
    }

    fn json(shape: Shape, change: Change) -> String {
        let result = Map::from_iter([("path".into(), "/a".into())]);
        shape.differences(&result, &[change]).unwrap_or_default().to_json(value::JsonStyle::default())
    }

    #[test]
    fn attributes_are_told_where_they_differ() {
        let side = |target: &str| Value::map([("state", "link"), ("target", target), ("mode", "0777")]);
        assert_eq!(
            json(Shape::Attributes, change(side("b"), side("c"))),
            r#"{"before": {"src": "b", "path": "/a"}, "after": {"src": "c", "path": "/a"}}"#
        );
        assert_eq!(
            json(Shape::Attributes, change(Value::Null, side("c"))),
            r#"{"before": {"state": "absent", "path": "/a"}, "after": {"state": "link", "path": "/a"}}"#
        );
    }

    #[test]
    fn contents_are_told_as_text() {
        let side = |text: &str| Value::map([("content", Value::Bytes(text.as_bytes().into()))]);
        assert_eq!(
            json(Shape::Single, change(side("x"), side("y"))),
            r#"{"before": "x", "after": "y", "before_header": "/a", "after_header": "/a"}"#
        );
        assert_eq!(
            json(Shape::ContentAndAttributes, change(side("x"), side("y"))),
            concat!(
                r#"[{"before": "x", "after": "y", "before_header": "/a (content)", "after_header": "/a (content)"}, "#,
                r#"{"before_header": "/a (file attributes)", "after_header": "/a (file attributes)"}]"#
            )
        );
    }
}
