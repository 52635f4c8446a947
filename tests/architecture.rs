//! Checks what `docs/architecture.md` promises about the code: the layers, and what must be absent.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Where a crate stands in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Number(u32),
    /// Beside the layers: for development, and for throwaway hosts.
    Development,
}

/// The layers by the crates' folders, read from the table.
fn layers() -> BTreeMap<String, Layer> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let mut layers = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, layer, folder, _, ""] = cells[..] else { continue };
        let Some(folder) = folder.strip_prefix('`').and_then(|folder| folder.strip_suffix('`')) else {
            continue;
        };
        let layer = match layer {
            "dev" => Layer::Development,
            number => {
                Layer::Number(number.parse().unwrap_or_else(|_| panic!("'{number}' is no layer: {line}")))
            }
        };
        let twice = layers.insert(folder.trim_end_matches('/').to_owned(), layer);
        assert_eq!(twice, None, "{folder} is in the table twice");
    }
    layers
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `null` for what the program itself is made of.
    kind: Option<String>,
    /// Only our own crates have one.
    path: Option<PathBuf>,
}

impl Package {
    fn folder(&self) -> String {
        folder_of(self.manifest_path.parent().unwrap())
    }
}

fn folder_of(path: &Path) -> String {
    path.strip_prefix(root().canonicalize().unwrap()).unwrap().to_string_lossy().into_owned()
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Metadata>(&output.stdout).unwrap().packages
}

#[test]
fn every_crate_is_in_the_table() {
    let listed: Vec<String> = layers().into_keys().collect();
    let mut folders: Vec<String> = packages().iter().map(Package::folder).collect();
    folders.sort();
    assert_eq!(
        listed, folders,
        "the table of layers in docs/architecture.md does not list the crates that there are"
    );
}

#[test]
fn crates_import_from_lower_layers_only() {
    let layers = layers();
    let mut wrong = Vec::new();
    for package in packages() {
        let folder = package.folder();
        let Some(layer) = layers.get(&folder) else { continue };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind.is_none()) {
            let Some(path) = &dependency.path else { continue };
            let Some(lower) = layers.get(&folder_of(path)) else { continue };
            let allowed = match (layer, lower) {
                (Layer::Development, _) => true,
                // `capstan lab`.
                (_, Layer::Development) => folder == "crates/cli" && dependency.name == "lab",
                (layer, lower) => layer > lower,
            };
            if !allowed {
                wrong.push(format!("{folder} ({layer:?}) imports {} ({lower:?})", dependency.name));
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0], "imports go to lower layers only");
}

#[test]
fn the_folder_of_modules_holds_modules_and_nothing_else() {
    let folder = root().join("modules");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        // A large module has its parts in a folder of its name.
        let has_parts = folder.join(format!("{name}.rs")).is_file();
        assert!(name.ends_with(".rs") || name == "Cargo.toml" || has_parts, "modules/{name} is no module");
    }
}

/// The code below a folder that is not for tests: by file, its lines with their numbers, without comments.
fn code(folder: &str) -> Vec<(PathBuf, Vec<(usize, String)>)> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests stand at the end of a file.
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let lines = text.lines().map(|line| line.split("//").next().unwrap().to_owned());
            files.push((path.clone(), (1..).zip(lines).collect()));
        }
    }
    assert!(!files.is_empty(), "there is no code in {folder}");
    files
}

/// The places below a folder at which any of these words stand.
fn places_of(folder: &str, words: &[&str]) -> Vec<String> {
    let stands_alone = |line: &str, word: &str| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.')
        })
    };
    let mut places = Vec::new();
    for (path, lines) in code(folder) {
        for (number, line) in lines {
            if words.iter().any(|word| stands_alone(&line, word)) {
                places.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    places
}

/// The sources of all crates in the table but those that are named.
fn sources_but(excepted: &[&str]) -> Vec<String> {
    let folders = layers().into_keys().filter(|folder| folder.starts_with("crates/"));
    let sources = folders.filter(|folder| !excepted.contains(&folder.as_str())).map(|folder| folder + "/src");
    sources.chain(["modules".to_owned()]).collect()
}

#[test]
fn modules_reach_hosts_through_system_only() {
    let doors = [
        "std::fs",
        "std::process",
        "std::env",
        "std::os",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "UnixStream",
        "UnixListener",
        "ToSocketAddrs",
        "rustix",
        "libc",
        "tokio",
    ];
    let mut places = places_of("modules", &doors);
    // `use std::{fs, process}` would be a way around.
    places.extend(places_of("modules", &["std::{"]));
    assert_eq!(places, [] as [String; 0], "modules touch hosts through `System` only");
}

#[test]
fn modules_do_not_know_of_dry_runs() {
    let words = ["dry_run", "check_mode", "is_dry", "Overlay"];
    let places = [places_of("modules", &words), places_of("crates/module/src", &words)].concat();
    assert_eq!(places, [] as [String; 0], "the same module code runs in a dry run and for real");
}

#[test]
fn only_report_and_the_program_print() {
    let words = ["print!", "println!", "eprint!", "eprintln!", "dbg!", "io::stdout()", "io::stderr()"];
    let printing = ["crates/cli", "crates/report", "crates/conformance", "crates/fidelity"];
    let places: Vec<String> = sources_but(&printing)
        .iter()
        .flat_map(|folder| places_of(folder, &words))
        // The runner's output is the pipe to the controller.
        .filter(|place| !place.contains("crates/runner/src/bin/"))
        .collect();
    assert_eq!(places, [] as [String; 0], "libraries hand up errors and events; report and programs print");
}

#[test]
fn only_the_program_exits() {
    let places: Vec<String> = sources_but(&["crates/cli"])
        .iter()
        .flat_map(|folder| {
            places_of(folder, &["process::exit", "std::process::exit", "exit_group", "libc::exit"])
        })
        .collect();
    assert_eq!(places, [] as [String; 0], "libraries hand up errors; cli exits");
}

#[test]
fn only_transport_opens_connections() {
    let words = ["TcpStream", "UnixStream", "UdpSocket", "russh", "tokio::net"];
    let excepted = [
        "crates/transport",
        // Listens for the sessions of its own throwaway hosts.
        "crates/lab",
        // Serves the archives that its hosts install.
        "crates/fidelity",
        // On the host: `wait_for` asks whether a port of the host's own surroundings is open.
        "crates/system",
    ];
    let places: Vec<String> =
        sources_but(&excepted).iter().flat_map(|folder| places_of(folder, &words)).collect();
    assert_eq!(places, [] as [String; 0], "only transport opens connections");
}
