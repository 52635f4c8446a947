//! Sources that make hosts, groups and variables: `constructed`, `generator` and lists with ranges.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::sync::Arc;

use diag::Error;
use inventory::{Inventory, LoadOptions};
use tempfile::TempDir;
use value::{JsonStyle, Map, Value};

const HOSTS: &str = "all: {children: {web: {hosts: {h1: {s: val, e: '', n: null, l: [a, '', 3], d: {k: v, e: ''}, t: '{{ s }}x'}}}}}\n";

/// The hosts above, and a second source.
fn load(second: &str, options: LoadOptions) -> (Inventory, Vec<Error>) {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("hosts.yml"), HOSTS).unwrap();
    fs::write(path("second.yml"), second).unwrap();
    Inventory::load(&[path("hosts.yml"), path("second.yml")], options).unwrap()
}

fn group_names(second: &str) -> String {
    let (inventory, warnings) = load(second, LoadOptions::default());
    assert!(warnings.is_empty(), "{second}\n{warnings:?}");
    inventory.group_names("h1").join(" ")
}

#[test]
fn groups_are_named_after_values() {
    for (entry, expected) in [
        ("key: s", "_val web"),
        ("key: t, prefix: p", "p_valx web"),
        ("key: e", "web"),
        ("key: nope", "web"),
        ("key: e, default_value: D, prefix: p", "p_D web"),
        ("key: l", "_ _3 _a web"),
        ("key: l, default_value: D", "_3 _D _a web"),
        ("key: d, prefix: p", "p_e_ p_k_v web"),
        ("key: d, prefix: p, trailing_separator: false", "p_e p_k_v web"),
        ("key: s, separator: ''", "val web"),
        ("key: s, parent_group: 'a {{ s }}'", "_val a_val web"),
        ("key: group_names", "_web web"),
    ] {
        assert_eq!(
            group_names(&format!("plugin: constructed\nkeyed_groups: [{{{entry}}}]\n")),
            expected,
            "{entry}"
        );
    }
    let second = "plugin: ansible.builtin.constructed\nleading_separator: false\nkeyed_groups: [{key: s}, {key: s, prefix: p}]\n";
    assert_eq!(group_names(second), "p_val val web");
}

#[test]
fn variables_and_groups_are_made_of_expressions() {
    let second = "plugin: constructed\ncompose: {a: s ~ 'x', missing: nope, host: inventory_hostname}\n\
                  groups: {yes-no: a == 'valx', other: s == 'x', missing: nope.x, grouped: \"'web' in group_names\"}\n";
    let (inventory, warnings) = load(second, LoadOptions::default());
    assert!(warnings.is_empty(), "{warnings:?}");
    let variables = inventory.variables("h1").unwrap();
    assert_eq!(variables.get("a"), Some(&Value::from("valx")));
    assert_eq!(variables.get("host"), Some(&Value::from("h1")));
    assert!(variables.get("missing").is_none());
    assert_eq!(inventory.group_names("h1").join(" "), "grouped web yes_no");
    let (inventory, warnings) = load(&format!("{second}strict: true\n"), LoadOptions::default());
    assert!(format!("{warnings:?}").contains("Could not set missing for host h1"), "{warnings:?}");
    assert!(inventory.variables("h1").unwrap().get("a").is_none(), "what fails leaves nothing behind");
}

#[test]
fn extra_variables_are_seen_where_a_source_asks_for_them() {
    let extra_vars: Map = [(Value::from("s"), Value::from("extra"))].into_iter().collect();
    for (line, expected) in [("", "val"), ("use_extra_vars: true\n", "extra")] {
        let options = LoadOptions { extra_vars: Arc::new(extra_vars.clone()), ..LoadOptions::default() };
        let (inventory, _) = load(&format!("plugin: constructed\n{line}compose: {{a: s}}\n"), options);
        assert_eq!(inventory.variables("h1").unwrap().get("a"), Some(&Value::from(expected)));
    }
}

#[test]
fn hosts_are_generated_from_layers() {
    let second = "plugin: generator\nlayers: {os: [linux, bsd], size: ['1', '2']}\nhosts:\n  name: '{{ os }}{{ size }}'\n  parents:\n    \
                  - name: '{{ os }}'\n      vars: {os: '{{ os }}', later: ['{{ unknown }}']}\n      parents: [{name: any}]\n";
    let (inventory, warnings) = load(second, LoadOptions::default());
    assert!(warnings.is_empty(), "{warnings:?}");
    let groups = inventory.groups();
    assert_eq!(groups["any"].join(" "), "linux1 linux2 bsd1 bsd2");
    assert_eq!(groups["bsd"].join(" "), "bsd1 bsd2");
    let variables = Value::from((*inventory.variables("bsd2").unwrap()).clone());
    assert_eq!(variables.to_json(JsonStyle::LINE), r#"{"later": ["{{ unknown }}"], "os": "bsd"}"#);
}

#[test]
fn lists_may_hold_ranges_where_the_plugin_is_enabled() {
    let options =
        |plugin: &str| LoadOptions { plugins: Some(vec![plugin.to_owned()]), ..LoadOptions::default() };
    let names = |list: &str, plugin: &str| {
        let (inventory, warnings) = Inventory::load(&[list], options(plugin)).unwrap();
        let names: Vec<String> = inventory.hosts().map(|host| host.name().to_string()).collect();
        (names.join(" "), warnings.len())
    };
    assert_eq!(names("w[1:3]:22,x", "ansible.builtin.advanced_host_list"), ("w1 w2 w3 x".into(), 0));
    assert_eq!(names("w[1:3],", "host_list"), ("w[1:3]".into(), 0));
    assert_eq!(names("w[1:],", "advanced_host_list"), ("w[1:]".into(), 0));
    assert_eq!(names("w[1:j],", "advanced_host_list").0, "");
    assert_eq!(names("a,", "ini").0, "");
}
