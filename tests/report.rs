//! The page of `--report` in a real browser, Debian's Chromium: what is on it after it was opened at an address.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use support::Scratch;

/// What a browser shows of a page that was opened at `#fragment`: its elements, without the data that they are made from.
fn shown(page: &Path, fragment: &str, size: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--window-size={size}"))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}#{fragment}", page.display()))
        .env("HOME", profile.path())
        .output()
        .unwrap_or_else(|error| panic!("chromium is needed, `cargo xtask install` installs it: {error}"));
    let elements = String::from_utf8(output.stdout).unwrap();
    let start = elements.find("<div id=\"page\">").unwrap_or_else(|| panic!("no page:\n{elements}"));
    let end = elements.find("<script type=\"application/json\"").unwrap();
    elements[start..end].to_owned()
}

fn assert_shows(shown: &str, parts: &[&str]) {
    for part in parts {
        assert!(shown.contains(part), "'{part}' is not on the page:\n{shown}");
    }
}

/// How often it stands there.
fn count(shown: &str, part: &str) -> usize {
    shown.matches(part).count()
}

const WIDE: &str = "1280,900";
const PHONE: &str = "375,800";

#[test]
fn a_dry_run_can_be_looked_at() {
    let scratch = Scratch::of("report", "run");
    let said = scratch.run(
        "capstan play -i inventory site.yml --vault-password-file vault-password --check --diff --report report.html",
    );
    assert!(said.contains("[exit code 2]"), "{said}");
    let page = scratch.path().join("report.html");
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    let file = fs::read_to_string(&page).unwrap();
    assert!(!file.contains("hunter2secret"), "a secret is in the file");
    let show = |fragment: &str| shown(&page, fragment, WIDE);

    let results = show("");
    assert_shows(
        &results,
        &[
            "site.yml<span class=\"mode dry\">dry run</span>",
            "a host failed",
            "Settings &amp; &lt;b&gt;services&lt;/b&gt;",
            "aria-label=\"web1.example.org: changed\"",
            "aria-label=\"web2.example.org: failed\"",
            "aria-label=\"web1.example.org: unknown\"",
            "aria-label=\"db1.example.org: skipped\"",
            "aria-label=\"db1.example.org: ignored\"",
            // The names are as long as they need be to tell the hosts apart.
            "<span>web1</span>",
        ],
    );
    assert_eq!(count(&results, ">Included</span>"), 2, "what is included twice has two rows:\n{results}");
    assert!(!results.contains("taken over</title>"), "the data is no markup");

    // The third task on the first host, with its difference.
    let opened = show("open=2.0");
    assert_shows(
        &opened,
        &[
            "<h2 id=\"panel-title\">Another port</h2>",
            "site.yml:19:7",
            "<div class=\"line changed\">~ file /",
            "<div class=\"line removed\">-PORT=80</div>",
            "<div class=\"line added\">+PORT=8080</div>",
            "<div class=\"line same\"> &lt;/script&gt;&lt;script&gt;document.title",
        ],
    );
    // A task on all hosts: to two of them the same happened.
    let task = show("open=4.");
    assert_shows(
        &task,
        &["2 hosts: web1, web2", "Nobody can know: ", "Ask a program that a dry run does not start"],
    );
    let items = show("open=5.1");
    assert_shows(&items, &["<code>one</code>", "<code>two</code>", "+two"]);
    let host = show("open=.2");
    assert_shows(&host, &["<h2 id=\"panel-title\">db1.example.org</h2>", "show this host only"]);

    let found = show("task=port&amp;host=web".replace("&amp;", "&").as_str());
    assert_shows(&found, &["1 task on 2 hosts", ">Another port</span>"]);
    assert!(!found.contains(">Folder</span>") && !found.contains("db1.example.org: "), "{found}");
    let failed = show("status=failed");
    assert_shows(&failed, &["1 task on 1 host", ">Fails on one</span>", "aria-pressed=\"true\""]);

    let unknowns = show("view=unknowns");
    assert_shows(
        &unknowns,
        &[
            "Nobody can know: ",
            "a dry run does not run commands",
            "site.yml:24:7",
            "Only if it said something",
            "2 hosts: web1, web2",
        ],
    );
    assert_shows(&show("view=changes"), &["<div class=\"line new\">+ directory /", "Items"]);
    let time = show("view=time");
    assert_shows(&time, &["<div class=\"lane\"", "class=\"bar s-", "What took longest"]);
    assert_shows(
        &show("view=graph"),
        &["<figcaption>site.yml</figcaption>", "class=\"node n-failed\"", "Another port"],
    );

    // On a phone the opened result is there as well.
    assert_shows(
        &shown(&page, "open=2.0", PHONE),
        &["+PORT=8080", "<h2 id=\"panel-title\">Another port</h2>"],
    );
}

#[test]
fn a_run_that_is_interrupted_has_a_report_too() {
    let scratch = Scratch::of("report", "run");
    let said = scratch
        .run("sh -c 'echo $$ > process; exec capstan play -i inventory stop.yml --report report.html'");
    assert!(said.contains("[exit code 99]"), "{said}");
    let page = scratch.path().join("report.html");
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    assert_shows(
        &shown(&page, "", WIDE),
        &[
            "real run",
            "s-interrupted\">interrupted</span>",
            "aria-label=\"web1.example.org: ok\"",
            "aria-label=\"web1.example.org: interrupted\"",
        ],
    );
}

#[test]
fn a_report_that_can_not_be_written_is_told_before_anything_runs() {
    let scratch = Scratch::of("report", "run");
    let said = scratch.run("capstan play -i inventory site.yml --vault-password-file vault-password --report nowhere/report.html");
    assert!(said.contains("can't write the report nowhere/report.html") && !said.contains("PLAY"), "{said}");
    assert!(said.contains("[exit code 1]"), "{said}");
}

/// A page of many hosts and tasks shows what can be seen, and has no elements for the rest.
#[test]
fn many_hosts_and_tasks_are_no_trouble() {
    let (hosts, tasks) = (500, 300);
    let scratch = Scratch::of("report", "run");
    scratch.run("capstan play -i inventory stop.yml --check --report report.html");
    let page = scratch.path().join("report.html");
    let file = fs::read_to_string(&page).unwrap();
    let cells = (0..hosts * tasks)
        .map(|number| json!([number / hosts, number % hosts, number % 3, number / hosts * 10, 5, -1]));
    let data = json!({
        "name": "large.yml", "version": "0", "dry": false, "diff": false, "outcome": "good", "began": 0, "took": tasks * 10,
        "hosts": (0..hosts).map(|number| format!("web{number:03}")).collect::<Vec<_>>(),
        "plays": [{ "name": 0, "playbook": 0 }],
        "tasks": (0..tasks).map(|number| json!({ "title": number + 1, "play": 0, "handler": false, "place": null, "action": null })).collect::<Vec<_>>(),
        "cells": cells.collect::<Vec<_>>(),
        "details": [], "messages": [],
        "texts": std::iter::once("play".to_owned()).chain((0..tasks).map(|number| format!("Task {number:03}"))).collect::<Vec<_>>(),
    });
    let (before, rest) = file.split_once("id=\"capstan-data\">").unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    fs::write(&page, format!("{before}id=\"capstan-data\">{data}</script>{after}")).unwrap();

    let first = shown(&page, "", WIDE);
    assert_shows(&first, &["300 tasks on 500 hosts", "50,000", "Task 000", "web000: ok"]);
    assert!(count(&first, "<div") < 3_000, "{} elements", count(&first, "<div"));
    // What is opened is scrolled to.
    let far = shown(&page, "open=299.499", WIDE);
    assert_shows(
        &far,
        &["<h2 id=\"panel-title\">Task 299</h2>", "web499: ", "class=\"cell s-skipped at opened\""],
    );
    assert!(!far.contains(">Task 000</span>"), "the beginning is out of sight");
    let time = shown(&page, "view=time", WIDE);
    assert!(count(&time, "<div") < 20_000, "{} elements", count(&time, "<div"));
}
