//! Texts and what they are read as.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use diag::{Severity, Source};
use value::{JsonStyle, Value};
use yaml::{Document, Node, parse, parse_all};

fn read(text: &str) -> Document {
    parse(&Source::new("test.yml", text)).unwrap()
}

fn root(text: &str) -> Node {
    read(text).root.unwrap()
}

/// The text as JSON; keys in their order.
fn json(text: &str) -> String {
    root(text).to_value().to_json(JsonStyle { ascii: false, ..JsonStyle::default() })
}

fn error(text: &str) -> String {
    format!("{:?}", parse(&Source::new("test.yml", text)).unwrap_err())
}

#[test]
fn collections_merge_keys_and_tags() {
    for (text, expected) in [
        ("a: {b: [1, x, ~]}", r#"{"a": {"b": [1, "x", null]}}"#),
        ("- a\n- - b\n  - c", r#"["a", ["b", "c"]]"#),
        ("{a: b, c}", r#"{"a": "b", "c": null}"#),
        ("b: 1\n<<: {a: 1, b: 2}\nc: 3", r#"{"a": 1, "b": 1, "c": 3}"#),
        ("<<: [{a: 1, z: 1}, {a: 2, y: 1}]\nq: 1", r#"{"a": 1, "y": 1, "z": 1, "q": 1}"#),
        ("<<: {a: 1}\n<<: {a: 2, b: 3}", r#"{"a": 2, "b": 3}"#),
        ("x: &x {a: 1}\ny: {<<: *x, b: *x}", r#"{"x": {"a": 1}, "y": {"a": 1, "b": {"a": 1}}}"#),
        ("x: &x {<<: {a: 1}, b: 2}\ny: {<<: *x, a: 3}", r#"{"x": {"a": 1, "b": 2}, "y": {"a": 3, "b": 2}}"#),
        ("'<<': {a: 1}", r#"{"<<": {"a": 1}}"#),
        ("=: 1", r#"{"=": 1}"#),
        ("a: !!str 12", r#"{"a": "12"}"#),
        ("a: !!int '12'", r#"{"a": 12}"#),
        ("a: !!float 1e3", r#"{"a": 1000.0}"#),
        ("a: !!bool yes", r#"{"a": true}"#),
        ("a: !!null foo", r#"{"a": null}"#),
        ("a: ! '12'", r#"{"a": 12}"#),
        ("a: !!set {x, y}", r#"{"a": ["x", "y"]}"#),
        ("a: !!omap [{a: 1}, {b: 2}]", r#"{"a": [["a", 1], ["b", 2]]}"#),
        ("a: !!binary aGVs\n  bG8=", r#"{"a": "hello"}"#),
        ("a: !unsafe 12", r#"{"a": 12}"#),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", r#"{"a": "x\ny\n", "b": "x y"}"#),
        ("\u{feff}a: é", r#"{"a": "é"}"#),
        (
            "a: 0x1f\nb: 0644\nc: 1_000\nd: 1:30:15\ne: -0b11\nf: 190:20:30.15",
            r#"{"a": 31, "b": 420, "c": 1000, "d": 5415, "e": -3, "f": 685230.15}"#,
        ),
        (
            "a: 123456789012345678901234567890\nb: 1.5e+3\nc: .5\nd: 0.",
            r#"{"a": 123456789012345678901234567890, "b": 1500.0, "c": 0.5, "d": 0.0}"#,
        ),
        (
            "a: 2026-11-20\nb: 2026-11-20 10:15:00.5 +1",
            r#"{"a": "2026-11-20", "b": "2026-11-20T10:15:00.500000+01:00"}"#,
        ),
        ("null: 1\n1: 2\ntrue: x", r#"{"null": 1, "1": "x"}"#),
    ] {
        assert_eq!(json(text), expected, "{text}");
    }
}

#[test]
fn json_is_read_as_json() {
    assert_eq!(
        json(r#"{"a": 1e3, "b": "\ud83d\ude00", "c":[1,-2.5,true,null], "d": 12345678901234567890}"#),
        r#"{"a": 1000.0, "b": "😀", "c": [1, -2.5, true, null], "d": 12345678901234567890}"#
    );
    let node = root("{\n  \"key\": [\"{{ x }}\"]\n}");
    let item = &node.get("key").unwrap().items().unwrap()[0];
    assert_eq!(item.span.to_string(), "test.yml:2:11");
    assert!(item.as_scalar().unwrap().as_text().unwrap().is_template());
    assert_eq!(json("{a: 1}"), r#"{"a": 1}"#, "what only looks like JSON is YAML");
    let special = root(r#"{"v": {"__ansible_vault": "x"}, "u": {"__ansible_unsafe": "{{ x }}"}}"#);
    assert!(matches!(special.get("v").unwrap().as_scalar(), Some(Value::Vaulted(_))));
    assert!(!special.get("u").unwrap().as_scalar().unwrap().as_text().unwrap().is_template());
}

#[test]
fn every_node_knows_its_place() {
    let text = "- hosts: all\n  vars: {a: [x], b: 'it''s'}\n  tasks:\n    - shell: |\n        one\n        two\n\n    # a comment\n    - debug:\n";
    let node = root(text);
    let play = &node.items().unwrap()[0];
    let place = |key: &str| play.get(key).unwrap().span.text().to_owned();
    assert_eq!(place("hosts"), "all");
    assert_eq!(place("vars"), "{a: [x], b: 'it''s'}");
    assert_eq!(play.get("vars").unwrap().get("b").unwrap().span.text(), "'it''s'");
    assert_eq!(play.entry("vars").unwrap().key.span.to_string(), "test.yml:2:3");
    let tasks = play.get("tasks").unwrap().items().unwrap();
    assert_eq!(tasks[0].span.text(), "shell: |\n        one\n        two");
    assert_eq!(tasks[1].span.text(), "debug:");
    let origin = play.get("hosts").unwrap().as_scalar().unwrap().as_text().unwrap().origin().unwrap();
    assert_eq!(origin.to_string(), "test.yml:1:10");
    assert_eq!(root("\u{feff}a: é\nb: 1").get("b").unwrap().span.text(), "1");
}

#[test]
fn trust_ends_at_unsafe_and_at_keys() {
    let node = root(
        "a: '{{ x }}'\nb: !unsafe ['{{ x }}', {c: '{{ x }}'}]\nd: &d '{{ x }}'\ne: !unsafe [*d]\n'{{ k }}': 1",
    );
    let trusted = |node: &Node| node.as_scalar().unwrap().as_text().unwrap().is_template();
    assert!(trusted(node.get("a").unwrap()));
    let unsafe_items = node.get("b").unwrap().items().unwrap();
    assert!(!trusted(&unsafe_items[0]));
    assert!(!trusted(unsafe_items[1].get("c").unwrap()));
    assert!(trusted(node.get("d").unwrap()));
    assert!(!trusted(&node.get("e").unwrap().items().unwrap()[0]));
    let key = &node.entry("{{ k }}").unwrap().key;
    assert!(!trusted(key));
    assert_eq!(key.as_scalar().unwrap().as_text().unwrap().origin().unwrap().to_string(), "test.yml:5:1");
}

#[test]
fn vaulted_text_stays_encrypted() {
    let node = root("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n");
    let Some(Value::Vaulted(text)) = node.get("a").unwrap().as_scalar() else { panic!("{node:?}") };
    assert_eq!(text.as_str(), "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
}

#[test]
fn empty_texts_have_no_root() {
    for text in ["", "\n", "# nothing\n", "---\n", "---\n...\n", "%YAML 1.1\n---\n"] {
        assert!(read(text).root.is_none(), "{text:?}");
    }
    assert!(root("~").is_null());
    assert!(root("--- ''").as_str() == Some(""));
}

#[test]
fn several_documents() {
    let all = parse_all(&Source::new("test.yml", "a: 1\n---\n- b\n---\n---\nc\n")).unwrap();
    let values: Vec<_> =
        all.iter().map(|document| document.root.as_ref().map(|root| root.to_value().to_string())).collect();
    assert_eq!(values, [Some("{'a': 1}".to_owned()), Some("['b']".to_owned()), None, Some("c".to_owned())]);
    assert!(error("a: 1\n---\nb: 2\n").contains("test.yml:2:1"));
}

#[test]
fn a_key_written_twice_is_a_warning_with_both_places() {
    let document = read("a: 1\nb: 2\na: 3\n");
    assert_eq!(document.root.unwrap().to_value().to_string(), "{'a': 3, 'b': 2}");
    let [warning] = document.warnings.as_slice() else { panic!("{:?}", document.warnings) };
    assert_eq!(warning.severity(), Severity::Warning);
    let text = format!("{warning:?}");
    assert!(text.contains("test.yml:3:1") && text.contains("first written here"), "{text}");
    assert!(
        read("<<: {a: 1}\na: 2\n").warnings.is_empty(),
        "to override what was merged is the point of merging"
    );
}

#[test]
fn errors_say_where_and_what_to_do() {
    for (text, place, parts) in [
        ("a:\n\t- b\n", "2:1", &["a tab can't be used for indentation", "indent with spaces"][..]),
        ("a: {{ x }}\n", "1:5", &["can't start with '{{'", "must be put in quotes"]),
        ("a: {{ x }}/b\n", "1:5", &["must be put in quotes"]),
        ("- debug:\n    msg: this: that\n", "2:14", &["': ' can't stand here", "put the value in quotes"]),
        ("a: \"x\" y\n", "1:8", &["must end with it"]),
        ("a: 'x\nb: 2\n", "1:4", &["a quoted text is not closed", "opened here"]),
        ("a: \"C:\\dir\"\n", "1:7", &["no such escape", "single quotes"]),
        ("a: @x\n", "1:4", &["can't start with this character", "in quotes"]),
        ("a: *x\n", "1:4", &["no anchor '&x'", "in quotes"]),
        ("a: !vualt x\n", "1:4", &["unknown tag '!vualt'", "did you mean '!vault'"]),
        ("a: !!vault x\n", "1:4", &["unknown tag '!!vault'", "did you mean '!vault'"]),
        ("- shell: \"echo \"hi\"\"\n", "1:17", &["must end with it"]),
        ("- shell: \"echo\n- debug:\n    msg: \"x\"\n", "3:11", &["is this quote closed?", "test.yml:1:10"]),
        ("a: *.com\n", "1:5", &["name of an anchor or alias", "'*' or '&' in quotes"]),
        ("a: 1\nother\n", "2:1", &["neither a key nor part of the value", "^^^^^"]),
        ("a: [1, 2\nb: 3\n", "2:2", &["a ',' or ']' was expected here", "the list is opened here"]),
        ("- a\nb: c\n", "2:1", &["a '-' was expected here", "indentation"]),
        ("a: 1\n  b: 2\n", "2:4", &["': ' can't stand here", "indentation"]),
        ("a: 2026-13-01\n", "1:4", &["'2026-13-01' is not a date", "quotes"]),
        ("a: !!int foo\n", "1:4", &["'foo' is not an integer"]),
        ("a: =\n", "1:4", &["a lone '='"]),
        ("a: <<\n", "1:4", &["'<<' can't be a value"]),
        ("<<: 1\n", "1:5", &["'<<' takes a mapping", "an integer"]),
        ("[a]: 1\n", "1:1", &["can't be a key"]),
        ("a: &a [*a]\n", "1:8", &["contains itself"]),
        ("a: &a 1\nb: &a 2\n", "2:4", &["used twice", "first used here"]),
        ("a: !!seq {}\n", "1:4", &["can't stand on a mapping"]),
        ("a: !!str [1]\n", "1:4", &["can't stand on a list"]),
        ("a: !vault [1]\n", "1:4", &["can't stand on a list"]),
        ("a: !!map x\n", "1:4", &["needs a mapping"]),
        ("a: \u{1}\n", "1:4", &["control character"]),
        ("a: 1\n b\n- c\n", "3:1", &[]),
    ] {
        let error = error(text);
        assert!(error.contains(&format!("test.yml:{place}")), "{text:?} is not at {place}\n{error}");
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in\n{error}");
        }
    }
}

#[test]
fn bombs_are_refused() {
    let deep = "[".repeat(100_000);
    assert!(error(&deep).contains("nested more than"));
    // JSON is read by other means.
    let json = format!("{deep}{}", "]".repeat(100_000));
    assert!(error(&json).contains("nested more than"));
    let strings = format!("[\"{}\\\"[\"]", "[".repeat(200));
    assert!(yaml::parse(&diag::Source::new("x", strings)).is_ok());
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{items}]\n");
    }
    assert!(error(&bomb).contains("aliases copy too much"));
    assert!(error(&format!("a: {}", "9".repeat(10_000))).contains("is not an integer"));
}
