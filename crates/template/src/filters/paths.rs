//! Filters over paths, as text; only a few look at the controller's file system.

use std::sync::Arc;

use value::Value;

use crate::arguments::{Arguments, items, required, string, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

fn only(arguments: Arguments) -> Outcome<String> {
    let [value] = arguments.bind(["path"])?;
    path_of(value)
}

/// A path, which is a string and nothing else.
fn path_of(value: Option<Value>) -> Outcome<String> {
    let value = required(value, "path")?;
    Ok(string(&value, "a path")?.to_string())
}

fn made(text: impl Into<Arc<str>>) -> Outcome {
    Ok(Value::string(text))
}

fn pair(left: &str, right: &str) -> Outcome {
    Ok(Value::Tuple(Arc::new(vec![Value::from(left), Value::from(right)])))
}

/// The part before the last slash, and the part behind it.
fn split(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (head, tail) = path.split_at(at);
    let bare = head.trim_end_matches('/');
    (if bare.is_empty() { head } else { bare }, tail)
}

pub(super) fn basename(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(split(&only(arguments)?).1)
}

pub(super) fn dirname(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(split(&only(arguments)?).0)
}

pub(super) fn splitext(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let path = only(arguments)?;
    let name_start = path.rfind('/').map_or(0, |at| at + 1);
    let name = &path[name_start..];
    let dots = name.len() - name.trim_start_matches('.').len();
    match name[dots..].rfind('.') {
        Some(at) => {
            let (root, extension) = path.split_at(name_start + dots + at);
            pair(root, extension)
        }
        None => pair(&path, ""),
    }
}

/// Parts put together; one that starts with a slash starts anew.
fn joined(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts {
        if part.starts_with('/') {
            out = part.clone();
        } else {
            if !out.is_empty() && !out.ends_with('/') {
                out.push('/');
            }
            out.push_str(part);
        }
    }
    out
}

pub(super) fn path_join(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["paths"])?;
    match required(value, "paths")? {
        Value::String(path) => made(path.as_str()),
        value @ (Value::List(_) | Value::Tuple(_)) => {
            let parts = items(&value)?;
            if parts.is_empty() {
                return Err(Stop::new("there are no paths to join"));
            }
            made(joined(&parts.iter().map(text).collect::<Outcome<Vec<_>>>()?))
        }
        other => Err(Stop::new(format!(
            "|path_join expects string or sequence, got <class '{}'> instead.",
            other.type_name()
        ))),
    }
}

/// The path without `.`, `..` and double slashes; two slashes at the start stay, as POSIX has it.
fn normal(path: &str) -> String {
    let root = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let path = format!("{root}{}", parts.join("/"));
    if path.is_empty() { ".".into() } else { path }
}

pub(super) fn normpath(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(normal(&only(arguments)?))
}

fn absolute(path: &str) -> Outcome<String> {
    if path.starts_with('/') {
        return Ok(normal(path));
    }
    let here = std::env::current_dir()
        .map_err(|error| Stop::new(format!("there is no current directory: {error}")))?;
    Ok(normal(&format!("{}/{path}", here.display())))
}

pub(super) fn relpath(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [path, start] = arguments.bind(["path", "start"])?;
    let path = path_of(path)?;
    if path.is_empty() {
        return Err(Stop::new("no path specified"));
    }
    let path = absolute(&path)?;
    let start = absolute(&text_or(start, ".")?)?;
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let start: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    let common = path.iter().zip(&start).take_while(|(left, right)| left == right).count();
    let mut parts = vec![".."; start.len() - common];
    parts.extend(path.get(common..).unwrap_or_default());
    made(if parts.is_empty() { ".".into() } else { parts.join("/") })
}

/// The path with the links that there are followed, as far as it exists.
pub(super) fn realpath(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let path = absolute(&only(arguments)?)?;
    let mut existing = std::path::Path::new(&path);
    let mut rest = Vec::new();
    loop {
        if let Ok(real) = existing.canonicalize() {
            let mut real = real;
            real.extend(rest.iter().rev());
            return made(real.to_string_lossy());
        }
        match (existing.parent(), existing.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name);
                existing = parent;
            }
            _ => return made(path),
        }
    }
}

pub(super) fn commonpath(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["paths"])?;
    let value = required(value, "paths")?;
    let paths = crate::arguments::list(&value, "the paths")?.iter().map(text).collect::<Outcome<Vec<_>>>()?;
    let Some(first) = paths.first() else { return Err(Stop::new("there are no paths")) };
    let is_absolute = first.starts_with('/');
    if paths.iter().any(|path| path.starts_with('/') != is_absolute) {
        return Err(Stop::new("absolute and relative paths can't be mixed"));
    }
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let mut common = parts(first);
    for path in &paths {
        let other = parts(path);
        let length = common.iter().zip(&other).take_while(|(left, right)| left == right).count();
        common.truncate(length);
    }
    made(format!("{}{}", if is_absolute { "/" } else { "" }, common.join("/")))
}

/// The path with the home directory of the controller's user in place of `~`.
pub(crate) fn with_home(path: &str) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match std::env::var("HOME") {
            Ok(home) => format!("{}{rest}", home.trim_end_matches('/')),
            Err(_) => path.to_owned(),
        },
        Some(rest) => home_of(rest).unwrap_or_else(|| path.to_owned()),
        None => path.to_owned(),
    }
}

/// A path that begins with the name of a user, with the home directory of that user.
fn home_of(path: &str) -> Option<String> {
    let (user, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let home =
        fields.filter(|fields| fields.first() == Some(&user)).find_map(|fields| fields.get(5).copied())?;
    Some(format!("{}{rest}", home.trim_end_matches('/')))
}

pub(super) fn expanduser(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(with_home(&only(arguments)?))
}

/// `$NAME` and `${NAME}` replaced by what they are in the controller's environment; what is not there stays.
pub(super) fn expandvars(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let path = only(arguments)?;
    let mut out = String::new();
    let mut rest = path.as_str();
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, end) = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (&inner[..end], end + 2),
                None => ("", 0),
            },
            None => {
                let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
                let end = after.find(|character| !is_name(character)).unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        match std::env::var(name) {
            Ok(value) if !name.is_empty() => out.push_str(&value),
            _ => out.push_str(&rest[at..at + 1 + end]),
        }
        rest = &after[end..];
    }
    made(out + rest)
}

pub(super) fn fileglob(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let pattern = only(arguments)?;
    Ok(Value::list(crate::lookups::glob_files(&pattern)?))
}

/// The drive of a Windows path, and the rest.
fn drive(path: &str) -> (&str, &str) {
    if path.as_bytes().get(1) == Some(&b':') {
        return path.split_at(2);
    }
    let is_separator = |character: char| character == '\\' || character == '/';
    let Some(share) = path.strip_prefix("\\\\").or_else(|| path.strip_prefix("//")) else {
        return ("", path);
    };
    let end = share.find(is_separator).map_or(share.len(), |server| {
        let rest = &share[server + 1..];
        server + 1 + rest.find(is_separator).unwrap_or(rest.len())
    });
    path.split_at(2 + end)
}

fn windows_split(path: &str) -> (String, String) {
    let (drive, rest) = drive(path);
    let at = rest.rfind(['\\', '/']).map_or(0, |at| at + 1);
    let (head, tail) = rest.split_at(at);
    let bare = head.trim_end_matches(['\\', '/']);
    (format!("{drive}{}", if bare.is_empty() { head } else { bare }), tail.to_owned())
}

pub(super) fn win_basename(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(windows_split(&only(arguments)?).1)
}

pub(super) fn win_dirname(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(windows_split(&only(arguments)?).0)
}

pub(super) fn win_splitdrive(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let path = only(arguments)?;
    let (drive, rest) = drive(&path);
    pair(drive, rest)
}
