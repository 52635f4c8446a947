//! include_vars.

use actions::{Done, Effect};
use value::{Map, Value};

use crate::desk::Desk;

fn variables(done: &Done) -> &Map {
    match &done.effects[..] {
        [Effect::IncludeVars(variables)] => variables,
        other => panic!("no variables but {other:?}"),
    }
}

fn names(done: &Done) -> Vec<&str> {
    variables(done).keys().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn a_file_is_read() {
    let desk = Desk::new().with("os", "debian").with_file("vars/debian.yml", "a: 1\nb: '{{ later }}'\n");
    let done = desk.done("include_vars: '{{ os }}.yml'").await;
    assert_eq!(variables(&done).get("a"), Some(&Value::Int(1)));
    let text = variables(&done).get("b").unwrap().as_text().unwrap();
    assert!(text.is_template(), "a variable is a template until it is used");
    let files = [desk.path("vars/debian.yml").display().to_string()];
    assert_eq!(done.result.get("ansible_included_var_files"), Some(&Value::list(files)));
    assert!(!done.changed());
    let done = desk.done("include_vars: {file: debian.yml, name: all_of_it}").await;
    assert_eq!(names(&done), ["all_of_it"]);
}

#[tokio::test]
async fn json_and_empty_files_are_read() {
    let desk = Desk::new().with_file("a.json", r#"{"a": [1, null]}"#).with_file("empty.yml", "---\n");
    assert_eq!(names(&desk.done("include_vars: a.json").await), ["a"]);
    assert!(variables(&desk.done("include_vars: empty.yml").await).is_empty());
}

#[tokio::test]
async fn a_directory_is_read_in_order() {
    let desk = Desk::new()
        .with_file("vars/all/b.yml", "x: b\nb: 1\n")
        .with_file("vars/all/a.yaml", "x: a\na: 1\n")
        .with_file("vars/all/sub/c.json", r#"{"x": "c", "c": 1}"#);
    let done = desk.done("include_vars: {dir: all}").await;
    assert_eq!(variables(&done).get("x"), Some(&Value::from("c")));
    assert_eq!(variables(&done).len(), 4);
    let done = desk.done("include_vars: {dir: all, depth: 1}").await;
    assert_eq!(variables(&done).get("x"), Some(&Value::from("b")));
    let done = desk.done("include_vars: {dir: all, files_matching: '^[ac]'}").await;
    assert_eq!(names(&done), ["x", "a", "c"]);
    let done = desk.done("include_vars: {dir: all, ignore_files: ['b.yml', json]}").await;
    assert_eq!(names(&done), ["x", "a"]);
}

#[tokio::test]
async fn other_endings_are_errors_unless_ignored() {
    let desk = Desk::new().with_file("vars/all/a.yml", "a: 1").with_file("vars/all/README.md", "no_text: 1");
    let error = desk.error("include_vars: {dir: all}").await;
    assert!(
        error.message().ends_with("README.md' does not have a valid extension: yaml, yml, json"),
        "{error}"
    );
    let done = desk.done("include_vars: {dir: all, ignore_unknown_extensions: true}").await;
    assert_eq!(names(&done), ["a"]);
    let done = desk.done("include_vars: {dir: all, extensions: [md], ignore_unknown_extensions: true}").await;
    assert_eq!(names(&done), ["no_text"]);
}

#[tokio::test]
async fn mappings_are_merged_if_that_is_wanted() {
    let known = Value::map([("a", Value::Int(1)), ("deep", Value::map([("x", 1)]))]);
    let desk = Desk::new().with("m", known).with_file("m.yml", "m: {b: 2, deep: {y: 2}}\n");
    let done = desk.done("include_vars: m.yml").await;
    assert_eq!(variables(&done).get("m").unwrap().as_map().unwrap().len(), 2);
    let done = desk.done("include_vars: {file: m.yml, hash_behaviour: merge}").await;
    let deep = Value::map([("x", 1), ("y", 2)]);
    let expected = Value::map([("a", Value::Int(1)), ("deep", deep), ("b", Value::Int(2))]);
    assert_eq!(variables(&done).get("m"), Some(&expected));
}

#[tokio::test]
async fn what_comes_out_of_a_vault_is_secret() {
    let desk = Desk::new().with_vault("v.yml", "password: hunter2\nlist: ['{{ password }}']\n");
    let done = desk.done("include_vars: v.yml").await;
    let password = variables(&done).get("password").unwrap().as_text().unwrap();
    assert!(password.is_secret() && password.is_trusted());
    assert!(!format!("{done:?}").contains("hunter2"), "{done:?}");
    let desk = Desk::new().with_vault("v.yml", "password: hunter2\nb: [\n");
    let error = desk.error("include_vars: v.yml").await;
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place() {
    let desk = Desk::new().with_file("list.yml", "- a\n").with_file("broken.yml", "a: 1\nb: [\n");
    let error = desk.error("include_vars: list.yml").await;
    assert!(error.message().ends_with("list.yml' must be stored as a dictionary/hash"), "{error}");
    let error = desk.error("include_vars: broken.yml").await;
    assert!(error.span().unwrap().to_string().contains("broken.yml:"), "{error:?}");
    let error = desk.error("include_vars: nope.yml").await;
    assert_eq!(error.span().unwrap().to_string(), "site.yml:1:15");
    let error = desk.error("include_vars: {dir: list.yml}").await;
    assert!(error.hints()[0].contains("file:"), "{error:?}");
    let error = desk.error("include_vars: {name: x}").await;
    assert_eq!(error.message(), "Could not find file on the Ansible Controller.");
    let error = desk.error("include_vars: {dir: ., files_matching: '('}").await;
    assert_eq!(error.message(), "'(' is not a regular expression");
}
