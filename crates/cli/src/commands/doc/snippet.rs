//! A manual as a piece of a playbook, to be filled in.

use diag::{Error, Result};

use super::kind::Kind;
use super::markup::plain;
use super::page::Page;
use super::text::{sorted, texts, wrapped};

/// The column at which comments begin.
const COMMENTS: usize = 29;

/// A task with all options, or a lookup.
///
/// # Errors
/// There is no such thing for this kind.
pub(crate) fn of(page: &Page) -> Result<String> {
    match page.kind {
        Kind::Module => Ok(task(page)),
        Kind::Lookup => Ok(lookup(page)),
        Kind::Inventory => Ok(source(page)),
        _ => Err(Error::new(
            "Snippets are only available for the following plugin types: inventory, lookup, module",
        )),
    }
}

fn task(page: &Page) -> String {
    let title = plain(page.summary());
    let mut out = format!("- name: {title}\n  {}:\n", page.short_name());
    out.push_str(&options(page, 6));
    out
}

fn source(page: &Page) -> String {
    format!("# {}\nplugin: {}\n{}", plain(page.summary()), page.name, options(page, 0))
}

fn options(page: &Page, indent: usize) -> String {
    let mut out = String::new();
    for (name, option) in page.body.get("options").map(sorted).unwrap_or_default() {
        let required = option.get("required").is_some_and(value::Value::is_true);
        let mark = if required { "(required) " } else { "" };
        let description = option.get("description").map(texts).unwrap_or_default().join(" ");
        let label = format!("{}{name}:", " ".repeat(indent));
        let first = format!("{label:<COMMENTS$}# ");
        let others = format!("{}# ", " ".repeat(COMMENTS));
        out.push_str(&wrapped(&format!("{mark}{}", plain(&description)), 79, &first, &others));
    }
    out
}

fn lookup(page: &Page) -> String {
    let mut comments = String::new();
    let mut arguments = vec![format!("'{}'", page.short_name())];
    for (name, option) in page.body.get("options").map(sorted).unwrap_or_default() {
        let kind = option.get("type").map(texts).unwrap_or_default().join("");
        let description = option.get("description").map(texts).unwrap_or_default().join(" ");
        comments.push_str(&format!("# {name}({kind}): {}\n", plain(&description)));
        arguments.push(match option.get("default") {
            _ if name == "_terms" => "< _terms >".to_owned(),
            Some(default) => format!("{name}={}", default.repr()),
            None => format!("{name}=None"),
        });
    }
    if arguments.len() == 1 {
        arguments.push("< _terms >".to_owned());
    }
    format!("{comments}\nlookup({})\n", arguments.join(", "))
}
