//! Our own differences: a line that says which thing it is and what becomes of it, then what is another about it, then
//! its text.

use std::collections::BTreeSet;

use protocol::Change;
use value::{Map, Value};

use super::content::content;
use super::fold::fold;
use super::words::{count, visible, words};
use super::{Difference, Fate, Line, Look, has_state, packages};

/// The differences of changes.
pub(super) fn differences(changes: &[Change], look: Look) -> Vec<Difference> {
    let of_packages: Vec<&Change> = changes.iter().filter(|change| change.kind == "package").collect();
    let mut differences = Vec::new();
    if !of_packages.is_empty() {
        differences.push(packages::table(&of_packages, look));
    }
    let homes = new_homes(changes);
    let first_file = |change: &Change| {
        let inside = |home: &&str| is_below(&change.name, home);
        change.kind == "inode" && fate(change) == Fate::New && homes.iter().any(inside)
    };
    let others = changes.iter().filter(|change| change.kind != "package" && has_state(change));
    for change in others.filter(|change| !first_file(change)) {
        let mut difference = difference(change, look);
        if homes.contains(&change.name.as_str()) {
            let files =
                changes.iter().filter(|other| first_file(other) && is_below(&other.name, &change.name));
            let names: Vec<String> =
                files.map(|file| visible(file.name[change.name.len()..].trim_start_matches('/'))).collect();
            if !names.is_empty() {
                difference.lines.push(Line::Note(format!("with {}", names.join(", "))));
            }
        }
        differences.push(difference);
    }
    differences
}

/// The homes of accounts that are new: what is in them comes from a skeleton that every account gets, and is named only.
fn new_homes(changes: &[Change]) -> Vec<&str> {
    let is_made = |home: &&str| changes.iter().any(|change| change.kind == "inode" && change.name == **home);
    let accounts = changes.iter().filter(|change| change.kind == "user" && fate(change) == Fate::New);
    accounts.filter_map(|account| account.after.get("home")?.as_str()).filter(is_made).collect()
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// What becomes of the thing.
pub(super) fn fate(change: &Change) -> Fate {
    match (&change.before, &change.after) {
        (_, after) if after.get("action").is_some() || change.kind == "times" => Fate::Used,
        (before, after) if is_absent(before) && !is_absent(after) => Fate::New,
        (_, after) if is_absent(after) => Fate::Gone,
        _ => Fate::Changed,
    }
}

/// Null, or a state that says that there is none.
fn is_absent(state: &Value) -> bool {
    state.is_null() || state.get("state").and_then(Value::as_str) == Some("absent")
}

fn difference(change: &Change, look: Look) -> Difference {
    let fate = fate(change);
    let mut lines = vec![Line::Subject(fate, subject(change))];
    let (mut notes, text) = content(change, look);
    let mut rows = attributes(change, fate);
    rows.append(&mut notes);
    let width = rows.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    lines.extend(rows.into_iter().map(|(key, value)| Line::Note(format!("{key:<width$}  {value}"))));
    lines.extend(content_of_folder(change));
    lines.extend(text);
    let lines = if look.folded { fold(lines) } else { lines };
    Difference { subject: change.name.clone(), lines }
}

/// `file /etc/motd`, `unit nginx.service: restart`.
fn subject(change: &Change) -> String {
    let state = |side: &Value| side.get("state").and_then(Value::as_str).map(str::to_owned);
    let kind = match change.kind.as_str() {
        "inode" => state(&change.before)
            .filter(|_| !is_absent(&change.before))
            .or_else(|| state(&change.after))
            .map_or_else(|| "file".into(), |state| if state == "hard" { "hard link".into() } else { state }),
        "times" => "times of".into(),
        kind => kind.to_owned(),
    };
    let name = visible(&change.name);
    let mut subject = match kind.replace(' ', "") == name {
        true => kind,
        false => format!("{kind} {name}"),
    };
    if let Some(action) = change.after.get("action") {
        subject.push_str(&format!(": {}", words(action)));
    }
    subject
}

/// Rows of what is known of a new thing, or of what is another about one that changes.
fn attributes(change: &Change, fate: Fate) -> Vec<(String, String)> {
    let (before, after) = (flat(change, &change.before), flat(change, &change.after));
    let keys: Vec<&String> =
        before.keys().filter(|key| !after.contains_key(*key)).chain(after.keys()).collect();
    let row = |key: &&String| {
        let (old, new) = (before.get(*key), after.get(*key));
        let told = |value: Option<&Value>| value.map_or_else(|| "none".into(), words);
        let value = match fate {
            Fate::Gone => return None,
            Fate::New | Fate::Used if old.is_none() => {
                words(new.filter(|value| !["none", "''"].contains(&words(value).as_str()))?)
            }
            _ if old == new || told(old) == told(new) => return None,
            _ => format!("{} -> {}", told(old), told(new)),
        };
        Some(((*key).clone(), value))
    };
    keys.iter().filter_map(row).collect()
}

type Flat = indexmap::IndexMap<String, Value>;

/// A state as people speak of it: no levels, and nothing that stands elsewhere.
fn flat(change: &Change, state: &Value) -> Flat {
    let mut flat = Flat::new();
    // Some states are but a word.
    if !state.is_null() && state.as_map().is_none() {
        flat.insert("value".into(), state.clone());
    }
    let empty = Map::new();
    for (key, value) in state.as_map().unwrap_or(&empty) {
        let key = key.to_string();
        let hidden = match key.as_str() {
            "content" | "size" | "checksum" | "path_content" | "action" | "exists" => true,
            "uid" | "gid" => change.kind == "inode",
            // What a new account gets by default is not what the task is about.
            "aging" | "password" => change.before.is_null(),
            "name" => value.as_str() == Some(&change.name) || change.name.ends_with(&format!(" {value}")),
            // It stands in the first line.
            "state" => is_absent(&change.before) || is_absent(&change.after),
            _ => false,
        };
        match (key.as_str(), value) {
            _ if hidden => {}
            ("password", value) if !value.is_null() => {
                let other = std::ptr::eq(state, &change.after);
                flat.insert(key, if other { "another" } else { "one" }.into());
            }
            ("active", Value::Bool(active)) => {
                flat.insert(key, if *active { "active" } else { "inactive" }.into());
            }
            ("enablement", value) => {
                flat.insert("enabled".into(), value.clone());
            }
            ("enabled", Value::Bool(enabled)) => {
                flat.insert(key, if *enabled { "enabled" } else { "disabled" }.into());
            }
            (_, Value::Map(below)) => {
                flat.extend(below.iter().map(|(name, value)| (format!("{key} {name}"), value.clone())));
            }
            ("atime" | "mtime", Value::Float(seconds)) => {
                flat.insert(key, time(*seconds));
            }
            _ => {
                flat.insert(key, value.clone());
            }
        }
    }
    flat
}

/// Seconds since 1970 as a point in time.
#[allow(clippy::cast_possible_truncation)]
fn time(seconds: f64) -> Value {
    let time = jiff::Timestamp::from_microsecond((seconds * 1e6) as i64);
    time.map_or(Value::Float(seconds), |time| time.to_string().into())
}

/// What goes with a folder.
fn content_of_folder(change: &Change) -> Vec<Line> {
    let Some(inside) = change.before.get("path_content") else { return Vec::new() };
    let list = |key: &str| inside.get(key).and_then(Value::as_list).unwrap_or_default();
    let (directories, files) = (list("directories"), list("files"));
    let told = [(directories.len(), "folder"), (files.len(), "file")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, thing)| count(number, thing))
        .collect::<Vec<_>>();
    let paths: BTreeSet<String> = directories.iter().chain(files).map(words).collect();
    let mut lines = vec![Line::Note(format!("with {}", told.join(" and ")))];
    lines.extend(paths.into_iter().map(Line::Removed));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::MASK;
    use crate::options::Manner;

    const LOOK: Look = Look { manner: Manner::Capstan, context: 3, folded: true };

    fn shown(changes: &[Change]) -> String {
        let differences = differences(changes, LOOK);
        differences.iter().flat_map(|difference| &difference.lines).map(|line| line.text() + "\n").collect()
    }

    fn change(kind: &str, name: &str, before: Value, after: Value) -> Change {
        Change { kind: kind.into(), name: name.into(), before, after }
    }

    fn file(mode: &str, content: &[u8]) -> Value {
        Value::map([
            ("state", Value::from("file")),
            ("mode", mode.into()),
            ("uid", 0.into()),
            ("gid", 0.into()),
            ("size", content.len().into()),
            ("checksum", "da39a3".into()),
            ("content", Value::Bytes(content.into())),
            ("owner", "root".into()),
            ("group", "root".into()),
        ])
    }

    #[test]
    fn a_new_file_is_told_with_its_permissions_and_its_text() {
        assert_eq!(
            shown(&[change("inode", "/etc/motd", Value::Null, file("0644", b"hello\x1b[2J\n"))]),
            "+ file /etc/motd\n    mode   0644\n    owner  root\n    group  root\n+hello^[[2J\n"
        );
    }

    #[test]
    fn of_a_change_only_what_is_another_is_told() {
        assert_eq!(
            shown(&[change("inode", "/etc/motd", file("0644", b"a\nb\n"), file("0600", b"a\nc\n"))]),
            "~ file /etc/motd\n    mode  0644 -> 0600\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
        );
        assert_eq!(
            shown(&[change("inode", "/etc/motd", file("0644", b"a\n"), Value::Null)]),
            "- file /etc/motd\n-a\n"
        );
    }

    #[test]
    fn what_is_no_text_is_told_by_size_and_hash_and_what_is_secret_not_at_all() {
        assert_eq!(
            shown(&[change("inode", "/x", file("0644", b"\0"), file("0644", b"text"))]),
            "~ file /x\n    content  binary, 1 byte, sha1 da39a3 -> 4 bytes, sha1 da39a3\n"
        );
        let masked = Value::map([("state", "file"), ("content", MASK)]);
        assert_eq!(
            shown(&[change("inode", "/x", file("0644", b"password\n"), masked)]).lines().last(),
            Some("    content  hidden, for there is a secret in it")
        );
    }

    #[test]
    fn packages_are_a_table() {
        let version = |version: &str| Value::map([("version", version)]);
        assert_eq!(
            shown(&[
                change("package", "nginx-light", Value::Null, version("1.22")),
                change("package", "tree", version("2.0-1"), version("2.1-1")),
                change("package", "vim", version("9"), Value::Null),
            ]),
            "  package      before  after\n+ nginx-light  -       1.22\n~ tree         2.0-1   2.1-1\n- vim          9       -\n"
        );
    }

    #[test]
    fn units_are_told_before_and_after_and_what_is_done_with_them() {
        let unit = |active: bool, enablement: &str| {
            Value::map([
                ("name", Value::from("nginx.service")),
                ("exists", true.into()),
                ("active", active.into()),
                ("enablement", enablement.into()),
            ])
        };
        assert_eq!(
            shown(&[
                change("unit", "nginx.service", unit(false, "disabled"), unit(true, "enabled")),
                change("unit", "nginx.service", Value::Null, Value::map([("action", "restart")])),
            ]),
            "~ unit nginx.service\n    active   inactive -> active\n    enabled  disabled -> enabled\n\
             ! unit nginx.service: restart\n"
        );
    }

    #[test]
    fn levels_and_lists_are_told_flat() {
        let user = |groups: &[&str], expires: Value| {
            Value::map([
                ("name", Value::from("app")),
                ("groups", Value::list(groups.iter().copied())),
                ("aging", Value::map([("expires", expires)])),
            ])
        };
        assert_eq!(
            shown(&[change("user", "app", user(&["adm"], Value::Null), user(&["adm", "www"], 3.into()))]),
            "~ user app\n    groups         adm -> adm, www\n    aging expires  none -> 3\n"
        );
    }

    #[test]
    fn the_first_files_of_a_new_home_are_named_only() {
        let account = Value::map([("name", "app"), ("home", "/home/app")]);
        let home = Value::map([("state", "directory"), ("mode", "0700")]);
        assert_eq!(
            shown(&[
                change("user", "app", Value::Null, account),
                change("inode", "/home/app", Value::Null, home),
                change("inode", "/home/app/.profile", Value::Null, file("0644", b"a\n")),
                change("inode", "/home/apples", Value::Null, file("0644", b"b\n")),
            ]),
            "+ user app\n    home  /home/app\n+ directory /home/app\n    mode  0700\n    with .profile\n\
             + file /home/apples\n    mode   0644\n    owner  root\n    group  root\n+b\n"
        );
    }

    #[test]
    fn a_state_may_be_a_word() {
        assert_eq!(
            shown(&[
                change("answer", "lab/colour", "red".into(), "green".into()),
                change("answer", "lab/size", Value::Null, "large".into()),
            ]),
            "~ answer lab/colour\n    value  red -> green\n+ answer lab/size\n    value  large\n"
        );
    }

    #[test]
    fn what_goes_with_a_folder_is_counted() {
        let inside =
            Value::map([("directories", Value::list(["/x/y"])), ("files", Value::list(["/x/y/z", "/x/a"]))]);
        let before = Value::map([("state", Value::from("directory")), ("path_content", inside)]);
        assert_eq!(
            shown(&[change("inode", "/x", before, Value::Null)]),
            "- directory /x\n    with 1 folder and 2 files\n-/x/a\n-/x/y\n-/x/y/z\n"
        );
    }
}
