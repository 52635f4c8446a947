//! What can't be done: the error says so clearly, a dry run tells the same one, and nothing of it is done by half.
//!
//! `bad_input/NAME.yml` is a playbook whose tasks fail, `NAME.sh` what to run on its host before. Its first line may be
//! `# host: machine`, that systemd must run there; `# prepare: SCRIPT` names what several run first. `NAME.snap` is what the run says.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::Path;

use lab::{Kind, Lab};
use support::{Scratch, Tree};

/// Runs a playbook dry and for real, and compares what was said with what it was when somebody last looked at it.
fn check(name: &str) {
    let scratch = Scratch::of("bad_input", "");
    let read = |path: &str| std::fs::read_to_string(scratch.path().join(path));
    let playbook = read(&format!("{name}.yml")).unwrap();
    let kind = if playbook.starts_with("# host: machine\n") { Kind::Machine } else { Kind::Sandbox };
    let lab = Lab::builder().names(["host"]).kind(kind).start().unwrap();
    let [host] = lab.hosts() else { panic!("there is one host") };
    host.wait_until_booted().unwrap();
    std::fs::write(scratch.path().join("lab.ini"), lab.inventory()).unwrap();
    let shared = playbook.lines().find_map(|line| line.strip_prefix("# prepare: "));
    let shared = shared.map(|script| read(script).unwrap());
    for script in shared.into_iter().chain(read(&format!("{name}.sh"))) {
        let prepared = host.shell(&script).unwrap();
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
    }
    let before = Tree::of(host, lab.directory());
    let play = |flags: &str| scratch.run(&format!("ansible-playbook -i lab.ini {name}.yml{flags}"));
    let without_command = |text: &str| text.split_once('\n').map(|(_, said)| said.to_owned());
    let predicted = play(" --check");
    let touched = before.differences(&Tree::of(host, lab.directory()));
    assert!(touched.is_empty(), "the dry run touched the host: {touched:#?}\n{predicted}");
    let happened = play("");
    assert_eq!(
        without_command(&predicted),
        without_command(&happened),
        "the dry run foretold something else"
    );
    let changed = before.differences(&Tree::of(host, lab.directory()));
    assert!(changed.is_empty(), "something was done by half: {changed:#?}\n{happened}");
    let numbers = regex_lite::Regex::new(r"process \d+").unwrap();
    scratch.assert_snapshot(name, &numbers.replace_all(&happened, "process NUMBER"));
}

/// One test for each playbook, and one that finds playbooks that are not listed.
macro_rules! playbooks {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*

        #[test]
        fn no_playbook_is_forgotten() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bad_input");
            let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let files = files.filter(|path| path.extension().is_some_and(|end| end == "yml"));
            let mut found: Vec<String> =
                files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),*]);
        }
    };
}

playbooks! {
    accounts
    archives
    disks
    edits
    files
    interrupted
    packages
    units
}
