//! Thousands of expressions and what ansible-core 2.21 makes of them, in `cases/*.txt`: a template on a line, and below it,
//! indented, Python's repr of the result, or `!` where it is an error. `⏎` and `⇥` stand for a line break and a tab.

mod support;

use std::path::Path;

use support::{Variables, shown, trusted};
use template::{Extensions, Templates};
use value::{Text, Value};

const FILES: &[(&str, &str)] = &[
    ("collections", include_str!("cases/collections.txt")),
    ("filters", include_str!("cases/filters.txt")),
    ("language", include_str!("cases/language.txt")),
    ("lookups", include_str!("cases/lookups.txt")),
    ("tests", include_str!("cases/tests.txt")),
];

/// The template and the result of every case.
fn cases(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    std::iter::from_fn(move || Some((lines.next()?, lines.next()?.trim_start())))
}

fn written(text: &str) -> String {
    text.replace('⏎', "\n").replace('⇥', "\t")
}

fn scope() -> Variables {
    let mut variables = Variables {
        folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"),
        ..Variables::default()
    };
    let mut set = |name: &str, value: Value| variables.values.insert(name.to_owned(), value);
    let text = Value::from;
    set("l", Value::list([3, 1, 2]));
    set("x", Value::Int(5));
    set("extra2", text("e"));
    set("var_a", Value::Int(1));
    set("var_b", text("two"));
    set("lazy", trusted("{{ x + 1 }}"));
    set("undef_inside", trusted("{{ nope }}"));
    set("s", text("hello"));
    set("d", Value::map([("a", Value::Int(1)), ("b", Value::map([("c", Value::list([1, 2]))]))]));
    let person = |name: &str, age: i64, groups: &[&str]| {
        let groups = Value::list(groups.iter().copied());
        Value::map([("name", Value::from(name)), ("age", Value::Int(age)), ("groups", groups)])
    };
    set("people", Value::list([person("ann", 30, &["a", "b"]), person("Bob", 20, &["b"])]));
    variables
}

#[test]
fn expressions_give_what_they_give_in_ansible() {
    let (templates, scope) = (Templates::with_extensions(Extensions::ALL), scope());
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, text) in FILES {
        for (template, expected) in cases(text) {
            count += 1;
            let found = shown(templates.render(&Text::trusted(written(template), None), &scope));
            let is_same = if expected.starts_with('!') {
                found.starts_with('!')
            } else {
                found.replace('\n', "⏎") == expected
            };
            if !is_same {
                wrong.push(format!("{file}: {template}\n   gives {found}\n   not   {expected}"));
            }
        }
    }
    assert!(count > 1000, "only {count} cases were read");
    assert!(wrong.is_empty(), "{} of {count} are wrong\n{}\n", wrong.len(), wrong.join("\n"));
}
