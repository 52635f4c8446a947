//! The quickstart on throwaway hosts: its dry run predicts every change of its real run, and a second run changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program as it was built: `target/debug/deps/quickstart-0123456789abcdef` is this test.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("capstan");
    assert!(program.is_file(), "{} is missing; build it first: cargo xtask test", program.display());
    program
}

/// What became of each task on each host: the task, and `changed: [web1]` or the like.
fn fates(run: &str) -> Vec<(&str, &str)> {
    let mut task = "";
    let mut fates = Vec::new();
    for line in run.lines() {
        if line.starts_with("TASK [") || line.starts_with("RUNNING HANDLER [") {
            task = line.trim_end_matches('*');
        } else if ["ok: [", "changed: [", "skipping: [", "failed: [", "fatal: [", "unknown: ["]
            .iter()
            .any(|start| line.starts_with(start))
        {
            fates.push((task, line));
        }
    }
    fates
}

#[test]
fn the_dry_run_of_the_quickstart_tells_the_truth() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(program())
        .args(["lab", "play", "examples/quickstart/site.yml"])
        .args(["--inventory", "examples/quickstart/inventory.ini", "--tour"])
        .current_dir(root)
        .env("ANSIBLE_CONFIG", "/dev/null")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);
    let runs: Vec<&str> = stdout.split("\n=== ").skip(1).collect();
    let [dry, real, again] = runs[..] else { panic!("not three runs:\n{stdout}") };
    assert!(fates(real).iter().filter(|(_, fate)| fate.starts_with("changed: ")).count() > 30, "{real}");
    assert_eq!(fates(dry), fates(real), "the dry run predicted something else");
    let changed: Vec<_> = fates(again).into_iter().filter(|(_, fate)| !fate.starts_with("ok: ")).collect();
    assert!(changed.iter().all(|(_, fate)| fate.starts_with("skipping: ")), "the second run: {changed:?}");
    assert_picture(&root.join("README.md"), dry);
}

/// The picture in the README shows lines of the dry run, in their order.
fn assert_picture(readme: &Path, dry: &str) {
    let readme = std::fs::read_to_string(readme).unwrap();
    let picture = readme.split("```diff\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut lines = dry.lines();
    for shown in picture.lines().filter(|line| !line.is_empty() && !line.starts_with("$ ")) {
        assert!(lines.any(|line| line == shown), "the dry run does not show '{shown}' there:\n{dry}");
    }
}
