//! The files below a folder, each with what there is to know about it.

use std::fs::{Metadata, read_link};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use diag::Error;
use value::Value;

use crate::account_names::{GROUPS, USERS, account_name};
use crate::arguments::{Arguments, text};
use crate::evaluate::Evaluator;
use crate::outcome::Outcome;
use crate::pattern::Pattern;

/// So deep folders are gone into.
const DEPTH_LIMIT: usize = 100;

pub(super) fn filetree(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let exclude = match arguments.take("exclude").filter(|exclude| !exclude.is_null()) {
        Some(exclude) => Some(Pattern::new(&text(&exclude)?, false, false)?),
        None => None,
    };
    let mut out = Vec::new();
    for term in &arguments.positional {
        let term = text(term)?;
        let Some(root) = evaluator.context.find_file("files", &term, None) else { continue };
        let shown = format!("{}/", root.display().to_string().trim_end_matches('/'));
        walk(&root, Path::new(""), &shown, exclude.as_deref(), 0, &mut out)?;
    }
    Ok(out)
}

/// The folders and files of a folder in the order of their names, folders first, then what the folders hold.
fn walk(
    root: &Path,
    below: &Path,
    shown: &str,
    exclude: Option<&Pattern>,
    depth: usize,
    out: &mut Vec<Value>,
) -> Outcome<()> {
    let folder = root.join(below);
    let failed =
        |error: std::io::Error| Error::new(format!("cannot read '{}'", folder.display())).cause(error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let metadata = entry.metadata().map_err(failed)?;
        if exclude.map_or(Ok(false), |exclude| exclude.matches_start(&name))? {
            continue;
        }
        entries.push((!metadata.is_dir(), name, metadata));
    }
    entries.sort_by(|(file, name, _), (other_file, other, _)| (file, name).cmp(&(other_file, other)));
    for (_, name, metadata) in &entries {
        out.push(described(root, &below.join(name), shown, metadata));
    }
    for (_, name, _) in entries.iter().filter(|(is_file, ..)| !is_file && depth < DEPTH_LIMIT) {
        walk(root, &below.join(name), shown, exclude, depth + 1, out)?;
    }
    Ok(())
}

fn described(root: &Path, path: &Path, shown: &str, metadata: &Metadata) -> Value {
    let full = root.join(path);
    let kind = metadata.file_type();
    let state = match () {
        () if kind.is_symlink() => "link",
        () if kind.is_dir() => "directory",
        () => "file",
    };
    let time = |seconds: i64, nanoseconds: i64| Value::Float(seconds as f64 + nanoseconds as f64 / 1e9);
    let mut entries = vec![
        ("root", Value::from(shown)),
        ("path", Value::from(&*path.to_string_lossy())),
        ("state", Value::from(state)),
        ("mode", Value::string(format!("{:04o}", metadata.mode() & 0o7777))),
        ("uid", Value::Int(metadata.uid().into())),
        ("gid", Value::Int(metadata.gid().into())),
        ("owner", account_name(USERS, metadata.uid())),
        ("group", account_name(GROUPS, metadata.gid())),
        ("size", Value::Int(i64::try_from(metadata.size()).unwrap_or(i64::MAX))),
        ("mtime", time(metadata.mtime(), metadata.mtime_nsec())),
        ("ctime", time(metadata.ctime(), metadata.ctime_nsec())),
    ];
    match state {
        "link" => {
            let target = read_link(&full).unwrap_or_default();
            entries.push(("src", Value::from(&*target.to_string_lossy())));
        }
        "file" => entries.push(("src", Value::from(&*full.to_string_lossy()))),
        _ => {}
    }
    Value::map(entries)
}
