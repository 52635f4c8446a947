//! The manuals of what Capstan brings itself.

use std::sync::LazyLock;

use diag::Source;
use playbook::{KEYWORDS, Keyword, Place};
use template::Templates;
use transport::BecomeMethod;
use value::{Map, Value};

use super::kind::Kind;
use super::page::Page;

/// A line on everything that has no manual of its own, by kind and name.
static SUMMARIES: LazyLock<Value> = LazyLock::new(|| {
    let read = yaml::parse(&Source::new("summaries.yml", include_str!("summaries.yml")));
    read.ok().and_then(|document| document.root).map(|root| root.to_value()).unwrap_or_default()
});

/// The names of everything of a kind that is built in, in order.
pub(crate) fn names(kind: Kind) -> Vec<&'static str> {
    let mut names: Vec<&str> = match kind {
        Kind::Become => BecomeMethod::ALL.map(BecomeMethod::name).to_vec(),
        Kind::Cache => vec!["jsonfile", "memory"],
        Kind::Callback => report::callback_names().collect(),
        Kind::Connection => transport::connection_names().collect(),
        Kind::Filter => Templates::filter_names().collect(),
        Kind::Inventory => inventory::plugin_names().collect(),
        Kind::Keyword => KEYWORDS.iter().map(|keyword| keyword.name).collect(),
        Kind::Lookup => Templates::lookup_names().filter(|name| Templates::lookup_exists(name)).collect(),
        Kind::Module => actions::manuals().map(|manual| manual.name).collect(),
        Kind::Role => Vec::new(),
        Kind::Shell => vec!["sh"],
        Kind::Strategy => playbook::STRATEGIES.to_vec(),
        Kind::Test => Templates::test_names().collect(),
        Kind::Vars => vec!["host_group_vars"],
    };
    names.sort_unstable();
    names.dedup();
    names
}

/// The manual of something built in, by its name with or without `ansible.builtin` before it.
pub(crate) fn page(kind: Kind, name: &str) -> Option<Page> {
    let short = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name);
    let known = names(kind);
    let found = known
        .iter()
        .find(|known| **known == short)
        .or_else(|| known.iter().find(|known| known.strip_prefix("ansible.builtin.") == Some(short)))?;
    match kind {
        Kind::Module => module(found),
        _ => Some(Page::built_in(kind, found, summarised(kind, found))),
    }
}

fn summary(kind: Kind, name: &str) -> Option<&'static str> {
    SUMMARIES.get(kind.name())?.get(name)?.as_str()
}

fn summarised(kind: Kind, name: &str) -> Value {
    let Some(summary) = summary(kind, name) else { return Value::Null };
    let short = name.rsplit('.').next().unwrap_or(name);
    Value::map([
        ("description", Value::list([summary])),
        ("name", short.into()),
        ("short_description", summary.trim_end_matches('.').into()),
    ])
}

fn module(name: &str) -> Option<Page> {
    let manual = &actions::find(name)?.manual;
    let mut options = Map::new();
    for argument in manual.arguments() {
        let mut option = Map::new();
        option.insert("description".into(), Value::list([argument.description.replace('\n', " ")]));
        let (kind, elements) = kind_of(&argument.kind);
        option.insert("type".into(), kind.into());
        if let Some(elements) = elements {
            option.insert("elements".into(), elements.into());
        }
        if !argument.aliases.is_empty() {
            option.insert("aliases".into(), Value::list(argument.aliases));
        }
        if !argument.choices.is_empty() {
            option.insert("choices".into(), Value::list(argument.choices));
        }
        if let Some(default) = argument.default {
            let default = yaml::parse(&Source::new("default", default)).ok().and_then(|json| json.root);
            let default = default.map(|root| root.to_value()).unwrap_or_default();
            option.insert("default".into(), default);
        }
        if argument.required {
            option.insert("required".into(), Value::Bool(true));
        }
        options.insert(argument.name.into(), option.into());
    }
    let paragraphs: Vec<String> =
        manual.description.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    let first = paragraphs.first().map(String::as_str).unwrap_or_default();
    let short = first.split_once(". ").map_or(first, |(short, _)| short).trim_end_matches('.');
    let body = Value::map([
        ("description", Value::list(paragraphs.iter().map(String::as_str))),
        ("module", manual.name.rsplit('.').next().unwrap_or_default().into()),
        ("options", options.into()),
        ("short_description", short.into()),
    ]);
    let mut page = Page::built_in(Kind::Module, manual.name, body);
    page.examples = Value::from(manual.examples);
    Some(page)
}

/// Ansible's names of the kind of an argument, and of the items of a list.
fn kind_of(words: &str) -> (&'static str, Option<&'static str>) {
    if let Some(items) = words.strip_prefix("a list of ") {
        return ("list", Some(kind_of(items).0));
    }
    let name = match words {
        "yes or no" => "bool",
        "an integer" => "int",
        "a number" => "float",
        "text" | "one word of a list" => "str",
        "a list" => "list",
        "a mapping" => "dict",
        _ => "raw",
    };
    (name, None)
}

/// What there is to know about a keyword.
pub(crate) fn keyword(name: &str) -> Option<Value> {
    let keyword = KEYWORDS.iter().find(|keyword| keyword.name == name)?;
    let description = summary(Kind::Keyword, name).unwrap_or("UNDOCUMENTED");
    Some(Value::map([("applies_to", Value::list(places(keyword))), ("description", description.into())]))
}

fn places(keyword: &Keyword) -> Vec<&'static str> {
    let of = |place: &Place| match place {
        Place::Play => Some("Play"),
        Place::RoleEntry => Some("Role"),
        Place::Block => Some("Block"),
        Place::Task => Some("Task"),
        Place::Handler => Some("Handler"),
        Place::Include | Place::ImportPlaybook | Place::Apply => None,
    };
    keyword.places.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::text::sorted;
    use super::*;

    #[test]
    fn everything_has_a_summary_and_nothing_else_has() {
        for kind in Kind::ALL.into_iter().filter(|kind| ![Kind::Module, Kind::Role].contains(kind)) {
            let names = names(kind);
            for name in &names {
                assert!(
                    summary(kind, name).is_some(),
                    "summaries.yml has nothing on the {} {name}",
                    kind.name()
                );
            }
            for (name, _) in sorted(SUMMARIES.get(kind.name()).unwrap()) {
                assert!(names.contains(&name), "summaries.yml: there is no {} {name}", kind.name());
            }
        }
    }

    #[test]
    fn modules_have_typed_options() {
        let page = page(Kind::Module, "ansible.builtin.file").unwrap();
        let option = |name: &str, key: &str| page.body.get("options")?.get(name)?.get(key).cloned();
        assert_eq!(option("path", "required"), Some(Value::Bool(true)));
        assert_eq!(option("path", "aliases"), Some(Value::list(["dest", "name"])));
        assert_eq!(option("follow", "type"), Some("bool".into()));
        assert_eq!(option("follow", "default"), Some(Value::Bool(true)));
    }
}
