use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use diag::{Error, Source, Span, did_you_mean};
use fancy_regex::Regex;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Map, Text, Value};

use crate::{Action, Call, Done, Effect, Failure};

/// Reads variables from a file or a directory of the controller, for the rest of the run.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct IncludeVars {
    /// The file: YAML or JSON, perhaps in a vault. A relative path is searched in the `vars` folders of the role and the
    /// play.
    #[schemars(extend("aliases" = ["_raw_params"]))]
    file: Option<String>,
    /// The directory whose files are read, in the order of their names, instead of `file`.
    dir: Option<String>,
    /// Put all variables into one mapping of this name.
    name: Option<String>,
    /// How many levels of `dir` are read; 0 is all.
    #[serde(default)]
    depth: usize,
    /// Read those files of `dir` only whose names have a match of this regular expression.
    files_matching: Option<String>,
    /// Leave out files of `dir` whose names end with a match of one of these regular expressions.
    #[serde(default)]
    #[schemars(with = "serde_json::Value")]
    ignore_files: Value,
    /// The endings of files in `dir` that are read; `yaml`, `yml` and `json` if not given.
    #[serde(default)]
    #[schemars(with = "serde_json::Value")]
    extensions: Value,
    /// Leave out files of `dir` with other endings, instead of failing.
    #[serde(default)]
    ignore_unknown_extensions: bool,
    /// Whether a mapping replaces one that is there under the same name, or is merged with it.
    #[serde(default)]
    hash_behaviour: HashBehaviour,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum HashBehaviour {
    /// It replaces it.
    #[default]
    Replace,
    /// It is merged with it, however deep.
    Merge,
}

/// The endings of files that are read if nothing else is said.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

impl Arguments for IncludeVars {
    const NAME: &'static str = "include_vars";
    const EXAMPLES: &'static str = r#"
- name: What this system calls things
  include_vars: "{{ ansible_distribution | lower }}.yml"

- name: All that is in a folder, under one name
  include_vars:
    dir: sites
    name: sites
    extensions: [yml]
    ignore_unknown_extensions: true
"#;
}

pub(crate) struct IncludeVarsAction;

#[async_trait]
impl Action for IncludeVarsAction {
    fn manual(&self) -> Manual {
        Manual::of::<IncludeVars>()
    }

    fn only_sets_variables(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        check_options(&call)?;
        let arguments: IncludeVars = call.arguments()?;
        let mut loaded = Loaded::default();
        if let Err(failure) = arguments.load(&call, &mut loaded) {
            return match failure {
                Failure::Task(error) | Failure::Refused(error) => Ok(unread(&loaded, error)),
                other => Err(other),
            };
        }
        let mut variables = loaded.variables;
        if let Some(name) = &arguments.name {
            if !playbook::is_identifier(name) {
                let error =
                    Error::new(format!("'{name}' is no name of a variable")).at(call.place_of(&["name"]));
                return Err(call.failure(error));
            }
            variables = Map::from_iter([(Value::from(name), variables.into())]);
        }
        if arguments.hash_behaviour == HashBehaviour::Merge {
            for (name, value) in &mut variables {
                let known = name.as_str().map(|name| call.scope.variable(name)).transpose();
                if let Some(known) = known.map_err(|error| call.failure(error))?.flatten() {
                    *value = value.laid_over(&known);
                }
            }
        }
        let files = loaded.files.iter().map(|file| file.to_string_lossy().into_owned()).collect::<Vec<_>>();
        let done =
            Done::default().and("ansible_facts", variables.clone()).and("ansible_included_var_files", files);
        Ok(Done {
            warnings: loaded.warnings,
            hidden: loaded.secret,
            ..done.effect(Effect::IncludeVars(variables))
        })
    }
}

/// What can be said about files, and what about directories alone.
const OF_FILES: [&str; 3] = ["file", "_raw_params", "name"];
const OF_DIRECTORIES: [&str; 6] =
    ["dir", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions"];

/// Refuses options that there are not, in words that playbooks look for, and those that exclude each other.
fn check_options(call: &Call<'_>) -> Result<(), Failure> {
    let given: Vec<&str> = call.arguments.keys().filter_map(Value::as_str).collect();
    let known = || OF_FILES.into_iter().chain(OF_DIRECTORIES).chain(["hash_behaviour"]);
    if let Some(unknown) = given.iter().find(|name| !known().any(|known| known == **name)) {
        let error = Error::new(format!("{unknown} is not a valid option in include_vars"));
        return Err(call.failure(
            error
                .at(call.place_of(&[unknown]))
                .hint_some(did_you_mean(unknown, known().filter(|name| *name != "_raw_params"))),
        ));
    }
    for name in ["ignore_files", "extensions"] {
        let listed = |value: &Value| {
            matches!(value, Value::List(_) | Value::Tuple(_) | Value::String(_) | Value::Null)
        };
        if call.argument(name).is_some_and(|value| !listed(value)) {
            let error = Error::new(format!("The '{name}' option must be a list."));
            return Err(call.failure(error.at(call.place_of(&[name]))));
        }
    }
    let of_file = call.argument("file").is_some();
    if of_file && let Some(other) = given.iter().find(|name| OF_DIRECTORIES.contains(name)) {
        let message = "You are mixing file only and dir only arguments, these are incompatible";
        return Err(call.failure(
            Error::new(message)
                .at(call.place_of(&[other]))
                .hint(format!("'file' reads one file; '{other}' is about directories")),
        ));
    }
    Ok(())
}

/// The end where not all could be read: playbooks look at `message`.
fn unread(loaded: &Loaded, error: Error) -> Done {
    let done = Done::failed(error.summary())
        .and("message", error.summary())
        .and("ansible_facts", Map::new())
        .and("ansible_included_var_files", Vec::<String>::new());
    Done { error: Some(error), hidden: loaded.secret, ..done }
}

/// A list of texts, or what becomes one.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) | Value::Tuple(items) => items.iter().map(ToString::to_string).collect(),
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

impl IncludeVars {
    /// Reads what is asked for.
    fn load(&self, call: &Call<'_>, loaded: &mut Loaded) -> Result<(), Failure> {
        if let Some(dir) = &self.dir {
            let path = call
                .find_file("vars", dir)
                .map_err(|_| failure(call, "dir", format!("{dir} directory does not exist")))?;
            if !path.is_dir() {
                let error = Error::new(format!("{} is not a directory", path.display()));
                let error = error.at(call.place_of(&["dir"])).hint("read single files with 'file:'");
                return Err(call.failure(error));
            }
            for file in self.files_of(call, &path)? {
                loaded.read(call, file)?;
            }
            return Ok(());
        }
        let Some(file) = &self.file else {
            let message = "Could not find file on the Ansible Controller.";
            let error = Error::new(message).hint("name one with 'file:', or a directory with 'dir:'");
            return Err(call.failure(error));
        };
        let path = call.find_file("vars", file)?;
        if path.is_dir() {
            let error = Error::new(format!("{} is a directory", path.display())).at(call.place_of(&["file"]));
            return Err(call.failure(error.hint("read directories with 'dir:'")));
        }
        loaded.read(call, path)
    }

    /// The files of a directory that are to be read: first its own, then those of the directories in it.
    fn files_of(&self, call: &Call<'_>, root: &Path) -> Result<Vec<PathBuf>, Failure> {
        let regex = |pattern: &str, argument: &str| {
            Regex::new(pattern).map_err(|error| {
                let message = format!("'{pattern}' is not a regular expression");
                call.failure(Error::new(message).cause(error).at(call.place_of(&[argument])))
            })
        };
        let wanted =
            self.files_matching.as_ref().map(|pattern| regex(pattern, "files_matching")).transpose()?;
        let ignored: Vec<Regex> = texts(&self.ignore_files)
            .iter()
            .map(|pattern| regex(&format!("(?:{pattern})$"), "ignore_files"))
            .collect::<Result<_, _>>()?;
        let extensions = match &self.extensions {
            Value::Null => ENDINGS.map(str::to_owned).to_vec(),
            given => texts(given),
        };
        // A role has read this one already.
        let own = call.task.scope.role.as_ref().map(|role| role.path.join("vars/main.yml"));
        let mut found = Vec::new();
        for path in files_below(root, self.depth).map_err(|error| call.unreadable(root, error))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let matches = |regex: &Regex| regex.is_match(&name).unwrap_or(false);
            if wanted.as_ref().is_some_and(|wanted| !matches(wanted))
                || ignored.iter().any(matches)
                || own.as_ref() == Some(&path)
            {
                continue;
            }
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            if extensions.iter().any(|known| known.trim_start_matches('.') == ending) {
                found.push(path);
            } else if !self.ignore_unknown_extensions {
                let message = format!(
                    "'{}' does not have a valid extension: {}",
                    path.display(),
                    extensions.join(", ")
                );
                let error = Error::new(message)
                    .hint_some(did_you_mean(&ending, extensions.iter().map(String::as_str)));
                return Err(
                    call.failure(error.hint("leave such files out with 'ignore_unknown_extensions: true'"))
                );
            }
        }
        Ok(found)
    }
}

/// The files below a directory, those of each directory in the order of their names; `depth` 0 is without end.
fn files_below(directory: &Path, depth: usize) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = vec![(directory.to_owned(), 1)];
    while let Some((directory, level)) = directories.pop() {
        let mut paths = fs::read_dir(&directory)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<PathBuf>>>()?;
        paths.sort();
        let (below, here): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(|path| path.is_dir());
        files.extend(here);
        // Links to directories may lead back; no sane tree is so deep.
        if (depth == 0 || level < depth) && level < 64 {
            directories.extend(below.into_iter().rev().map(|path| (path, level + 1)));
        }
    }
    Ok(files)
}

#[derive(Default)]
struct Loaded {
    variables: Map,
    files: Vec<PathBuf>,
    warnings: Vec<String>,
    /// Whether any of the files is a vault, so that nothing of the result is shown.
    secret: bool,
}

/// A failure at the place of an argument.
fn failure(call: &Call<'_>, argument: &str, message: String) -> Failure {
    call.failure(Error::new(message).at(call.place_of(&[argument])))
}

impl Loaded {
    fn read(&mut self, call: &Call<'_>, path: PathBuf) -> Result<(), Failure> {
        let (bytes, secret) = call.read_file(&path)?;
        self.secret |= secret;
        let text = String::from_utf8(bytes).map_err(|_| call.unreadable(&path, "it is not UTF-8 text"))?;
        let source = Source::new(&path, text);
        let document = yaml::parse(&source).map_err(|error| match error.span() {
            // An error shows the line that it is about; of a vault nobody shall see one.
            Some(span) if secret => call.unreadable(
                &path,
                format!("{} (line {} of the decrypted text)", error.message(), span.position().line),
            ),
            _ => call.failure(error),
        })?;
        if !secret {
            self.warnings.extend(document.warnings.iter().map(|warning| match warning.span() {
                Some(span) => format!("{span}: {}", warning.summary()),
                None => warning.summary(),
            }));
        }
        if let Some(root) = document.root.filter(|root| !root.is_null()) {
            if root.entries().is_none() {
                let message = format!("'{}' must be stored as a dictionary/hash", path.display());
                let place = (!secret).then_some(&root.span);
                return Err(call.failure(Error::new(message).at_some(place)));
            }
            let mut value = root.to_value();
            if secret {
                let place = Span::new(&Source::new(&path, ""), 0, 0);
                value = value.map_text(&mut |text| hidden(text, &place));
            }
            // Among the files the later ones win, whatever happens to what is there already.
            for (name, value) in value.as_map().into_iter().flatten() {
                self.variables.insert(name.clone(), value.clone());
            }
        }
        self.files.push(path);
        Ok(())
    }
}

/// Text of a vault: secret, and with no line of the decrypted file as its origin.
fn hidden(text: &Text, place: &Span) -> Text {
    let moved = if text.is_trusted() {
        Text::trusted(text.shared(), Some(place.clone()))
    } else {
        Text::new(text.shared())
    };
    moved.secret()
}
