//! reboot.

use actions::Verdict;
use value::Value;

use crate::desk::{Desk, text};

const OLD: (i32, &str, &str) = (0, "one\n", "");
const NEW: (i32, &str, &str) = (0, "two\n", "");
const PROGRAM: (i32, &str, &str) = (0, "/sbin/shutdown\n", "");

#[tokio::test(start_paused = true)]
async fn a_host_is_back_when_it_has_started_anew_and_works() {
    let desk = Desk::new();
    let works = [(1, "", "not yet"), (0, "root", "")];
    let answers = [OLD, PROGRAM, (0, "", ""), OLD, (255, "", "gone"), NEW];
    desk.host.shell.lock().unwrap().extend(answers.into_iter().chain(works));
    let done = desk.done("reboot: {pre_reboot_delay: 90, post_reboot_delay: 5, msg: \"it's so\"}").await;
    assert_eq!(done.verdict, Verdict::Done);
    assert!(done.changed());
    assert_eq!(done.result.get("rebooted"), Some(&Value::Bool(true)));
    // A minute, five seconds, and the pauses between attempts: one and two, and one.
    assert_eq!(done.result.get("elapsed"), Some(&Value::Int(69)));
    let lines = desk.host.lines.lock().unwrap();
    assert_eq!(lines[0], "cat /proc/sys/kernel/random/boot_id");
    assert!(lines[1].starts_with("for folder in '/sbin' '/bin'"), "{}", lines[1]);
    assert_eq!(lines[2], r"'/sbin/shutdown' '-r' '1' 'it'\''s so'");
    assert_eq!(lines[6..], ["whoami", "whoami"]);
    assert_eq!(*desk.host.resets.lock().unwrap(), 5, "each attempt has a connection of its own");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_come_back_is_not_waited_for_without_end() {
    let desk = Desk::new();
    desk.host.shell.lock().unwrap().extend([OLD, (0, "", "")]);
    desk.host.shell.lock().unwrap().extend(std::iter::repeat_n(OLD, 100));
    let done = desk.done("reboot: {reboot_timeout: 20, reboot_command: systemctl reboot}").await;
    assert_eq!(done.verdict, Verdict::Failed);
    assert_eq!(text(&done, "msg"), "Timed out waiting for last boot time check (timeout=20)");
    assert_eq!(done.result.get("elapsed"), Some(&Value::Int(20)));
    assert_eq!(desk.host.lines.lock().unwrap()[1], "systemctl reboot");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_can_not_is_left_alone() {
    let desk = Desk::new();
    desk.host.shell.lock().unwrap().extend([OLD, (1, "", "")]);
    let done = desk.done("reboot: {search_paths: [/opt]}").await;
    assert_eq!(text(&done, "msg"), "Unable to find command \"shutdown\" in search paths: ['/opt']");
    assert!(!done.changed());
    desk.host.shell.lock().unwrap().extend([OLD, PROGRAM, (1, "", "no")]);
    let done = desk.done("reboot:\n").await;
    assert_eq!(text(&done, "msg"), "Reboot command failed. Error was: 'no'");
}

#[tokio::test]
async fn a_dry_run_leaves_it_running() {
    let desk = Desk::dry();
    let done = desk.done("reboot:\n").await;
    assert!(done.changed() && desk.host.lines.lock().unwrap().is_empty());
    assert_eq!(*desk.host.resets.lock().unwrap(), 0);
}
