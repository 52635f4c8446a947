//! What holds for any text and any value.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use diag::{Source, Style};
use proptest::prelude::*;
use value::{Map, Value};
use yaml::{EmitStyle, Node, NodeKind, ScalarStyle, emit, parse, parse_all};

/// A text with something of everything, to be damaged.
const SEED: &str = "%YAML 1.1\n---\n# play\n- hosts: &all [web, 'db', \"x\\u00e9\"]\n  vars: {<<: *all, a: !unsafe '{{ x }}', ? b : 0644}\n  \
    tasks:\n    - shell: |\n        one\n          two\n    - debug: msg={{ x }}\n      when: >-\n        a\n        b\n    - !vault |\n      $ANSIBLE_VAULT\n  \
    e: !!binary aGk=\n  t: 2026-11-20 10:15:00 +1\n  s: !!set {a, b}\n...\n--- {\"a\": [1, 2.5, null, \"\\ud83d\\ude00\"]}\n";

/// Spans lie in the text, within their parents, and errors can be shown.
fn examine(text: &str) {
    let source = Source::new("fuzz.yml", text);
    for result in [parse(&source).map(|document| vec![document]), parse_all(&source)] {
        match result {
            Ok(documents) => {
                for document in documents {
                    document.root.iter().for_each(examine_node);
                    document
                        .warnings
                        .iter()
                        .for_each(|warning| assert!(warning.render(Style::Plain).contains("fuzz.yml")));
                }
            }
            Err(error) => assert!(error.render(Style::Plain).contains("fuzz.yml"), "{error}"),
        }
    }
}

fn examine_node(node: &Node) {
    assert!(node.span.end() <= node.span.source().text().len());
    assert!(node.span.start() == node.span.end() || !node.span.text().is_empty(), "a span cuts a character");
    match &node.kind {
        NodeKind::Scalar(value) => drop(value.repr()),
        NodeKind::List(items) => items.iter().for_each(examine_node),
        NodeKind::Map(entries) => entries.iter().for_each(|entry| {
            examine_node(&entry.key);
            examine_node(&entry.value);
        }),
    }
}

/// Strings that are likely to be misread.
fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "[-+.0-9:_eExXobTZ ]{1,10}",
        "(yes|No|ON|true|null|~|<<|=|\\.inf|\\.nan|2026-1-2|[ \t\n:#,'\"\\[\\]{}&*!|>%@`?-]){0,6}",
        any::<String>(),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<i128>().prop_map(|number| Value::integer(number.into())),
        any::<f64>().prop_filter("nan differs from itself", |number| !number.is_nan()).prop_map(Value::Float),
        strings().prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..100).prop_map(|bytes| Value::Bytes(Arc::from(bytes))),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::list),
            prop::collection::vec((strings(), inner), 0..6).prop_map(|entries| {
                Value::from(
                    entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<Map>(),
                )
            }),
        ]
    })
}

fn styles() -> impl Strategy<Value = EmitStyle> {
    let scalars = prop_oneof![
        Just(ScalarStyle::Any),
        Just(ScalarStyle::SingleQuoted),
        Just(ScalarStyle::DoubleQuoted),
        Just(ScalarStyle::Literal),
        Just(ScalarStyle::Folded)
    ];
    (2..10, prop_oneof![Just(-1), 20..200], any::<Option<bool>>(), any::<[bool; 5]>(), scalars).prop_map(
        |(
            indent,
            width,
            flow,
            [sort_keys, allow_unicode, explicit_start, explicit_end, canonical],
            scalars,
        )| EmitStyle {
            indent,
            width,
            flow,
            sort_keys,
            allow_unicode,
            explicit_start,
            explicit_end,
            scalars,
            canonical,
        },
    )
}

/// What YAML can hold: libyaml refuses to read some control characters unescaped, but the writer escapes them.
fn read(text: &str) -> Value {
    parse(&Source::new("test.yml", text)).unwrap().root.map_or(Value::Null, |root| root.to_value())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        examine(&text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        examine(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn yaml_like_text_is_read_or_refused(text in "([-:?,&*!|>'\"%@`#{}\\[\\] \n\ta0~<=.]|: |- |\\{\\{ |\n  ){0,60}") {
        examine(&text);
    }

    #[test]
    fn damaged_text_is_read_or_refused(at in 0..SEED.len(), length in 0usize..10, insert in "[ \t\n:\"'{}\\[\\]&*!|>%-é]{0,3}") {
        let start = SEED.floor_char_boundary(at);
        let end = SEED.ceil_char_boundary((at + length).min(SEED.len()));
        examine(&format!("{}{insert}{}", &SEED[..start], &SEED[end..]));
    }

    #[test]
    fn what_is_written_is_read_as_the_same(value in values()) {
        let text = emit(&value, &EmitStyle::default()).unwrap();
        prop_assert_eq!(read(&text), value.clone(), "{}", text);
        let text = emit(&value, &EmitStyle::nice()).unwrap();
        prop_assert_eq!(read(&text), value, "{}", text);
    }

    #[test]
    fn anything_is_written_in_any_style(value in values(), style in styles()) {
        emit(&value, &style).unwrap();
    }
}
