//! What people write wrong in playbooks and templates, in `mistakes/cases.txt`: each message names the line, the column and
//! what to do. A case is a line `==> what is wrong`, the playbook, a line `--- LINE:COLUMN`, and the remedies that are told;
//! run with `UPDATE_EXPECTED=1` to write down what is told now.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use support::Scratch;

struct Case<'a> {
    name: &'a str,
    playbook: &'a str,
    expected: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    text.split("==> ")
        .skip(1)
        .map(|case| {
            let (name, rest) = case.split_once('\n').expect("a case has a name");
            let (playbook, expected) = rest.rsplit_once("\n--- ").expect("a case says what is expected");
            Case { name, playbook, expected: expected.trim_end() }
        })
        .collect()
}

/// The first place in the playbook that is told, and the remedies.
fn told(said: &str) -> (Option<&str>, Vec<&str>) {
    let place = said.lines().find_map(|line| line.trim_start().strip_prefix("--> site.yml:"));
    (place, said.lines().filter_map(|line| line.trim_start().strip_prefix("= hint: ")).collect())
}

#[test]
fn every_mistake_is_told_with_line_column_and_remedy() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("mistakes/cases.txt");
    let text = fs::read_to_string(&file).unwrap();
    let scratch = Scratch::of("mistakes", "site");
    let (mut wrong, mut updated) = (Vec::new(), String::new());
    let cases = cases(&text);
    for case in &cases {
        fs::write(scratch.path().join("site.yml"), format!("{}\n", case.playbook)).unwrap();
        let said = scratch.run("capstan play -i inventory site.yml");
        assert!(!said.contains("panicked"), "{}:\n{said}", case.name);
        let (place, remedies) = told(&said);
        let found = format!("{}\n{}", place.unwrap_or("nowhere"), remedies.join("\n"));
        if place.is_none() || remedies.is_empty() || found != case.expected {
            wrong
                .push(format!("{}: {}\n--- expected\n{}\n--- said\n{said}", case.name, found, case.expected));
        }
        write!(updated, "==> {}\n{}\n--- {found}\n\n", case.name, case.playbook).unwrap();
    }
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&file, updated).unwrap();
    }
    assert!(cases.len() >= 200, "only {} mistakes", cases.len());
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
