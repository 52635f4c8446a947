//! Values and the text they are written as, recorded from Ansible's filters.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use diag::Source;
use value::{Date, DateTime, Text, Value};
use yaml::{EmitStyle, ScalarStyle, emit, parse};

fn read(text: &str) -> Value {
    parse(&Source::new("test.yml", text)).unwrap().root.map_or(Value::Null, |root| root.to_value())
}

#[test]
fn values_are_written_as_ansible_writes_them() {
    let nice = EmitStyle::nice();
    let styles = [
        ("to_yaml", EmitStyle::default()),
        ("to_nice_yaml", nice.clone()),
        ("wide", EmitStyle { width: 1000, indent: 2, sort_keys: false, ..nice.clone() }),
        ("explicit", EmitStyle { explicit_start: true, explicit_end: true, ..EmitStyle::default() }),
        ("quoted", EmitStyle { scalars: ScalarStyle::DoubleQuoted, ..EmitStyle::default() }),
        ("literal", EmitStyle { scalars: ScalarStyle::Literal, ..nice }),
    ];
    let mut seen = 0;
    for line in include_str!("emit.jsonl").lines() {
        let row = read(line);
        let value = row.get("value").unwrap();
        for (name, style) in &styles {
            let Some(expected) = row.get(name) else { continue };
            let text = emit(value, style).unwrap();
            assert_eq!(Some(text.as_str()), expected.as_str(), "{name} of {value:?}");
            assert_eq!(&read(&text), value, "{name} of {value:?} reads as something else");
            seen += 1;
        }
    }
    assert!(seen > 400, "only {seen} were recorded");
}

#[test]
fn types_that_json_has_not() {
    let time = DateTime { civil: Date::constant(2026, 1, 2).at(3, 4, 5, 6000), offset: None };
    for (value, text) in [
        (Value::Bytes(Arc::from(&b"abc\xff"[..])), "!!binary |\n  YWJj/w==\n"),
        (Value::Date(Date::constant(2026, 1, 2)), "2026-01-02\n"),
        (Value::DateTime(Arc::new(time)), "2026-01-02 03:04:05.000006\n"),
        (Value::Float(f64::INFINITY), ".inf\n"),
        (Value::Float(1e300), "1.0e+300\n"),
        (
            Value::Vaulted(Text::new("$ANSIBLE_VAULT;1.1;AES256\n6162\n")),
            "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n",
        ),
        (Value::Tuple(Arc::new(vec![1.into()])), "[1]\n"),
    ] {
        let written = emit(&value, &EmitStyle::default()).unwrap();
        assert_eq!(written, text);
        if !matches!(value, Value::Tuple(_)) {
            assert_eq!(read(&written), value);
        }
    }
    let long = emit(&Value::Bytes(Arc::from(vec![b'a'; 100])), &EmitStyle::default()).unwrap();
    assert!(long.lines().all(|line| line.len() <= 78), "{long}");
}

#[test]
fn keys_are_sorted_only_if_they_can_be_compared() {
    let map = |keys: [Value; 3]| {
        Value::from(keys.into_iter().map(|key| (key, Value::Null)).collect::<value::Map>())
    };
    let write = |value: &Value| emit(value, &EmitStyle { flow: Some(true), ..EmitStyle::default() }).unwrap();
    assert_eq!(write(&map(["b".into(), "a".into(), "B".into()])), "{B: null, a: null, b: null}\n");
    assert_eq!(write(&map([3.into(), 1.into(), 2.into()])), "{1: null, 2: null, 3: null}\n");
    assert_eq!(write(&map(["b".into(), 1.into(), "a".into()])), "{b: null, 1: null, a: null}\n");
}

#[test]
fn what_has_no_value_is_an_error() {
    for (value, message) in [
        (Value::undefined("'x' is undefined"), "'x' is undefined"),
        (Value::unknown("a command's output"), "not known in a dry run"),
        (Value::Omit, "can't be written as YAML"),
    ] {
        let error = emit(&Value::list([value]), &EmitStyle::default()).unwrap_err();
        assert!(error.message().contains(message), "{error:?}");
    }
    let deep = (0..1000).fold(Value::Null, |value, _| Value::list([value]));
    assert!(emit(&deep, &EmitStyle::default()).unwrap_err().message().contains("nested more than"));
}
