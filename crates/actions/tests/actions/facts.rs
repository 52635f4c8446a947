//! set_fact, debug and fail.

use actions::{Effect, Verdict};
use value::{Map, Text, Value};

use crate::desk::{Desk, text};

fn facts(effect: &Effect) -> (&Map, bool) {
    match effect {
        Effect::SetFacts { facts, cacheable } => (facts, *cacheable),
        other => panic!("no facts but {other:?}"),
    }
}

#[tokio::test]
async fn facts_keep_their_types() {
    let desk = Desk::new().with("x", 5);
    let done =
        desk.done("set_fact:\n  a: \"{{ x + 1 }}\"\n  b: [\"{{ x }}\", 'yes']\n  c: 'yes'\n  d:\n").await;
    let (facts, cacheable) = facts(&done.effects[0]);
    assert!(!cacheable);
    assert_eq!(facts.get("a"), Some(&Value::Int(6)));
    assert_eq!(facts.get("b"), Some(&Value::list([Value::Int(5), "yes".into()])));
    assert_eq!(facts.get("c"), Some(&Value::from("yes")));
    assert_eq!(facts.get("d"), Some(&Value::Null));
    assert_eq!(done.result.get("ansible_facts").unwrap().as_map(), Some(facts));
    assert!(!done.changed());
}

#[tokio::test]
async fn cacheable_is_no_variable() {
    let done = Desk::new().done("set_fact: {a: 1, cacheable: 'yes'}").await;
    let (facts, cacheable) = facts(&done.effects[0]);
    assert!(cacheable);
    assert_eq!(facts.len(), 1);
}

#[tokio::test]
async fn what_is_unknown_is_assigned_as_unknown() {
    let done = Desk::dry().with_unknown("out").done("set_fact: {a: '{{ out }}', b: 1}").await;
    let (facts, _) = facts(&done.effects[0]);
    assert!(matches!(facts.get("a"), Some(Value::Unknown(_))));
    assert_eq!(facts.get("b"), Some(&Value::Int(1)));
    assert_eq!(done.verdict, Verdict::Done);
}

#[tokio::test]
async fn facts_need_names_of_variables() {
    let error = Desk::new().error("set_fact:\n  a: 1\n  a-b: 2\n").await;
    assert_eq!(error.message(), "Invalid variable name 'a-b'.");
    assert_eq!(error.span().unwrap().to_string(), "site.yml:3:3");
    assert!(Desk::new().error("set_fact:\n").await.message().starts_with("No key/value pairs provided"));
    assert!(
        Desk::new()
            .error("set_fact: {cacheable: true}")
            .await
            .message()
            .starts_with("No key/value pairs provided")
    );
}

#[tokio::test]
async fn debug_shows_messages_and_expressions() {
    let desk = Desk::new().with("x", Value::map([("y", 5)])).with("name", Text::trusted("x.y", None));
    let done = desk.done("debug: {msg: 'it is {{ x.y }}'}").await;
    assert_eq!((text(&done, "msg").as_str(), done.shown), ("it is 5", true));
    assert_eq!(text(&desk.done("debug:\n").await, "msg"), "Hello world!");
    assert_eq!(text(&desk.done("debug: {var: x.y}").await, "x.y"), "5");
    assert_eq!(text(&desk.done("debug: {var: '{{ name }}'}").await, "x.y"), "5", "the name of a variable");
    let done = desk.done("debug: {msg: a, verbosity: 2}").await;
    assert_eq!(done.verdict, Verdict::Skipped);
}

#[tokio::test]
async fn debug_tells_what_can_not_be_shown() {
    let done = Desk::new().done("debug: {var: nope}").await;
    assert_eq!(text(&done, "nope"), "<< error 1 - 'nope' is undefined >>");
    assert_eq!(done.verdict, Verdict::Done);
}

#[tokio::test]
async fn debug_never_evaluates_what_a_host_said() {
    let desk = Desk::new().with("x", 5).with("said", "x + 1");
    let error = desk.error("debug: {var: '{{ said }}'}").await;
    assert_eq!(error.message(), "Encountered untrusted template or expression.");
    assert_eq!(error.span().unwrap().to_string(), "site.yml:1:14");
}

#[tokio::test]
async fn fail_fails() {
    let done = Desk::new().with("x", 5).done("fail: {msg: 'no {{ x }}'}").await;
    assert_eq!((text(&done, "msg").as_str(), &done.verdict), ("no 5", &Verdict::Failed));
    let done = Desk::new().done("fail:\n").await;
    assert_eq!(text(&done, "msg"), "Failed as requested from task");
    let done = Desk::dry().with_unknown("out").done("fail: {msg: '{{ out }}'}").await;
    assert_eq!(done.verdict, Verdict::Failed, "whatever it will say");
}
