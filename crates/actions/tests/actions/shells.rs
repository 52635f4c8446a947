//! raw and script.

use actions::Verdict;
use value::Value;

use crate::desk::{Desk, text};

#[tokio::test]
async fn raw_runs_a_line_as_it_is() {
    let desk = Desk::new();
    desk.host.shell.lock().unwrap().extend([(0, "a\n", "b\n"), (3, "", ""), (0, "", "")]);
    let done = desk.done("raw: echo $HOME | tr a b").await;
    assert_eq!((text(&done, "stdout").as_str(), text(&done, "stderr").as_str()), ("a\n", "b\n"));
    assert!(done.changed() && done.verdict == Verdict::Done);
    let done = desk.done("raw: {cmd: exit 3}").await;
    assert_eq!((text(&done, "msg").as_str(), &done.verdict), ("non-zero return code", &Verdict::Failed));
    assert_eq!(done.result.get("rc"), Some(&Value::Int(3)));
    desk.done("raw: {cmd: \"echo 'it'\", executable: /bin/bash}").await;
    let lines = desk.host.lines.lock().unwrap();
    assert_eq!(*lines, ["echo $HOME | tr a b", "exit 3", "/bin/bash -c \"echo 'it'\""]);
}

#[tokio::test]
async fn a_dry_run_runs_nothing() {
    let desk = Desk::dry();
    let done = desk.done("raw: reboot").await;
    assert!(desk.host.lines.lock().unwrap().is_empty());
    assert!(done.changed() && done.verdict == Verdict::Done);
    for key in ["rc", "stdout", "stdout_lines", "stderr"] {
        assert!(matches!(done.result.get(key), Some(Value::Unknown(_))), "{key}");
    }
}

#[tokio::test]
async fn a_script_goes_to_the_host() {
    let desk = Desk::new().with_file("files/setup.sh", "#!/bin/sh\n");
    let done = desk.done("script: setup.sh --name 'my data'").await;
    let calls = desk.host.calls.lock().unwrap();
    let (module, arguments) = &calls[0];
    assert_eq!(module, "script");
    assert_eq!(arguments.get("cmd"), Some(&Value::from("setup.sh --name 'my data'")));
    assert_eq!(arguments.get("_script").unwrap().get("size"), Some(&Value::Int(10)));
    // The host in memory has no shell; what it was asked to run is told all the same.
    let ran = desk.host.machine.ran();
    assert!(ran.iter().any(|line| line.ends_with(" --name 'my data'")), "{ran:?} {done:?}");
}

#[tokio::test]
async fn a_script_that_is_not_needed_is_skipped() {
    let desk = Desk::new().with_file("setup.sh", "#!/bin/sh\n");
    let done = desk.done("script: {cmd: setup.sh, creates: /etc/passwd}").await;
    assert_eq!(done.verdict, Verdict::Skipped);
}

#[tokio::test]
async fn a_vaulted_script_is_opened() {
    let desk = Desk::new().with_vault("setup.sh", "#!/bin/sh\n");
    desk.done("script: setup.sh").await;
    let size = desk.host.calls.lock().unwrap()[0].1.get("_script").unwrap().get("size").cloned();
    assert_eq!(size, Some(Value::Int(10)));
}

#[tokio::test]
async fn a_script_has_to_be_there() {
    let error = Desk::new().error("script: nope.sh a").await;
    assert!(error.message().starts_with("Could not find or access 'nope.sh'\nSearched in:\n"), "{error}");
    assert!(error.message().contains("files/nope.sh\n"), "{error}");
    assert_eq!(error.span().unwrap().to_string(), "site.yml:1:9");
}
