//! assert.

use actions::Verdict;
use value::{Text, Value};

use crate::desk::{Desk, text};

#[tokio::test]
async fn all_conditions_hold() {
    let desk = Desk::new().with("x", 5);
    let done = desk.done("assert:\n  that:\n    - x == 5\n    - x in [4, 5, 6]\n    - true\n").await;
    assert_eq!((text(&done, "msg").as_str(), done.shown), ("All assertions passed", true));
    let done = desk.done("assert: {that: 'x in [1, 5]', success_msg: 'good {{ x }}', quiet: true}").await;
    assert_eq!((text(&done, "msg").as_str(), done.shown), ("good 5", false));
}

#[tokio::test]
async fn the_first_that_does_not_hold_is_told_with_its_place() {
    let desk = Desk::new().with("x", 5);
    let done = desk.done("assert:\n  that:\n    - x == 5\n    - x == 6\n    - x == 7\n").await;
    assert_eq!(done.verdict, Verdict::Failed);
    assert_eq!(text(&done, "assertion"), "x == 6");
    assert_eq!(done.result.get("evaluated_to"), Some(&Value::Bool(false)));
    let message = done.result.get("msg").unwrap().as_text().unwrap();
    assert_eq!(message.as_str(), "Assertion failed");
    assert_eq!(message.origin().unwrap().to_string(), "site.yml:4:7");
    assert!(!message.is_trusted());
}

#[tokio::test]
async fn messages_are_texts_or_lists_under_either_name() {
    let desk = Desk::new().with("x", 5);
    let done = desk.done("assert: {that: x == 6, msg: 'x is {{ x }}'}").await;
    assert_eq!(text(&done, "msg"), "x is 5");
    let done = desk.done("assert: {that: x == 6, fail_msg: [a, b]}").await;
    assert_eq!(done.result.get("msg"), Some(&Value::list(["a", "b"])));
    let done = desk.done("assert: {that: x == 6, fail_msg: ''}").await;
    assert_eq!(text(&done, "msg"), "Assertion failed");
}

#[tokio::test]
async fn a_secret_message_stays_secret() {
    let desk = Desk::new().with("password", Text::new("hunter2").secret());
    let done = desk.done("assert: {that: 1 == 2, msg: '{{ password }}'}").await;
    assert!(done.result.get("msg").unwrap().as_text().unwrap().is_secret());
}

#[tokio::test]
async fn conditions_may_be_named_by_a_template() {
    let conditions =
        Value::list([Value::String(Text::trusted("x == 5", None)), Text::trusted("x == 6", None).into()]);
    let desk = Desk::new().with("x", 5).with("conditions", conditions).with_template("single", "x == 6");
    let done = desk.done("assert: {that: '{{ conditions }}'}").await;
    assert_eq!(text(&done, "assertion"), "x == 6");
    let done = desk.done("assert: {that: '{{ x == 5 }}'}").await;
    assert_eq!(done.verdict, Verdict::Done);
    assert_eq!(desk.done("assert: {that: single}").await.verdict, Verdict::Failed);
}

#[tokio::test]
async fn what_a_host_said_is_no_condition() {
    let desk = Desk::new().with("x", 5).with("said", "x == 5");
    assert!(desk.error("assert: {that: said}").await.span().is_some());
}

#[tokio::test]
async fn an_error_has_the_place_of_the_condition() {
    let error = Desk::new().error("assert:\n  that:\n    - nope == 1\n").await;
    assert_eq!(error.message(), "'nope' is undefined");
    assert_eq!(error.span().unwrap().position().line, 3);
    let error = Desk::new().with("x", 5).error("assert: {that: x}").await;
    assert_eq!(error.span().unwrap().to_string(), "site.yml:1:16");
}

#[tokio::test]
async fn a_dry_run_tells_what_it_knows() {
    let desk = Desk::dry().with("x", 5).with_unknown("out");
    let done = desk.done("assert: {that: [out == 1, x == 5]}").await;
    assert!(
        matches!(&done.verdict, Verdict::Unknown(unknown) if unknown.cause == "a command that was not run")
    );
    let done = desk.done("assert: {that: [out == 1, x == 6]}").await;
    assert_eq!(done.verdict, Verdict::Failed, "it fails either way");
    let done = desk.done("assert: {that: x == 5, msg: '{{ out }}'}").await;
    assert_eq!(done.verdict, Verdict::Done, "the message does not matter");
}
