//! Manuals that stand in files: a module or plugin in Python holds them as texts, others have a YAML file beside them.

use std::path::Path;
use std::sync::Arc;

use diag::{Error, Result, Source};
use value::{Map, Value};

use super::kind::Kind;
use super::page::Page;

/// Reads the manual of a module or plugin: from its own text, or from the YAML file of the same name beside it.
/// `fragment` gives a text that manuals share: the constant of this name of the fragment of that name.
///
/// # Errors
/// What is there can't be read. A manual that is not there is no error.
pub(crate) fn read(
    file: &Path,
    name: &str,
    kind: Kind,
    fragment: &dyn Fn(&str) -> Option<Value>,
) -> Result<Page> {
    let beside = ["yml", "yaml"].map(|ending| file.with_extension(ending));
    let mut texts = texts_of(file)?;
    if texts.documentation.is_null()
        && let Some(beside) = beside.iter().find(|beside| beside.is_file() && *beside != file)
    {
        texts = texts_of(beside)?;
    }
    let mut body = texts.documentation;
    include_fragments(&mut body, fragment);
    Ok(Page {
        name: name.to_owned(),
        kind,
        file: Some(file.to_path_buf()),
        collection: None,
        body,
        examples: texts.examples,
        returns: texts.returns,
    })
}

/// The text that manuals share, under a constant of a Python file.
pub(crate) fn fragment(file: &Path, constant: &str) -> Option<Value> {
    let text = std::fs::read_to_string(file).ok()?;
    parsed(file, constant_of(&text, constant)?).ok()
}

#[derive(Default)]
struct Texts {
    documentation: Value,
    examples: Value,
    returns: Value,
}

fn texts_of(file: &Path) -> Result<Texts> {
    let bytes = std::fs::read(file)
        .map_err(|error| Error::new(format!("can't read {}", file.display())).cause(error))?;
    let Ok(text) = String::from_utf8(bytes) else { return Ok(Texts::default()) };
    if file.extension().is_some_and(|ending| ending == "yml" || ending == "yaml") {
        let all = parsed(file, &text)?;
        let part = |name: &str| all.get(name).cloned().unwrap_or_default();
        return Ok(Texts {
            documentation: part("DOCUMENTATION"),
            examples: part("EXAMPLES"),
            returns: part("RETURN"),
        });
    }
    let part = |name: &str| constant_of(&text, name).map(|text| parsed(file, text)).transpose();
    Ok(Texts {
        documentation: part("DOCUMENTATION")?.unwrap_or_default(),
        examples: constant_of(&text, "EXAMPLES").map(Value::from).unwrap_or_default(),
        returns: part("RETURN")?.unwrap_or_default(),
    })
}

fn parsed(file: &Path, text: &str) -> Result<Value> {
    let document = yaml::parse(&Source::new(file, text))?;
    Ok(document.root.map(|root| root.to_value()).unwrap_or_default())
}

/// What stands between the quotes of `NAME = """..."""` in a Python file.
fn constant_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let start = rest.find(name)?;
        let (before, after) = (&rest[..start], &rest[start + name.len()..]);
        rest = after;
        let line_start = before.rsplit('\n').next().unwrap_or_default();
        let Some(value) = after.trim_start_matches(' ').strip_prefix('=') else { continue };
        if !line_start.trim().is_empty() {
            continue;
        }
        let value = value.trim_start().trim_start_matches(['r', 'R', 'u']);
        for quote in ["\"\"\"", "'''", "\"", "'"] {
            if let Some(inside) = value.strip_prefix(quote) {
                return inside.find(quote).map(|end| &inside[..end]);
            }
        }
    }
}

/// Adds what the manual takes from shared texts; its own words win.
fn include_fragments(body: &mut Value, fragment: &dyn Fn(&str) -> Option<Value>) {
    let Some(own) = body.as_map() else { return };
    let mut whole = own.clone();
    let names = match whole.shift_remove(&Value::from("extends_documentation_fragment")) {
        Some(Value::List(names)) => names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
        Some(name) => name.as_str().map(|name| vec![name.to_owned()]).unwrap_or_default(),
        None => Vec::new(),
    };
    for shared in names.iter().filter_map(|name| fragment(name)) {
        for (key, value) in shared.as_map().into_iter().flatten() {
            let merged = match (whole.get(key), value) {
                (Some(Value::Map(ours)), Value::Map(theirs)) => {
                    let mut merged: Map = ours.as_ref().clone();
                    for (name, option) in theirs.iter() {
                        merged.entry(name.clone()).or_insert_with(|| option.clone());
                    }
                    Value::from(merged)
                }
                (Some(Value::List(ours)), Value::List(theirs)) => {
                    Value::List(Arc::new(ours.iter().chain(theirs.iter()).cloned().collect()))
                }
                (Some(ours), _) => ours.clone(),
                (None, theirs) => theirs.clone(),
            };
            whole.insert(key.clone(), merged);
        }
    }
    *body = Value::from(whole);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_found_by_their_name() {
        let text =
            "# DOCUMENTATION = no\nX = 1\nDOCUMENTATION = r'''\na: 1\n'''\nRETURN = \"\"\"b: 2\"\"\"\n";
        assert_eq!(constant_of(text, "DOCUMENTATION"), Some("\na: 1\n"));
        assert_eq!(constant_of(text, "RETURN"), Some("b: 2"));
        assert_eq!(constant_of(text, "EXAMPLES"), None);
    }

    #[test]
    fn own_options_win_over_shared_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.py");
        std::fs::write(
            &file,
            "DOCUMENTATION = '''\nextends_documentation_fragment: x\noptions: {a: {type: int}}\n'''\n",
        )
        .unwrap();
        let shared = Value::map([(
            "options",
            Value::map([("a", Value::map([("type", "str")])), ("b", Value::map([("type", "str")]))]),
        )]);
        let page = read(&file, "m", Kind::Module, &|_| Some(shared.clone())).unwrap();
        let options = page.body.get("options").unwrap();
        assert_eq!(options.get("a").and_then(|a| a.get("type")), Some(&Value::from("int")));
        assert!(options.get("b").is_some());
    }
}
