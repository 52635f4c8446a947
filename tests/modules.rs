//! Module cases as data: what is on a host, a module's arguments, and what then changes. Every case is run on a host in
//! memory, first as a dry run, then for real, then once more: the dry run must predict the changes and touch nothing,
//! and the second run must change nothing.
//!
//! The cases are the files `modules/NAME.yml`, each a list of [`Case`]s.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

use module::{Manual, TransferredFile, TransferredKind, blob_value};
use protocol::{Blob, BlobId, Change, Outcome};
use serde::Deserialize;
use system::{
    Backend, Courier, Effect, Foresight, HttpResponse, MemoryBackend, Options, System, blob_id, sha1_hex,
};
use value::{JsonStyle, Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows.
    name: String,
    /// What is on the host beside the little that is always there.
    #[serde(default)]
    host: Host,
    /// Tasks that come before it, in the dry run and for real.
    #[serde(default)]
    earlier: Vec<Earlier>,
    /// As a playbook writes them.
    arguments: Value,
    /// What the controller sends along with the arguments.
    #[serde(default)]
    sent: Sent,
    /// What the controller must be sent.
    received: Option<String>,
    /// The expected changes, one line each: `kind name: before -> after`.
    #[serde(default)]
    changes: Vec<String>,
    /// Some keys of the expected result; of a mapping some of its keys.
    #[serde(default)]
    result: BTreeMap<String, Value>,
    /// A part of the expected failure's message.
    fails: Option<String>,
    /// Only the real run can tell that it fails.
    #[serde(default)]
    unforeseen: bool,
    /// How far the dry run looks ahead.
    #[serde(default)]
    predict: Foresight,
    /// A part of the cause for which a dry run says that it can't know.
    unknown: Option<String>,
    /// The module does something each time it is called.
    #[serde(default)]
    repeats: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Earlier {
    module: String,
    arguments: Value,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Sent {
    /// Content by path below the destination; an empty path is the single file.
    files: BTreeMap<String, String>,
    directories: Vec<String>,
    /// Target by path.
    links: BTreeMap<String, String>,
    /// The permission bits that all of them have on the controller.
    mode: Option<u32>,
    /// What a single file is called on the controller.
    name: Option<String>,
    /// A script of the controller.
    script: Option<String>,
    /// The controller has lost the contents: the module must do without them.
    lost: bool,
}

impl Sent {
    fn arguments(&self) -> Map {
        let file =
            |relative: &String, kind| TransferredFile { relative: relative.clone(), kind, mode: self.mode };
        let directories = self.directories.iter().map(|path| file(path, TransferredKind::Directory));
        let links = self.links.iter().map(|(path, target)| file(path, TransferredKind::Link(target.clone())));
        let blob = |content: &String| {
            let bytes = content.as_bytes();
            Blob { id: blob_id(bytes), sha1: sha1_hex(bytes), size: bytes.len() as u64, bytes: None }
        };
        let files = self.files.iter().map(|(path, content)| file(path, TransferredKind::File(blob(content))));
        let all: Vec<TransferredFile> = directories.chain(files).chain(links).collect();
        let mut map = Map::new();
        if !all.is_empty() {
            map.insert("_files".into(), Value::list(all));
        }
        if let Some(script) = &self.script {
            map.insert("_script".into(), blob_value(blob(script)));
        }
        if let Some(name) = &self.name {
            map.insert("_original_basename".into(), name.as_str().into());
        }
        map
    }
}

/// A controller that has the files of a case.
#[derive(Clone, Default)]
struct Controller {
    blobs: BTreeMap<BlobId, Vec<u8>>,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Courier for Controller {
    fn fetch(&mut self, id: BlobId) -> Result<Vec<u8>, String> {
        self.blobs.get(&id).cloned().ok_or_else(|| "it is lost".into())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.received.lock().unwrap().extend(bytes);
        Ok(())
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Host {
    /// Content by path.
    files: BTreeMap<String, String>,
    /// Content by path, of files that are no text.
    bytes: BTreeMap<String, Vec<u8>>,
    /// Permission bits by path.
    modes: BTreeMap<String, u32>,
    directories: Vec<String>,
    /// Target by path.
    links: BTreeMap<String, String>,
    programs: Vec<String>,
    /// What programs say: by command line, the exit code and the output.
    answers: BTreeMap<String, (i32, String)>,
    /// What is said at open ports.
    ports: BTreeMap<u16, String>,
    /// What web servers answer, by `GET http://host/path`.
    pages: BTreeMap<String, Page>,
    /// What programs do, by command line.
    effects: BTreeMap<String, ProgramEffect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    status: u16,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

impl Page {
    fn build(&self) -> HttpResponse {
        HttpResponse {
            status: self.status,
            reason: self.reason.clone(),
            headers: self.headers.clone().into_iter().collect(),
            body: self.body.clone().into_bytes(),
            complete: true,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ProgramEffect {
    /// Files by path: their new content, or nothing if they go away.
    files: BTreeMap<String, Option<String>>,
    /// What programs answer from then on.
    answers: BTreeMap<String, (i32, String)>,
}

impl ProgramEffect {
    fn build(&self) -> Effect {
        Effect {
            files: self.files.clone().into_iter().collect(),
            answers: self
                .answers
                .iter()
                .map(|(line, (code, stdout))| (line.clone(), *code, stdout.clone()))
                .collect(),
        }
    }
}

impl Host {
    fn build(&self) -> MemoryBackend {
        let backend = MemoryBackend::new();
        self.directories.iter().for_each(|path| backend.add_directory(path));
        self.files.iter().for_each(|(path, content)| backend.add_file(path, content));
        self.links.iter().for_each(|(path, target)| backend.add_link(path, target));
        for (path, bytes) in &self.bytes {
            backend.clone().write(Path::new(path), bytes, 0o644, 0, 0).expect("its directory is there");
        }
        self.modes.iter().for_each(|(path, bits)| {
            backend.clone().set_permissions(Path::new(path), *bits).expect("it is there")
        });
        self.programs.iter().for_each(|path| backend.add_program(path));
        self.ports.iter().for_each(|(port, greeting)| backend.add_port(*port, greeting));
        self.answers.iter().for_each(|(line, (code, stdout))| backend.answer(line, *code, stdout));
        self.pages.iter().for_each(|(request, page)| backend.add_page(request, page.build()));
        self.effects.iter().for_each(|(line, effect)| backend.effect(line, effect.build()));
        backend
    }
}

struct Call {
    outcome: Outcome,
    changes: Vec<Change>,
    received: String,
}

fn call(manual: &Manual, case: &Case, backend: &MemoryBackend, dry_run: bool) -> Call {
    let none = Map::new();
    let normalise = |manual: &Manual, arguments: &Value| {
        let arguments = arguments.as_map().unwrap_or(&none);
        // What the controller's half adds is no argument that anybody writes.
        let is_added = |name: &str| name.starts_with('_') && name != "_raw_params";
        let (added, written): (Vec<_>, Vec<_>) =
            arguments.clone().into_iter().partition(|(name, _)| name.as_str().is_some_and(is_added));
        let mut arguments = manual
            .schema
            .normalise(&written.into_iter().collect())
            .unwrap_or_else(|problems| panic!("{}: {problems:?}", case.name));
        arguments.extend(added);
        arguments
    };
    let mut controller = Controller::default();
    if !case.sent.lost {
        let contents = case.sent.files.values().chain(&case.sent.script).map(|content| content.as_bytes());
        controller.blobs = contents.map(|bytes| (blob_id(bytes), bytes.to_vec())).collect();
    }
    let mut host = System::new(Box::new(backend.clone()), Box::new(controller.clone()));
    let options = Options { dry_run, foresight: case.predict, diff: true, ..Options::default() };
    for earlier in &case.earlier {
        let manuals = modules::manuals();
        let manual =
            manuals.iter().find(|manual| manual.name == earlier.module).expect("the module is in the list");
        host.begin(options.clone());
        let outcome = modules::call(manual.name, normalise(manual, &earlier.arguments).into(), &mut host);
        assert!(matches!(outcome, Some(Outcome::Done(_))), "{}: {}: {outcome:?}", case.name, earlier.module);
    }
    let mut arguments = normalise(manual, &case.arguments);
    arguments.extend(case.sent.arguments());
    host.begin(options);
    let outcome = modules::call(manual.name, arguments.into(), &mut host).expect("the module is in the list");
    let received = String::from_utf8_lossy(&controller.received.lock().unwrap()).into_owned();
    Call { outcome, changes: host.finish().0.changes, received }
}

/// Whether a value is as expected; of a mapping only the expected keys count.
fn is_as_expected(expected: &Value, found: &Value) -> bool {
    match (expected.as_map(), found.as_map()) {
        (Some(expected), Some(found)) => expected
            .iter()
            .all(|(key, expected)| found.get(key).is_some_and(|found| is_as_expected(expected, found))),
        _ => expected == found,
    }
}

/// Owners are named beside their numbers for people; the numbers are enough here.
fn without_names(value: &Value) -> Value {
    let Some(map) = value.as_map().filter(|map| map.contains_key("uid") && map.contains_key("owner")) else {
        return value.clone();
    };
    let mut map = map.clone();
    map.retain(|key, _| !matches!(key.as_str(), Some("owner" | "group")));
    map.into()
}

fn line(change: &Change) -> String {
    let show = |value: &Value| without_names(value).to_json(JsonStyle::LINE);
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
                matches!(predicted.outcome, Outcome::Failed(_)) || case.unknown.is_some() || case.unforeseen,
                "{name}: the dry run did not see the failure"
            );
        }
        (Outcome::Done(result), None) => {
            for (key, expected) in &case.result {
                let found = result.get(key).is_some_and(|found| is_as_expected(expected, found));
                assert!(found, "{name}: result '{key}' is not {expected:?} in {result:?}");
            }
            if let Some(received) = &case.received {
                assert_eq!(&real.received, received, "{name}: what the controller received");
            }
        }
        (outcome, expected) => panic!("{name}: {outcome:?}, expected failure: {expected:?}"),
    }
    let lines: Vec<String> = real.changes.iter().map(line).collect();
    assert_eq!(lines, case.changes, "{name}: changes");
    if case.unknown.is_none() && !case.unforeseen {
        let predicted: Vec<String> =
            predicted.changes.iter().filter(|change| change.kind != "pending package").map(line).collect();
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
    let mut failed = Vec::new();
    for manual in modules::manuals() {
        let file = folder.join(format!("{}.yml", manual.name));
        let Ok(text) = std::fs::read_to_string(&file) else {
            failed.push(format!("'{}' has no cases: write {}", manual.name, file.display()));
            continue;
        };
        let cases: Vec<Case> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(!cases.is_empty(), "{} is empty", file.display());
        count += cases.len();
        for case in &cases {
            // Each tells what is wrong with it, so that one failure does not hide another.
            if catch_unwind(AssertUnwindSafe(|| check(&manual, case))).is_err() {
                failed.push(format!("{}: {}", manual.name, case.name));
            }
        }
    }
    assert!(failed.is_empty(), "failed:\n{}", failed.join("\n"));
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
