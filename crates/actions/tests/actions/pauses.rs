//! pause and wait_for_connection.

use actions::Verdict;
use value::Value;

use crate::desk::{Desk, text};

#[tokio::test]
async fn a_pause_waits() {
    let desk = Desk::new();
    let done = desk.done("pause: {seconds: 3}").await;
    desk.done("pause: {minutes: 2}").await;
    desk.done("pause: {seconds: 0}").await;
    assert_eq!(*desk.host.person.waited.lock().unwrap(), [3.0, 120.0, 1.0]);
    assert_eq!(text(&done, "stdout"), "Paused for 0.0 seconds", "the fake has not waited");
    assert_eq!(text(&done, "user_input"), "");
    assert_eq!(done.result.get("rc"), Some(&Value::Int(0)));
    let error = desk.error("pause: {seconds: 1, minutes: 1}").await;
    assert_eq!(error.message(), "parameters are mutually exclusive: minutes|seconds");
}

#[tokio::test]
async fn a_pause_asks() {
    let desk = Desk::new();
    desk.host.person.types.lock().unwrap().extend(["yes", "hunter2"]);
    let done = desk.done("pause: {prompt: Really?}").await;
    assert_eq!(text(&done, "user_input"), "yes");
    let done = desk.done("pause: {prompt: Password, echo: false}").await;
    assert!(done.result.get("user_input").unwrap().as_text().unwrap().is_secret());
    let asked = [
        ("[a task]\nReally?:".to_owned(), true),
        ("[a task]\nPassword (output is hidden):".to_owned(), false),
    ];
    assert_eq!(*desk.host.person.asked.lock().unwrap(), asked);
}

#[tokio::test]
async fn a_pause_goes_on_if_nobody_is_there() {
    let done = Desk::new().done("pause:\n").await;
    assert_eq!((text(&done, "user_input").as_str(), done.warnings.len()), ("", 1));
}

#[tokio::test]
async fn a_pause_can_be_aborted() {
    let mut desk = Desk::new();
    desk.host.person.aborts = true;
    assert_eq!(desk.error("pause: {seconds: 3}").await.message(), "user requested abort!");
}

#[tokio::test]
async fn a_dry_run_does_not_wait() {
    let desk = Desk::dry();
    assert_eq!(desk.done("pause: {minutes: 5}").await.verdict, Verdict::Done);
    assert!(desk.host.person.waited.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_waited_for() {
    let desk = Desk::new();
    *desk.host.unreachable.lock().unwrap() = 3;
    let done = desk.done("wait_for_connection: {delay: 10, sleep: 2}").await;
    assert_eq!(done.result.get("elapsed"), Some(&Value::Int(16)));
    assert!(!done.changed() && done.result.get("ping").is_none());
    assert_eq!(*desk.host.resets.lock().unwrap(), 4, "each attempt has a connection of its own");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_waited_for_without_end() {
    let desk = Desk::new();
    *desk.host.unreachable.lock().unwrap() = 1000;
    let done = desk.done("wait_for_connection: {timeout: 20, sleep: 3}").await;
    assert_eq!(text(&done, "msg"), "timed out waiting for the connection: no route to host");
    assert_eq!(done.verdict, Verdict::Failed);
    assert_eq!(done.result.get("elapsed"), Some(&Value::Int(18)));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tries_once() {
    let desk = Desk::dry();
    assert_eq!(
        desk.done("wait_for_connection: {delay: 100}").await.result.get("elapsed"),
        Some(&Value::Int(0))
    );
    *desk.host.unreachable.lock().unwrap() = 1;
    assert!(matches!(desk.done("wait_for_connection:\n").await.verdict, Verdict::Unknown(_)));
}
