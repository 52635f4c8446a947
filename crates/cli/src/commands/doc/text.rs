//! Manuals laid out for people, as they know them.

use value::Value;
use yaml::EmitStyle;

use super::kind::Kind;
use super::markup::plain;
use super::page::Page;

/// The width of running text.
const WIDTH: usize = 70;

/// The keys that have a place of their own, or are of no use to people.
const PLACED: [&str; 17] = [
    "attributes",
    "collection",
    "deprecated",
    "description",
    "examples",
    "filename",
    "has_action",
    "module",
    "notes",
    "options",
    "plugin_name",
    "requirements",
    "seealso",
    "short_description",
    "version_added",
    "version_added_collection",
    "plugin_type",
];

/// The whole manual.
pub(crate) fn of(page: &Page) -> String {
    let body = &page.body;
    let mut out = format!("> {} {} ({})\n\n", page.kind.name().to_uppercase(), page.name, page.place());
    let description = body.get("description").or_else(|| body.get("short_description"));
    for paragraph in description.map(texts).unwrap_or_default() {
        out.push_str(&wrapped(&plain(&paragraph), WIDTH, "  ", "  "));
    }
    if let Some(deprecated) = body.get("deprecated").filter(|deprecated| !deprecated.is_null()) {
        out.push_str(&deprecation(deprecated, page.collection.as_deref()));
    }
    out.push('\n');
    if let Some(options) = body.get("options").filter(|options| has_entries(options)) {
        out.push_str("OPTIONS (= indicates it is required):\n\n");
        fields(&mut out, options, Field { base: 0, indent: 8, is_result: false });
    }
    if let Some(attributes) = body.get("attributes").filter(|attributes| has_entries(attributes)) {
        out.push_str(&all_attributes(attributes));
    }
    rest(&mut out, page, "        ");
    if !page.examples.is_null() {
        let text = match &page.examples {
            Value::String(text) => text.as_str().to_owned(),
            other => dump(other),
        };
        out.push_str(&format!("EXAMPLES:\n{}\n\n", text.trim()));
    }
    if has_entries(&page.returns) {
        out.push_str("RETURN VALUES:\n\n");
        fields(&mut out, &page.returns, Field { base: 0, indent: 8, is_result: true });
    }
    out
}

/// What is left of a manual when its options are told: notes, requirements, what to see also, the author.
fn rest(out: &mut String, page: &Page, indent: &str) {
    let body = &page.body;
    notes(out, body, indent);
    if let Some(requirements) = body.get("requirements").map(texts).filter(|texts| !texts.is_empty()) {
        out.push_str(&format!("REQUIREMENTS:  {}\n\n", requirements.join(", ")));
    }
    let mut keys: Vec<(String, &Value)> = body
        .as_map()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)))
        .filter(|(key, value)| !PLACED.contains(&key.as_str()) && !value.is_null())
        .collect();
    keys.sort_by(|a, b| a.0.cmp(&b.0));
    for (key, value) in keys {
        let shown = match value {
            Value::Map(_) => format!("\n{}", dump(value).trim_end()),
            other => texts(other).join(", "),
        };
        if key == "name" && page.kind == Kind::Module {
            continue;
        }
        out.push_str(&format!("{}: {shown}\n\n", key.to_uppercase()));
    }
}

/// Notes, and what to see also.
pub(super) fn notes(out: &mut String, body: &Value, indent: &str) {
    let bullet = format!("{}* ", &indent[2..]);
    let notes = body.get("notes").map(texts).unwrap_or_default();
    if !notes.is_empty() {
        out.push_str("NOTES:\n");
        for note in notes {
            out.push_str(&wrapped(&plain(&note), WIDTH - 6, &bullet, indent));
        }
        out.push('\n');
    }
    let links = body.get("seealso").and_then(Value::as_list).unwrap_or_default();
    if links.is_empty() {
        return;
    }
    out.push_str("SEE ALSO:\n");
    for link in links {
        let text = |key: &str| link.get(key).and_then(Value::as_str);
        let title = match (text("module"), text("plugin"), text("name"), text("ref")) {
            (Some(module), ..) => format!("Module {module}"),
            (_, Some(plugin), ..) => {
                let mut kind = text("plugin_type").unwrap_or("plugin").to_owned();
                if let Some(first) = kind.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                format!("{kind} plugin {plugin}")
            }
            (_, _, Some(name), _) => name.to_owned(),
            (.., Some(reference)) => format!("Ansible documentation [{reference}]"),
            _ => continue,
        };
        out.push_str(&wrapped(&title, WIDTH - 6, &bullet, indent));
        let deeper = format!("{indent}   ");
        if let Some(description) = text("description") {
            out.push_str(&wrapped(&plain(description), WIDTH - 6, &deeper, &deeper));
        }
        if let Some(address) = text("link") {
            out.push_str(&format!("{deeper}{address}\n"));
        }
    }
    out.push('\n');
}

fn deprecation(deprecated: &Value, collection: Option<&str>) -> String {
    let text = |key: &str| deprecated.get(key).map(|value| texts(value).join(" "));
    let mut out = "DEPRECATED: \n".to_owned();
    if let Some(why) = text("why") {
        out.push_str(&format!("\tReason: {}\n", plain(&why)));
    }
    match (text("removed_at_date"), text("removed_in")) {
        (Some(date), _) => out.push_str(&format!("\tWill be removed in a release after {date}\n")),
        (None, Some(version)) => {
            let collection = collection.unwrap_or("Ansible");
            out.push_str(&format!("\tWill be removed in: {collection} {version}\n"));
        }
        (None, None) => {}
    }
    if let Some(alternative) = text("alternative").or_else(|| text("alternatives")) {
        out.push_str(&format!("\tAlternatives: {}\n", plain(&alternative)));
    }
    out
}

fn all_attributes(attributes: &Value) -> String {
    let mut out = "ATTRIBUTES:\n\n".to_owned();
    for (name, attribute) in sorted(attributes) {
        out.push_str(&format!("        {name}:\n"));
        for (key, value) in sorted(attribute) {
            let text = plain(&texts(value).join(" "));
            out.push_str(&wrapped(&format!("{key}: {text}"), WIDTH + 9, "        ", "          "));
        }
        out.push('\n');
    }
    out
}

/// How options or results are laid out.
#[derive(Clone, Copy)]
pub(super) struct Field {
    /// The column of their names.
    pub(super) base: usize,
    /// The column of what there is to know about each.
    pub(super) indent: usize,
    /// Whether they are results, which have no defaults.
    pub(super) is_result: bool,
}

/// Options or results, by name, each with what there is to know about it.
pub(super) fn fields(out: &mut String, options: &Value, field: Field) {
    for (name, option) in sorted(options) {
        let is_required = option.get("required").is_some_and(Value::is_true);
        let mark = if is_required && !field.is_result { '=' } else { '-' };
        let label = format!("{}{mark} {name}", " ".repeat(field.base));
        let column = (label.chars().count() + 2).max(field.indent + 2);
        let first = format!("{label:<column$} ");
        let paragraphs = option.get("description").map(texts).unwrap_or_default();
        let mut text = String::new();
        let deeper = " ".repeat(column + 1);
        for (index, paragraph) in paragraphs.iter().enumerate() {
            let start = if index == 0 { &first } else { &deeper };
            text.push_str(&wrapped(&plain(paragraph), WIDTH, start, &deeper));
        }
        // The first line stands one column further left than those that follow.
        out.push_str(label.trim_end());
        match text.strip_prefix(first.as_str()) {
            Some(text) => {
                out.push_str(&" ".repeat(column - label.chars().count()));
                out.push_str(text);
            }
            None => out.push('\n'),
        }
        facts(out, option, field, is_required);
        out.push('\n');
    }
}

/// What there is to know about an option beside its description.
fn facts(out: &mut String, option: &Value, field: Field, is_required: bool) {
    let indent = " ".repeat(field.indent);
    let by_plugins = ["env", "ini", "vars", "cli", "keyword"];
    let ways = by_plugins.iter().filter_map(|key| {
        let way = option.get(key).filter(|way| way.is_list())?;
        Some((*key, way.clone()))
    });
    let ways = Value::map(ways);
    if has_entries(&ways) {
        out.push_str(&format!("{indent}set_via:\n"));
        for line in dump(&ways).lines() {
            out.push_str(&format!("{indent}  {line}\n"));
        }
    }
    let inner = ["options", "suboptions", "contains", "spec"];
    let told = ["description", "required", "version_added", "version_added_collection"];
    let mut lines: Vec<(&str, String)> = Vec::new();
    for (key, value) in sorted(option) {
        if told.contains(&key) || inner.contains(&key) || by_plugins.contains(&key) || value.is_null() {
            continue;
        }
        lines.push((key, flow(value)));
    }
    if !field.is_result && !is_required && option.get("default").is_none_or(Value::is_null) {
        lines.push(("default", "null".to_owned()));
    }
    lines.sort_by_key(|(key, _)| *key);
    for (key, value) in lines {
        out.push_str(&format!("{indent}{key}: {value}\n"));
    }
    if field.base > 0
        && let Some(version) = option.get("version_added")
    {
        out.push_str(&format!("{indent}added in: version {}\n", texts(version).join(" ")));
    }
    for key in inner {
        if let Some(options) = option.get(key).filter(|options| has_entries(options)) {
            out.push_str(&format!("{indent}{key}:\n\n"));
            fields(out, options, Field { base: field.indent, indent: field.indent + 2, ..field });
            // Every one of them ends with an empty line already.
            out.pop();
        }
    }
}

/// The entries of a mapping by name.
pub(super) fn sorted(mapping: &Value) -> Vec<(&str, &Value)> {
    let mut entries: Vec<(&str, &Value)> = mapping
        .as_map()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str()?, value)))
        .collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

fn has_entries(value: &Value) -> bool {
    value.as_map().is_some_and(|map| !map.is_empty())
}

/// A text, or those of a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.as_str().to_owned()],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(_) => vec![dump(value).trim_end().to_owned()],
        other => vec![other.to_string()],
    }
}

fn dump(value: &Value) -> String {
    yaml::emit(value, &EmitStyle { flow: Some(false), ..EmitStyle::default() })
        .unwrap_or_else(|_| value.repr())
}

/// A value on one line, if it has one.
fn flow(value: &Value) -> String {
    match value {
        Value::List(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<String>>().join(", "))
        }
        Value::Map(_) => {
            let style = EmitStyle { flow: Some(true), width: 10_000, ..EmitStyle::default() };
            yaml::emit(value, &style).unwrap_or_else(|_| value.repr()).trim_end().to_owned()
        }
        scalar => {
            let text = dump(scalar);
            text.trim_end().trim_end_matches("...").trim_end().to_owned()
        }
    }
}

/// A text in lines of at most `width` columns, broken at white space; each paragraph begins on a new line.
pub(super) fn wrapped(text: &str, width: usize, first: &str, others: &str) -> String {
    let mut paragraphs = text.trim().split("\n\n");
    let start = paragraphs.next().unwrap_or_default();
    let mut out = paragraph(start, width, first, others);
    out.extend(paragraphs.map(|next| paragraph(next, width, others, others)));
    out
}

fn paragraph(text: &str, width: usize, first: &str, others: &str) -> String {
    let mut out = String::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(&line);
            out.push('\n');
            others.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    if !is_empty {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_laid_out_in_columns() {
        let option = Value::map([
            (
                "description",
                Value::from("Something that takes more than one line, so that the next one is indented."),
            ),
            ("type", "str".into()),
            ("required", Value::Bool(true)),
        ]);
        let inner = Value::map([("depth", Value::map([("description", "How deep."), ("type", "int")]))]);
        let other = Value::map([("description", Value::from("More.")), ("suboptions", inner)]);
        let mut out = String::new();
        fields(
            &mut out,
            &Value::map([("name", option), ("very_long_name", other)]),
            Field { base: 0, indent: 8, is_result: false },
        );
        let expected = "\
= name    Something that takes more than one line, so that the next
           one is indented.
        type: str

- very_long_name  More.
        default: null
        suboptions:

        - depth  How deep.
          default: null
          type: int

";
        assert_eq!(out, expected);
    }

    #[test]
    fn paragraphs_begin_on_new_lines() {
        assert_eq!(wrapped("one two\n\nthree", 80, "* ", "  "), "* one two\n  three\n");
    }
}
