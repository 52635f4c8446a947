//! Lookups of files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Source};
use value::{Map, Value};

use crate::FileOptions;
use crate::arguments::{Arguments, flag, items, known, text, text_or};
use crate::evaluate::Evaluator;
use crate::filters::paths::with_home;
use crate::outcome::{Outcome, Stop};
use crate::scope::Scope;

/// The paths of the files that a pattern matches, in order.
pub(crate) fn glob_files(pattern: &str) -> Outcome<Vec<String>> {
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        require_literal_separator: true,
        ..Default::default()
    };
    let paths = glob::glob_with(pattern, options)
        .map_err(|error| Error::new(format!("'{pattern}' is not a pattern of files")).cause(error))?;
    let mut files: Vec<String> = paths
        .filter_map(Result::ok)
        .filter(|path| path.is_file())
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    files.sort();
    Ok(files)
}

fn missing(evaluator: &Evaluator<'_>, kind: &str, name: &str) -> Stop {
    let places: Vec<String> =
        evaluator.context.scope.search_path().iter().map(|path| path.display().to_string()).collect();
    let error = Error::new(match kind {
        "templates" => format!("the template file {name} could not be found for the lookup"),
        _ => format!("Unable to access the file '{name}': File not found."),
    });
    Stop::Error(if places.is_empty() || name.starts_with('/') {
        error
    } else {
        error.hint(format!("looked in {}", places.join(", ")))
    })
}

fn find(evaluator: &Evaluator<'_>, kind: &str, name: &str) -> Outcome<PathBuf> {
    let name = with_home(name);
    evaluator.context.find_file(kind, &name, None).ok_or_else(|| missing(evaluator, kind, &name))
}

/// What a file holds, its vault opened if it is one; and whether it was one.
fn read(evaluator: &Evaluator<'_>, path: &Path) -> Outcome<(String, bool)> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::new(format!("cannot read '{}'", path.display())).cause(error))?;
    let is_vault = bytes.starts_with(b"$ANSIBLE_VAULT;");
    let bytes = evaluator.context.scope.decrypt_file(bytes, path)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::new(format!("'{}' is not text", path.display())).hint("use the slurp module, or b64encode")
    })?;
    Ok((text, is_vault))
}

pub(super) fn file(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let strip_end = flag(arguments.take("rstrip"), true)?;
    let strip_start = flag(arguments.take("lstrip"), false)?;
    let mut out = Vec::new();
    for term in &arguments.positional {
        let path = find(evaluator, "files", &text(term)?)?;
        let (content, is_vault) = read(evaluator, &path)?;
        let mut content = content.as_str();
        if strip_start {
            content = content.trim_start();
        }
        if strip_end {
            content = content.trim_end();
        }
        out.push(crate::evaluate::mark_secret(Value::from(content), is_vault));
    }
    Ok(out)
}

pub(super) fn unvault(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    for term in &arguments.positional {
        let path = find(evaluator, "files", &text(term)?)?;
        let (content, is_vault) = read(evaluator, &path)?;
        out.push(crate::evaluate::mark_secret(Value::string(content), is_vault));
    }
    Ok(out)
}

pub(super) fn fileglob(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    for term in &arguments.positional {
        let pattern = with_home(&text(term)?);
        if pattern.starts_with('/') {
            out.extend(glob_files(&pattern)?);
            continue;
        }
        for directory in evaluator.context.scope.search_path() {
            let mut found = Vec::new();
            for base in [directory.join("files"), directory] {
                let base = glob::Pattern::escape(&base.to_string_lossy());
                found = glob_files(&format!("{base}/{pattern}"))?;
                if !found.is_empty() {
                    break;
                }
            }
            if !found.is_empty() {
                out.extend(found);
                break;
            }
        }
    }
    Ok(out.into_iter().map(Value::from).collect())
}

/// Names in a list, or in a text with commas, semicolons or colons between them.
fn names(value: &Value, separators: &[char]) -> Outcome<Vec<String>> {
    match value {
        Value::String(names) => Ok(names
            .split(separators)
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()),
        Value::List(_) | Value::Tuple(_) => {
            let mut out = Vec::new();
            for name in items(value)? {
                match name {
                    Value::List(_) => out.extend(names(&name, separators)?),
                    name => out.push(text(&name)?),
                }
            }
            Ok(out)
        }
        other => Ok(vec![text(other)?]),
    }
}

/// The option by which a loop says in which folder of a role the files of its task are.
const FOLDER: &str = "_subdir";

/// Options of the lookup for a loop whose task has this action: `first_found` looks where the action will.
pub(crate) fn options_of_a_loop(lookup: &str, action: &str) -> Map {
    if lookup.rsplit('.').next() != Some("first_found") {
        return Map::new();
    }
    let folders = [("template", "templates"), ("var", "vars"), ("file", "files")];
    let folder =
        folders.iter().find(|(word, _)| action.contains(word)).map_or("files", |(_, folder)| *folder);
    Map::from_iter([(FOLDER.into(), Value::from(folder))])
}

pub(super) fn first_found(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let kind = text_or(arguments.take(FOLDER), "files")?;
    let mut skip = flag(arguments.take("skip"), false)?;
    let mut paths =
        arguments.take("paths").map_or(Ok(Vec::new()), |paths| names(&paths, &[',', ':', ';']))?;
    let mut wanted = Vec::new();
    if let Some(files) = arguments.take("files") {
        wanted.extend(joined(&names(&files, &[',', ';'])?, &paths));
    }
    let mut terms = arguments.positional;
    // One list of everything is the same as everything.
    while let Some(Value::List(_)) = terms.first() {
        terms = terms
            .iter()
            .flat_map(|term| match term {
                Value::List(inner) => inner.to_vec(),
                other => vec![other.clone()],
            })
            .collect();
    }
    for term in &terms {
        match term {
            Value::Map(options) => {
                skip |= flag(options.get("skip").cloned(), false)?;
                let files = options.get("files").map_or(Ok(Vec::new()), |files| names(files, &[',', ';']))?;
                if let Some(given) = options.get("paths") {
                    paths = names(given, &[',', ':', ';'])?;
                }
                wanted.extend(joined(&files, &paths));
            }
            Value::List(_) => wanted.extend(names(term, &[])?),
            term => wanted.extend(joined(&[text(term)?], &paths)),
        }
    }
    for name in &wanted {
        if let Some(path) = evaluator.context.find_file(&kind, &with_home(name), None) {
            return Ok(vec![Value::string(path.to_string_lossy())]);
        }
    }
    if skip {
        return Ok(Vec::new());
    }
    Err(Stop::Error(
        Error::new("No file was found when using first_found.")
            .hint(format!("looked for {}", wanted.join(", ")))
            .hint("give it 'skip: true' if it is no mistake that there is none"),
    ))
}

fn joined(files: &[String], paths: &[String]) -> Vec<String> {
    if paths.is_empty() {
        return files.to_vec();
    }
    if files.is_empty() {
        return paths.to_vec();
    }
    paths
        .iter()
        .flat_map(|path| {
            files.iter().map(move |file| Path::new(path).join(file).to_string_lossy().into_owned())
        })
        .collect()
}

pub(super) fn template(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut options = FileOptions::default();
    let mut set = |name: &str, slot: &mut String| -> Outcome<()> {
        *slot = text_or(arguments.take(name), slot)?;
        Ok(())
    };
    set("variable_start_string", &mut options.variable_start)?;
    set("variable_end_string", &mut options.variable_end)?;
    set("comment_start_string", &mut options.comment_start)?;
    set("comment_end_string", &mut options.comment_end)?;
    set("block_start_string", &mut options.block_start)?;
    set("block_end_string", &mut options.block_end)?;
    options.trim_blocks = flag(arguments.take("trim_blocks"), true)?;
    options.lstrip_blocks = flag(arguments.take("lstrip_blocks"), false)?;
    let variables = match arguments.take("template_vars") {
        None | Some(Value::Null) => Map::new(),
        Some(variables) => crate::arguments::map(&variables, "template_vars")?.clone(),
    };
    let mut out = Vec::new();
    for term in &arguments.positional {
        let path = find(evaluator, "templates", &text(term)?)?;
        let (content, is_vault) = read(evaluator, &path)?;
        let scope = Overlay::of_file(evaluator.context.scope, &path, &variables)?;
        let source: Arc<Source> = Source::new(path, content);
        let made = evaluator.context.templates.evaluate_file(&source, &options, &scope)?;
        known(&made)?;
        out.push(crate::evaluate::mark_secret(made, is_vault));
    }
    Ok(out)
}

/// What a template file sees: a few variables of its own on top, and the files beside it.
struct Overlay<'a> {
    below: &'a dyn Scope,
    variables: Map,
    directory: Option<PathBuf>,
}

impl<'a> Overlay<'a> {
    fn of_file(below: &'a dyn Scope, path: &Path, given: &Map) -> Outcome<Overlay<'a>> {
        let metadata = std::fs::metadata(path)
            .map_err(|error| Error::new(format!("cannot read '{}'", path.display())).cause(error))?;
        let own = crate::file_variables(path, &metadata);
        let mut variables: Map = own.into_iter().map(|(name, value)| (name.into(), value)).collect();
        // Whoever sets it himself wants something else to stand there.
        if below.variable("ansible_managed")?.is_none() {
            variables.insert("ansible_managed".into(), "Ansible managed".into());
        }
        variables.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(Overlay { below, variables, directory: path.parent().map(Path::to_owned) })
    }
}

impl Scope for Overlay<'_> {
    fn variable(&self, name: &str) -> diag::Result<Option<Value>> {
        match self.variables.get(name) {
            Some(value) => Ok(Some(value.clone())),
            None => self.below.variable(name),
        }
    }

    fn names(&self) -> Vec<String> {
        self.variables.keys().filter_map(Value::as_str).map(str::to_owned).chain(self.below.names()).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        let mut path = self.below.search_path();
        path.extend(
            self.directory.iter().filter(|directory| !path.contains(directory)).cloned().collect::<Vec<_>>(),
        );
        path
    }

    fn playbook_dir(&self) -> PathBuf {
        self.below.playbook_dir()
    }

    fn decrypt(&self, vaulted: &value::Text) -> diag::Result<value::Text> {
        self.below.decrypt(vaulted)
    }

    fn decrypt_file(&self, bytes: Vec<u8>, path: &Path) -> diag::Result<Vec<u8>> {
        self.below.decrypt_file(bytes, path)
    }

    fn hosts_matching(&self, pattern: &str) -> diag::Result<Vec<String>> {
        self.below.hosts_matching(pattern)
    }

    fn fetch(&self, request: &crate::WebRequest) -> diag::Result<Vec<u8>> {
        self.below.fetch(request)
    }

    fn tell(&self, warning: diag::Error) {
        self.below.tell(warning);
    }
}
