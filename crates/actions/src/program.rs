use std::path::{Path, PathBuf};

use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use protocol::{BlobId, Program};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{JsonStyle, Map, Value};

use crate::offer::Offer;
use crate::{Action, BlobSource, Call, Done, Failure, UserModule, Verdict};

/// Runs a module of your own: a program in any language, from a `library` folder or a collection.
///
/// It finds its arguments in a file that it is given the name of, and writes its result as a JSON object.
#[derive(Debug, Deserialize, JsonSchema)]
struct AnyArguments {}

impl Arguments for AnyArguments {
    const NAME: &'static str = "program";
    const EXAMPLES: &'static str = "";
}

pub(crate) struct ProgramAction;

/// How a program takes its arguments, which it says in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// As a JSON object in a file.
    Json,
    /// As a line of `name=value` in a file.
    Words,
    /// As Ansible's Python library does.
    Ansible,
    /// Instead of a marker in its own text.
    Inside,
}

/// What stands in a program's text where its arguments are wanted, as JSON.
const MARKER: &str = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>";

#[async_trait]
impl Action for ProgramAction {
    fn manual(&self) -> Manual {
        Manual::of::<AnyArguments>()
    }

    fn supports_async(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let Some(module) = call.program.clone() else {
            return Err(call.failure(Error::new("the task names no module of the user's own")));
        };
        let short = module.name.strip_prefix("ansible.legacy.").unwrap_or(&module.name).to_owned();
        if call.arguments.contains_key(&Value::from("_raw_params")) {
            // Playbooks look at these words.
            let message = format!("Action '{short}' does not support raw params.");
            return Err(call.failure(Error::new(message)));
        }
        let (bytes, _) = call.read_file(&module.file)?;
        let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.contains('\0')).map(str::to_owned);
        let style = text.as_deref().map_or(Style::Json, Style::of);
        let interpreter = match &text {
            None => Vec::new(),
            Some(text) => interpreter(&call, text, style, &short)?,
        };
        let all = with_internals(&call, &short);
        let json = Value::from(all.clone()).to_json(JsonStyle::default());
        let arguments = match style {
            Style::Json | Style::Inside => json.clone(),
            Style::Ansible => {
                Value::map([("ANSIBLE_MODULE_ARGS", Value::from(all))]).to_json(JsonStyle::default())
            }
            Style::Words => words(&all),
        };
        let bytes = match (style, text.as_deref()) {
            (Style::Inside, Some(text)) => text.replace(MARKER, &json).into_bytes(),
            _ => bytes,
        };
        let knows_dry_run = style == Style::Ansible
            || text.as_deref().is_some_and(|text| text.contains("_ansible_check_mode"));
        let mut blobs = Vec::new();
        let mut offered = |offer: Offer| {
            let blob = offer.blob.clone();
            blobs.extend(offer.into_blob());
            blob
        };
        let mut shared = Vec::new();
        if style == Style::Ansible {
            for (below, path) in shared_files(&module) {
                let offer = Offer::file(path.clone()).await.map_err(|error| call.unreadable(&path, error))?;
                shared.push((below, offered(offer)));
            }
        }
        let program = Program {
            name: short,
            file: offered(Offer::bytes(bytes)),
            interpreter,
            arguments,
            uses_ansible: style == Style::Ansible,
            shared,
            knows_dry_run,
            tells_stderr: false,
        };
        run(&call, program, blobs).await
    }
}

async fn run(call: &Call<'_>, program: Program, blobs: Vec<(BlobId, BlobSource)>) -> Result<Done, Failure> {
    let mut done = Done::from(call.site.run_program(program, blobs).await?.report);
    if done.result.get("skipped").is_some_and(Value::is_true) && done.verdict == Verdict::Done {
        done.verdict = Verdict::Skipped;
    }
    Ok(done)
}

impl Style {
    fn of(text: &str) -> Style {
        let imports = |line: &str| {
            let line = line.trim_start();
            (line.starts_with("from ") || line.starts_with("import ")) && line.contains("module_utils")
        };
        if text.lines().any(imports) {
            Style::Ansible
        } else if text.contains("WANT_JSON") {
            Style::Json
        } else if text.contains(MARKER) {
            Style::Inside
        } else {
            Style::Words
        }
    }
}

/// What runs the program: its first line says what, and a variable of the host may say where that is.
fn interpreter(call: &Call<'_>, text: &str, style: Style, name: &str) -> Result<Vec<String>, Failure> {
    let line = text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or_default();
    let mut words = shlex::split(line).unwrap_or_default();
    if words.first().is_some_and(|word| word.ends_with("/env")) && words.len() > 1 {
        words.remove(0);
    }
    if words.is_empty() && style == Style::Ansible {
        words.push("/usr/bin/python".into());
    }
    let Some(first) = words.first_mut() else {
        // Playbooks look at these words.
        return Err(call.failure(Error::new(format!("module ({name}) is missing interpreter line"))));
    };
    let program = first.rsplit('/').next().unwrap_or(first).to_owned();
    let python = program.starts_with("python");
    let variable =
        if python { "ansible_python_interpreter".into() } else { format!("ansible_{program}_interpreter") };
    let chosen = call.interpreter(&variable)?;
    match chosen {
        Some(mut chosen) => {
            chosen.extend(words.drain(1..));
            Ok(chosen)
        }
        None if python => {
            *first = "python3".into();
            Ok(words)
        }
        None => Ok(words),
    }
}

/// The arguments with what every module is told beside them.
fn with_internals(call: &Call<'_>, name: &str) -> Map {
    let version = call.scope.variable("ansible_version").ok().flatten();
    let version = version.and_then(|version| version.get("full").cloned()).unwrap_or_default();
    let internals: [(&str, Value); 15] = [
        ("_ansible_check_mode", call.dry_run.into()),
        ("_ansible_no_log", false.into()),
        ("_ansible_debug", false.into()),
        ("_ansible_diff", call.diff.into()),
        ("_ansible_verbosity", i64::from(call.verbosity).into()),
        ("_ansible_version", version),
        ("_ansible_module_name", name.into()),
        ("_ansible_syslog_facility", "LOG_USER".into()),
        ("_ansible_selinux_special_fs", Value::list(["fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"])),
        ("_ansible_socket", Value::Null),
        ("_ansible_shell_executable", "/bin/sh".into()),
        ("_ansible_keep_remote_files", false.into()),
        ("_ansible_tmpdir", Value::Null),
        ("_ansible_remote_tmp", "~/.ansible/tmp".into()),
        ("_ansible_ignore_unknown_opts", false.into()),
    ];
    let mut all = call.arguments.clone();
    all.extend(internals.into_iter().map(|(key, value)| (Value::from(key), value)));
    all
}

/// Arguments as a line that a shell can read.
fn words(arguments: &Map) -> String {
    let mut line = String::new();
    for (name, value) in arguments {
        let text = match value {
            Value::String(text) => text.to_string(),
            other => other.repr(),
        };
        let quoted = shlex::try_quote(&text).map_or_else(|_| String::new(), |quoted| quoted.into_owned());
        line.push_str(&format!("{name}={quoted} "));
    }
    line
}

/// The Python files that a module may import: where they belong, and where they are.
fn shared_files(module: &UserModule) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for folder in &module.shared {
        add(folder, "module_utils", &mut files);
    }
    let mut parts = module.name.splitn(3, '.');
    if let (Some(namespace), Some(collection), Some(_)) = (parts.next(), parts.next(), parts.next())
        && namespace != "ansible"
        && let Some(plugins) =
            module.file.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "plugins"))
    {
        let below = format!("ansible_collections/{namespace}/{collection}/plugins/module_utils");
        add(&plugins.join("module_utils"), &below, &mut files);
    }
    files
}

fn add(folder: &Path, below: &str, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let below = format!("{below}/{name}");
        if path.is_dir() {
            add(&path, &below, files);
        } else if name.ends_with(".py") && !files.iter().any(|(known, _)| *known == below) {
            files.push((below, path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_how_it_takes_its_arguments() {
        assert_eq!(
            Style::of("#!/usr/bin/python\nfrom ansible.module_utils.basic import *\n"),
            Style::Ansible
        );
        assert_eq!(Style::of("#!/usr/bin/perl\n# WANT_JSON\n"), Style::Json);
        assert_eq!(Style::of("#!/bin/sh\n. $1\n"), Style::Words);
        assert_eq!(Style::of("#!/bin/sh\necho '<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>'\n"), Style::Inside);
    }

    #[test]
    fn words_are_read_back_by_a_shell() {
        let arguments: Map = [("a", Value::from("b c")), ("d", Value::list([1, 2])), ("e", true.into())]
            .into_iter()
            .map(|(name, value)| (Value::from(name), value))
            .collect();
        assert_eq!(words(&arguments), "a='b c' d='[1, 2]' e=True ");
    }
}
