//! Module cases as data: what is on a host, a module's arguments, and what then changes. Every case is run on a host in
//! memory, first as a dry run, then for real, then once more: the dry run must predict the changes and touch nothing,
//! and the second run must change nothing.
//!
//! The cases are the files `modules/NAME.yml`, each a list of [`Case`]s.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;

use module::Manual;
use protocol::{Change, Outcome};
use serde::Deserialize;
use system::{MemoryBackend, NoCourier, Options, System};
use value::{JsonStyle, Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows.
    name: String,
    /// What is on the host beside the little that is always there.
    #[serde(default)]
    host: Host,
    /// As a playbook writes them.
    arguments: Value,
    /// The expected changes, one line each: `kind name: before -> after`.
    #[serde(default)]
    changes: Vec<String>,
    /// Some keys of the expected result.
    #[serde(default)]
    result: BTreeMap<String, Value>,
    /// A part of the expected failure's message.
    fails: Option<String>,
    /// A part of the cause for which a dry run says that it can't know.
    unknown: Option<String>,
    /// The module does something each time it is called.
    #[serde(default)]
    repeats: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Host {
    /// Content by path.
    files: BTreeMap<String, String>,
    directories: Vec<String>,
    /// Target by path.
    links: BTreeMap<String, String>,
    programs: Vec<String>,
    /// What programs say: by command line, the exit code and the output.
    answers: BTreeMap<String, (i32, String)>,
}

impl Host {
    fn build(&self) -> MemoryBackend {
        let backend = MemoryBackend::new();
        self.directories.iter().for_each(|path| backend.add_directory(path));
        self.files.iter().for_each(|(path, content)| backend.add_file(path, content));
        self.links.iter().for_each(|(path, target)| backend.add_link(path, target));
        self.programs.iter().for_each(|path| backend.add_program(path));
        self.answers.iter().for_each(|(line, (code, stdout))| backend.answer(line, *code, stdout));
        backend
    }
}

struct Call {
    outcome: Outcome,
    changes: Vec<Change>,
}

fn call(manual: &Manual, case: &Case, backend: &MemoryBackend, dry_run: bool) -> Call {
    let none = Map::new();
    let arguments = manual.schema.normalise(case.arguments.as_map().unwrap_or(&none));
    let arguments = arguments.unwrap_or_else(|problems| panic!("{}: {problems:?}", case.name));
    let mut host = System::new(Box::new(backend.clone()), Box::new(NoCourier));
    host.begin(Options { dry_run, diff: true, ..Options::default() });
    let outcome = modules::call(manual.name, arguments.into(), &mut host).expect("the module is in the list");
    Call { outcome, changes: host.finish().0.changes }
}

fn line(change: &Change) -> String {
    let show = |value: &Value| value.to_json(JsonStyle::LINE);
    format!("{} {}: {} -> {}", change.kind, change.name, show(&change.before), show(&change.after))
}

fn check(manual: &Manual, case: &Case) {
    let name = format!("{}: {}", manual.name, case.name);
    let backend = case.host.build();
    let untouched = backend.listing();
    let predicted = call(manual, case, &backend, true);
    assert_eq!(backend.listing(), untouched, "{name}: the dry run touched the host");
    if let Some(cause) = &case.unknown {
        match &predicted.outcome {
            Outcome::Unknown(unknown) => assert!(unknown.cause.contains(cause), "{name}: {unknown}"),
            Outcome::Done(result) => {
                let unknown = result.find_unknown().unwrap_or_else(|| panic!("{name}: nothing is unknown"));
                assert!(unknown.cause.contains(cause), "{name}: {unknown}");
            }
            other => panic!("{name}: not unknown but {other:?}"),
        }
    }
    let real = call(manual, case, &backend, false);
    match (&real.outcome, &case.fails) {
        (Outcome::Failed(result), Some(expected)) => {
            let message = result.get("msg").and_then(Value::as_str).unwrap_or_default();
            assert!(message.contains(expected.as_str()), "{name}: failed otherwise: {message}");
            assert!(
                matches!(predicted.outcome, Outcome::Failed(_)) || case.unknown.is_some(),
                "{name}: the dry run did not see the failure"
            );
        }
        (Outcome::Done(result), None) => {
            for (key, expected) in &case.result {
                assert_eq!(result.get(key), Some(expected), "{name}: result '{key}' in {result:?}");
            }
        }
        (outcome, expected) => panic!("{name}: {outcome:?}, expected failure: {expected:?}"),
    }
    let lines: Vec<String> = real.changes.iter().map(line).collect();
    assert_eq!(lines, case.changes, "{name}: changes");
    if case.unknown.is_none() {
        let predicted: Vec<String> = predicted.changes.iter().filter(|change| change.kind != "pending package").map(line).collect();
        assert_eq!(predicted, lines, "{name}: the dry run predicted something else");
    }
    if !case.repeats && case.fails.is_none() {
        let again = call(manual, case, &backend, false);
        assert_eq!(again.changes, [], "{name}: the second run changes something");
    }
}

#[test]
fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("modules");
    let mut count = 0;
    for manual in modules::manuals() {
        let file = folder.join(format!("{}.yml", manual.name));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("'{}' has no cases: write {}", manual.name, file.display()));
        let cases: Vec<Case> = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(!cases.is_empty(), "{} is empty", file.display());
        count += cases.len();
        cases.iter().for_each(|case| check(&manual, case));
    }
    assert!(count > 0);
}

#[test]
fn every_case_file_belongs_to_a_module() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("modules");
    let names: Vec<&str> = modules::manuals().iter().map(|manual| manual.name).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(&stem.as_str()), "{} belongs to no module", path.display());
    }
}
