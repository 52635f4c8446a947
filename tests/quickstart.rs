//! The quickstart on throwaway hosts: its dry run predicts every change of its real run, and a second run changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

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

/// Runs the quickstart on hosts of a kind, and gives what the dry run, the real run and the second run printed.
fn tour(kind: &str) -> [String; 3] {
    let output = Command::new(program())
        .args([
            "lab",
            "play",
            "examples/quickstart/site.yml",
            "--inventory",
            "examples/quickstart/inventory.ini",
        ])
        .args(["--tour", "--kind", kind])
        .current_dir(root())
        .env("ANSIBLE_CONFIG", "/dev/null")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);
    let runs: Vec<String> = stdout.split("\n=== ").skip(1).map(str::to_owned).collect();
    runs.try_into().unwrap_or_else(|runs: Vec<_>| panic!("{} runs:\n{stdout}", runs.len()))
}

fn assert_truthful([dry, real, again]: &[String; 3]) {
    assert!(fates(real).iter().filter(|(_, fate)| fate.starts_with("changed: ")).count() > 30, "{real}");
    assert_eq!(fates(dry), fates(real), "the dry run predicted something else");
    let others: Vec<_> = fates(again).into_iter().filter(|(_, fate)| !fate.starts_with("ok: ")).collect();
    assert!(others.iter().all(|(_, fate)| fate.starts_with("skipping: ")), "the second run: {others:?}");
}

#[test]
fn the_dry_run_tells_the_truth() {
    let runs = tour("sandbox");
    assert_truthful(&runs);
    assert_picture(&root().join("README.md"), &runs[0]);
}

#[test]
fn the_dry_run_tells_the_truth_where_there_is_systemd() {
    let runs = tour("machine");
    assert_truthful(&runs);
    assert!(runs[0].contains("+ file /etc/systemd/system/site-check.service"), "{}", runs[0]);
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
