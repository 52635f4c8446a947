//! Each module on a host of its own: a dry run changes nothing and predicts what the run then does, and a second run changes
//! nothing.
//!
//! The playbook of a module is `lab/NAME.yml`. Its first lines may say `# prepare: SCRIPT ...`, what to run on the host
//! before, and `# host: machine`, that systemd must run there. A task whose name begins with `Unforeseeable` is one of which
//! the dry run must say that it can't know.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use lab::{Kind, Lab, LabHost};
use support::{Scratch, Tree};

/// Actions that do nothing to a host.
const CONTROLLER_ONLY: [&str; 11] = [
    "add_host",
    "ansible._protomatter.debug",
    "assert",
    "debug",
    "fail",
    "group_by",
    "include_vars",
    "pause",
    "set_fact",
    "set_stats",
    "validate_argument_spec",
];

/// Modules whose programs no host of a lab has: those of access lists, a packet filter, a kernel of its own, pip, svn with a
/// server; and `reboot`, for a host of a lab that ends does not come back by itself. Targets of ansible-core and tests of
/// actions try them (`cargo xtask conformance subversion expect`).
const NOT_IN_A_LAB: [&str; 6] = ["acl", "iptables", "modprobe", "pip", "reboot", "subversion"];

/// A playbook and what it needs.
struct Case {
    name: String,
    prepare: Vec<PathBuf>,
    machine: bool,
}

impl Case {
    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("lab")
    }

    fn read(name: &str) -> Case {
        let file = Case::folder().join(format!("{name}.yml"));
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("'{name}' needs a playbook {}: {error}", file.display()));
        let option = |key: &str| text.lines().find_map(|line| line.strip_prefix(&format!("# {key}: ")));
        Case {
            name: name.to_owned(),
            prepare: option("prepare")
                .into_iter()
                .flat_map(str::split_whitespace)
                .map(|script| Case::folder().join(script))
                .collect(),
            machine: option("host") == Some("machine"),
        }
    }

    /// Runs the playbook dry, for real, and once more.
    fn check(&self, scratch: &Scratch, lab: &Lab, host: &LabHost) {
        for script in &self.prepare {
            let prepared = host.shell(&std::fs::read_to_string(script).unwrap()).unwrap();
            assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
        }
        let play = |flags: &str| {
            let line = format!("capstan play -i lab.ini --limit {} {}.yml {flags}", host.name, self.name);
            Run::of(&scratch.run(&line))
        };
        let untouched = Tree::of(host, lab.directory());
        let predicted = play("--check --diff");
        let differences = untouched.differences(&Tree::of(host, lab.directory()));
        assert!(differences.is_empty(), "the dry run touched the host: {differences:#?}\n{}", predicted.text);
        let real = play("--diff");
        real.assert_prediction(&predicted);
        let again = play("--diff");
        assert_eq!(again.changed, Vec::<String>::new(), "a second run changes something:\n{}", again.text);
    }
}

/// What a run said.
struct Run {
    text: String,
    /// By banner what stands below it.
    tasks: Vec<(String, String)>,
    /// The banners of the tasks that changed something.
    changed: Vec<String>,
}

impl Run {
    fn of(text: &str) -> Run {
        assert!(!text.contains("[exit code"), "the run failed:\n{text}");
        assert!(!text.contains("[standard error]"), "the run complains:\n{text}");
        let mut tasks: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.ends_with("***") {
                tasks.push((line.trim_end_matches('*').trim().to_owned(), String::new()));
            } else if let Some((_, said)) = tasks.last_mut() {
                *said += &format!("{line}\n");
            }
        }
        // The recap is the sum of the others.
        tasks.retain(|(banner, _)| banner != "PLAY RECAP");
        let changed = tasks.iter().filter(|(_, said)| said.lines().any(|line| line.starts_with("changed: ")));
        let changed = changed.map(|(banner, _)| banner.clone()).collect();
        Run { text: text.to_owned(), tasks, changed }
    }

    fn assert_prediction(&self, predicted: &Run) {
        let banners = |run: &Run| run.tasks.iter().map(|(banner, _)| banner.clone()).collect::<Vec<_>>();
        assert_eq!(
            banners(predicted),
            banners(self),
            "not the same tasks:\n{}\n{}",
            predicted.text,
            self.text
        );
        for ((banner, foretold), (_, happened)) in predicted.tasks.iter().zip(&self.tasks) {
            let unknown = foretold.lines().any(|line| line.starts_with("unknown: "));
            let unforeseeable = banner.contains("[Unforeseeable");
            assert_eq!(unknown, unforeseeable, "{banner}: whether it can be known:\n{foretold}");
            // A key that is made at random, and what is signed with it.
            let is_random = foretold.lines().any(|line| line.trim_start().starts_with("content  unknown: "));
            if is_random || banner.contains("[Random name]") {
                let changes = |said: &str| said.lines().filter(|line| line.starts_with("changed: ")).count();
                assert_eq!(changes(foretold), changes(happened), "{banner}: whether it changes something");
            } else if !unknown {
                assert!(
                    foretold == happened,
                    "{banner}: the dry run foretold\n{foretold}but then came\n{happened}"
                );
            }
        }
    }
}

/// Checks playbooks, each on a host of its own, a few at once, and tells of all that fail.
fn check(cases: &[Case], kind: Kind) {
    let names: Vec<String> = cases.iter().map(|case| case.name.replace('_', "-")).collect();
    let lab = Lab::builder().names(&names).kind(kind).start().unwrap();
    let queue = Mutex::new(cases.iter().zip(lab.hosts()));
    let failed = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some((case, host)) = next else { break };
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        host.wait_until_booted().unwrap();
                        let scratch = Scratch::of("lab", "");
                        std::fs::write(scratch.path().join("lab.ini"), lab.inventory()).unwrap();
                        case.check(&scratch, &lab, host);
                    }));
                    if outcome.is_err() {
                        failed.lock().unwrap().insert(case.name.clone(), ());
                    }
                }
            });
        }
    });
    let failed: Vec<String> = failed.into_inner().unwrap().into_keys().collect();
    assert!(failed.is_empty(), "failed, as told above: {failed:?}");
}

fn modules() -> Vec<Case> {
    let names = actions::manuals().map(|manual| manual.name).filter(|name| !CONTROLLER_ONLY.contains(name));
    let names = names.filter(|name| !NOT_IN_A_LAB.contains(name));
    names.map(Case::read).collect()
}

#[test]
fn every_module_predicts_converges_and_rests() {
    let cases: Vec<Case> = modules().into_iter().filter(|case| !case.machine).collect();
    check(&cases, Kind::Sandbox);
}

#[test]
fn every_module_that_needs_systemd_does_so_too() {
    let mut cases: Vec<Case> = modules().into_iter().filter(|case| case.machine).collect();
    // A whole site: a user, its folder, a template in it, a line in that, a package and its service, handlers.
    cases.push(Case::read("acceptance"));
    // What is to be known of packages out of a repository that the same run adds.
    cases.push(Case::read("foresight"));
    check(&cases, Kind::Machine);
}

#[test]
fn no_playbook_is_forgotten() {
    let mut known: BTreeSet<String> = modules().into_iter().map(|case| case.name).collect();
    known.extend(["acceptance".into(), "foresight".into()]);
    let files = std::fs::read_dir(Case::folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "yml"));
    let found: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(found, known);
    let all: BTreeSet<&str> = actions::manuals().map(|manual| manual.name).collect();
    for name in CONTROLLER_ONLY {
        assert!(all.contains(name), "{name} is no action");
    }
}
