//! The lookups: values from the controller's side, and the lists that `with_X` loops go over.

mod config;
mod csvfile;
mod environment;
mod files;
mod filetree;
mod ini;
mod inline;
mod loops;
mod option;
mod password;
mod random_string;
mod url;
mod variables;

use std::sync::Arc;

use diag::{Error, did_you_mean};
use value::Value;

use crate::arguments::{Arguments, text};
use crate::evaluate::{Evaluator, is_secret, listed, mark_secret, masked};
use crate::filters::short_name;
use crate::outcome::{Outcome, Stop};

pub(crate) use csvfile::rows as csv_rows;
pub(crate) use files::{glob_files, options_of_a_loop};

/// A lookup.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) name: &'static str,
    /// What it does with its terms and options; it gives a list.
    run: fn(&mut Evaluator<'_>, Arguments) -> Outcome<Vec<Value>>,
    /// Whether terms are rendered all through before it sees them.
    rendered: bool,
}

type Run = fn(&mut Evaluator<'_>, Arguments) -> Outcome<Vec<Value>>;

const fn lookup(name: &'static str, run: Run) -> Lookup {
    Lookup { name, run, rendered: true }
}

/// A lookup that only moves its terms about, so that they may be templates still.
const fn moving(name: &'static str, run: Run) -> Lookup {
    Lookup { name, run, rendered: false }
}

/// All lookups.
pub(crate) const LOOKUPS: &[Lookup] = &[
    lookup("community.general.filetree", filetree::filetree),
    lookup("community.general.random_string", random_string::random_string),
    lookup("config", config::config),
    lookup("csvfile", csvfile::csvfile),
    moving("dict", loops::dict),
    lookup("env", environment::env),
    lookup("file", files::file),
    lookup("fileglob", files::fileglob),
    lookup("first_found", files::first_found),
    moving("flattened", loops::flattened),
    moving("indexed_items", loops::indexed_items),
    lookup("ini", ini::ini),
    lookup("inventory_hostnames", variables::inventory_hostnames),
    moving("items", loops::items),
    lookup("lines", environment::lines),
    moving("list", loops::list),
    moving("nested", loops::nested),
    lookup("password", password::password),
    lookup("pipe", environment::pipe),
    lookup("random_choice", loops::random_choice),
    lookup("sequence", loops::sequence),
    lookup("subelements", loops::subelements),
    lookup("template", files::template),
    moving("together", loops::together),
    lookup("unvault", files::unvault),
    lookup("url", url::url),
    lookup("varnames", variables::varnames),
    lookup("vars", variables::vars),
];

/// Other names of lookups.
const ALIASES: &[(&str, &str)] = &[
    ("cartesian", "nested"),
    ("community.general.cartesian", "nested"),
    ("community.general.flattened", "flattened"),
];

/// Every name that [`find`] knows.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    LOOKUPS.iter().map(|lookup| lookup.name).chain(ALIASES.iter().map(|(alias, _)| *alias))
}

/// The lookup of a name, which may be a full one such as `ansible.builtin.file`.
pub(crate) fn find(name: &str) -> Option<&'static Lookup> {
    let short = short_name(name);
    let short = ALIASES.iter().find(|(alias, _)| *alias == short).map_or(short, |(_, name)| name);
    LOOKUPS.iter().find(|lookup| lookup.name == short)
}

/// The error that a lookup which does not exist is.
pub(crate) fn unknown(name: &str) -> Error {
    Error::new(format!("The lookup plugin '{name}' was not found."))
        .complete()
        .hint_some(did_you_mean(name, LOOKUPS.iter().map(|lookup| lookup.name)))
}

/// An error that says which lookup it is of, unless it is one of what the lookup has rendered.
fn failed(name: &str, error: Error) -> Error {
    if error.is_complete() {
        return error;
    }
    error.context(format!("The lookup plugin '{name}' failed")).complete()
}

/// Runs a lookup: `wantlist` asks for the list it makes; else a list of one item is that item, and texts are joined
/// with commas.
pub(crate) fn run(
    evaluator: &mut Evaluator<'_>,
    name: &str,
    lookup: &Lookup,
    mut arguments: Arguments,
    wantlist: bool,
) -> Outcome {
    let errors = match arguments.take("errors") {
        Some(errors) => text(&errors)?,
        None => "strict".into(),
    };
    // A default may be undefined: that asks for the value to be there.
    let default = match arguments.take("default") {
        Some(default @ Value::Undefined(_)) => Some(default),
        Some(default) => {
            arguments.named.push(("default".into(), default));
            None
        }
        None => None,
    };
    for value in arguments.values_mut() {
        *value = listed(std::mem::take(value))?;
        if let Value::Undefined(undefined) = value {
            return Ok(Value::Undefined(undefined.clone()));
        }
        if lookup.rendered || lookup.name == "flattened" {
            *value = evaluator.resolve(value)?;
            if let Some(unknown) = value.find_unknown() {
                return Ok(Value::Unknown(unknown.clone()));
            }
        } else if let Value::Unknown(unknown) = value {
            return Ok(Value::Unknown(unknown.clone()));
        }
    }
    arguments.named.extend(default.map(|default| ("default".into(), default)));
    let secret = lookup.rendered && arguments.values().any(is_secret);
    let given = secret.then(|| arguments.clone());
    let items = match (lookup.run)(evaluator, arguments) {
        Ok(items) => items,
        Err(Stop::Error(_) | Stop::Sealed(..)) if errors == "ignore" || errors == "warn" => {
            return Ok(if wantlist { Value::List(Arc::default()) } else { Value::Null });
        }
        Err(Stop::Error(error)) => {
            let error = given.iter().fold(error, |error, given| masked(error, given.values()));
            return Err(failed(name, error).into());
        }
        Err(other) => return Err(other),
    };
    let value = match items.as_slice() {
        _ if wantlist => Value::List(Arc::new(items)),
        [one] => one.clone(),
        [_, ..] if items.iter().all(|item| item.as_str().is_some()) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            mark_secret(Value::string(texts.join(",")), items.iter().any(is_secret))
        }
        _ => Value::List(Arc::new(items)),
    };
    Ok(mark_secret(value, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ansible.builtin has.
    const WANTED: &str = "config csvfile dict env file fileglob first_found indexed_items ini inventory_hostnames items \
        lines list nested password pipe random_choice sequence subelements template together unvault url varnames vars";

    #[test]
    fn every_lookup_has_cases() {
        let cases = concat!(
            include_str!("../../tests/cases/lookups.txt"),
            include_str!("../../tests/cases/collections.txt")
        );
        // Those that depend on the inventory, on a server and on other collections are tried elsewhere.
        let elsewhere = ["flattened", "inventory_hostnames", "url"];
        for lookup in LOOKUPS.iter().filter(|lookup| !elsewhere.contains(&lookup.name)) {
            assert!(cases.contains(&format!("'{}'", lookup.name)), "{}", lookup.name);
        }
    }

    #[test]
    fn every_lookup_is_there_once() {
        for name in WANTED.split_whitespace() {
            assert!(find(name).is_some(), "{name}");
        }
        for lookup in LOOKUPS {
            assert_eq!(
                LOOKUPS.iter().filter(|other| other.name == lookup.name).count(),
                1,
                "{}",
                lookup.name
            );
        }
    }
}
