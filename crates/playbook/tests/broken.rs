//! What is said about broken playbooks. Each file in `tests/broken` holds a site and what loading it says; run with
//! `UPDATE_EXPECTED=1` to write down what is said now.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::Site;

const EXPECTED: &str = "expected";

/// The parts of a case: each starts with a line `== NAME`.
fn parts(text: &str) -> Vec<(&str, &str)> {
    text.split("== ")
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('\n').unwrap_or((part, "")))
        .collect()
}

#[test]
fn every_broken_playbook_gets_its_error() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut cases: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 30, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let text = std::fs::read_to_string(&case).unwrap();
        let parts = parts(&text);
        let files = parts.iter().copied().filter(|(name, _)| *name != EXPECTED);
        let site = Site::new(files.clone());
        let said = match site.load() {
            Ok(playbook) => format!("no error\n{}", site.shown(&playbook.warnings)),
            Err(errors) => site.shown(&errors),
        };
        let expected = parts.iter().find(|(name, _)| *name == EXPECTED).map_or("", |(_, expected)| expected);
        if said == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            let site: String = files.map(|(name, text)| format!("== {name}\n{text}")).collect();
            std::fs::write(&case, format!("{site}== {EXPECTED}\n{said}")).unwrap();
        }
        wrong.push(format!("{}:\n--- expected\n{expected}--- said\n{said}", case.display()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is left when a line is missing, or a value, is read to the end: with errors or without, but never by a panic.
#[test]
fn damaged_playbooks_are_read_to_the_end() {
    const WHOLE: &str = include_str!("whole.yml");
    let load = |text: &str| {
        let others = [("p.yml", "- hosts: all\n"), ("roles/r/tasks/main.yml", "[]\n"), ("t.yml", "[]\n")];
        Site::new([("site.yml", text)].into_iter().chain(others)).load()
    };
    load(WHOLE).unwrap();
    let lines: Vec<&str> = WHOLE.lines().collect();
    for number in 0..lines.len() {
        let key = lines[number].split_once(':').map(|(key, _)| key).unwrap_or_default();
        for instead in
            ["", &format!("{key}:"), &format!("{key}: []"), &format!("{key}: {{}}"), &format!("{key}: 7")]
        {
            let mut damaged = lines.clone();
            damaged[number] = instead;
            if let Err(errors) = load(&damaged.join("\n")) {
                assert!(errors.iter().all(|error| !error.message().is_empty()));
            }
        }
    }
}
