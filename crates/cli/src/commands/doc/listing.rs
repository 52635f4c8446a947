//! Lists of what there is.

use std::collections::BTreeMap;

use diag::{Error, Result};
use value::{Map, Value};

use super::kind::Kind;
use super::library::Library;
use super::page::Page;
use super::text::sorted;
use super::{as_yaml, built_in, json, roles as role_manuals, warn};

/// The columns of a line.
const WIDTH: usize = 79;

/// The pages of a kind, by their full names: all of them, or those of certain collections.
fn all(library: &Library, kind: Kind, wanted: &[String], failed: &mut dyn FnMut(&str, Error)) -> Vec<Page> {
    let wants = |collection: &str| wanted.is_empty() || wanted.iter().any(|name| name == collection);
    let mut pages = BTreeMap::new();
    for name in built_in::names(kind) {
        if let Some(page) = built_in::page(kind, name)
            && page.collection.as_deref().is_some_and(wants)
        {
            pages.insert(page.name.clone(), page);
        }
    }
    let mut files = Vec::new();
    if wants("ansible.legacy") {
        files.extend(
            library.own_files(kind).into_iter().map(|(name, file)| (format!("ansible.legacy.{name}"), file)),
        );
    }
    for collection in library.collections().into_keys().filter(|collection| wants(collection)) {
        files.extend(library.in_collection(&collection, kind));
    }
    for (name, file) in files {
        let page = library.page(&file, &name, kind).unwrap_or_else(|error| {
            failed(&name, error);
            Page { file: Some(file), ..Page::built_in(kind, &name, Value::Null) }
        });
        pages.insert(name, page);
    }
    pages.into_values().collect()
}

/// The pages of a kind with a line on each, or with their files.
pub(super) fn pages(library: &Library, kind: Kind, wanted: &[String], files: bool, as_json: bool) -> String {
    let mut failed = |name: &str, error: Error| warn(format!("{name}: {}", error.summary()));
    let pages = all(library, kind, wanted, &mut failed);
    let what = |page: &Page| if files { page.place() } else { super::markup::plain(page.summary()) };
    if as_json {
        return json(pages.iter().map(|page| (page.name.as_str().into(), what(page).into())).collect());
    }
    let column = pages.iter().map(|page| page.name.len()).max().unwrap_or_default();
    let room = WIDTH.saturating_sub(column + 5);
    let line = |page: &Page| {
        let what = what(page);
        if files {
            return format!("{:<column$} {what}\n", page.name);
        }
        let what = match what.char_indices().nth(room) {
            Some((end, _)) => format!("{}...", &what[..end]),
            None => what,
        };
        format!("{:<column$} {what:<room$}\n", page.name)
    };
    pages.iter().map(line).collect()
}

/// The keywords with a line on each.
///
/// # Errors
/// Never, as they are plain texts.
pub(super) fn keywords(as_json: bool) -> Result<String> {
    let mut found = Map::new();
    for name in built_in::names(Kind::Keyword) {
        let keyword = built_in::keyword(name).unwrap_or_default();
        found.insert(name.into(), keyword.get("description").cloned().unwrap_or_default());
    }
    if as_json { Ok(json(found)) } else { as_yaml(&found.into()) }
}

/// The roles with their entry points.
///
/// # Errors
/// One of them can't be read.
pub(super) fn roles(library: &Library, wanted: &[String], as_json: bool) -> Result<String> {
    let mut found = Map::new();
    let mut text = String::new();
    for (name, folder) in library.roles(wanted) {
        let role = match role_manuals::read(&name, &folder, None) {
            Ok(role) => role,
            Err(error) => {
                warn(format!("Error extracting role docs from '{name}': {}", error.summary()));
                continue;
            }
        };
        if role.is_empty() {
            text.push_str(&format!("{name}\n"));
        } else {
            let specs = Value::map([("specs", role.summaries())]);
            text.push_str(&as_yaml(&Value::map([(name.as_str(), specs)]))?);
        }
        found.insert(name.as_str().into(), role.listed());
    }
    Ok(if as_json { json(found) } else { text })
}

/// Everything about everything.
///
/// # Errors
/// A manual can't be read, and `tolerant` does not say to write so into the text.
pub(super) fn everything(library: &Library, wanted: &[String], tolerant: bool) -> Result<String> {
    let mut kinds = Map::new();
    let mut first = None;
    for kind in Kind::ALL {
        let mut found = Map::new();
        let mut broken = Vec::new();
        if kind == Kind::Keyword {
            for name in built_in::names(kind) {
                found.insert(name.into(), built_in::keyword(name).unwrap_or_default());
            }
        } else if kind == Kind::Role {
            for (name, folder) in library.roles(wanted) {
                match role_manuals::read(&name, &folder, None) {
                    Ok(role) => {
                        found.insert(name.into(), role.to_value());
                    }
                    Err(error) => broken.push((name, error)),
                }
            }
        } else {
            let mut failed = |name: &str, error: Error| broken.push((name.to_owned(), error));
            for page in all(library, kind, wanted, &mut failed) {
                found.insert(page.name.as_str().into(), page.to_value());
            }
        }
        for (name, error) in broken {
            found.insert(name.into(), Value::map([("error", Value::from(error.summary()))]));
            first.get_or_insert(error);
        }
        kinds.insert(kind.name().into(), found.into());
    }
    match first {
        Some(error) if !tolerant => Err(error),
        _ => Ok(json(Map::from_iter([("all".into(), kinds.into())]))),
    }
}

/// The first option or result of a page that nobody has described.
pub(super) fn undescribed(page: &Page) -> Option<String> {
    fn search(options: &Value) -> Option<String> {
        sorted(options).into_iter().find_map(|(name, option)| {
            if option.get("description").is_none_or(Value::is_null) {
                return Some(name.to_owned());
            }
            ["options", "suboptions", "contains"].iter().find_map(|key| search(option.get(key)?))
        })
    }
    page.body.get("options").and_then(search).or_else(|| search(&page.returns))
}
