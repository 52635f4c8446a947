//! A scope of variables for tests.

#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(dead_code, reason = "no test file uses all of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diag::{Error, Result, Source, Span};
use template::{Extensions, Scope, Templates, WebRequest};
use value::{JsonStyle, Text, Value};

/// Variables, and a folder that files are looked for in.
#[derive(Default)]
pub(crate) struct Variables {
    pub(crate) values: BTreeMap<String, Value>,
    pub(crate) folder: PathBuf,
}

impl Variables {
    /// The variables that most tests use.
    pub(crate) fn usual() -> Variables {
        let mut variables = Variables::default();
        let mut set = |name: &str, value: Value| variables.values.insert(name.to_owned(), value);
        set("x", Value::Int(5));
        set("s", Value::from("hello"));
        set("l", Value::list([3, 1, 2]));
        set("d", Value::map([("a", Value::Int(1)), ("b", Value::from("two")), ("items", Value::Int(9))]));
        set(
            "lazy",
            Value::map([("a", Value::Int(1)), ("b", trusted("{{ nope }}")), ("c", trusted("{{ x + 1 }}"))]),
        );
        set("nest", trusted("{{ lazy }}"));
        set("bad", trusted("{{ nope }}"));
        set("bad2", trusted("a{{ nope }}"));
        set("bad3", trusted("{{ nope | upper }}"));
        set("bad4", trusted("{{ nope + 1 }}"));
        set("bad5", trusted("{% if nope %}a{% endif %}"));
        set("rec", trusted("{{ rec2 }}"));
        set("rec2", trusted("{{ rec }}"));
        set("tmpl", trusted("{{ x }}"));
        set("cond", trusted("x == 5"));
        set("null", Value::Null);
        set("big", Value::integer("123456789012345678901234567890".parse().unwrap()));
        set("data", Value::from("{{ x }}"));
        set("secret", Value::String(Text::new("hunter2").secret()));
        set("vaulted", Value::Vaulted(Text::new("VAULT:open sesame")));
        set("unk", Value::unknown("a command that was not run"));
        set(
            "half",
            Value::map([("known", Value::Int(1)), ("unk", Value::unknown("a command that was not run"))]),
        );
        set(
            "people",
            Value::list([
                Value::map([
                    ("name", Value::from("ann")),
                    ("age", Value::Int(30)),
                    ("groups", Value::list(["a", "b"])),
                ]),
                Value::map([
                    ("name", Value::from("Bob")),
                    ("age", Value::Int(20)),
                    ("groups", Value::list(["b"])),
                ]),
            ]),
        );
        variables
    }
}

impl Scope for Variables {
    fn variable(&self, name: &str) -> Result<Option<Value>> {
        Ok(self.values.get(name).cloned())
    }

    fn names(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![self.folder.clone()]
    }

    fn playbook_dir(&self) -> PathBuf {
        self.folder.clone()
    }

    fn decrypt(&self, vaulted: &Text) -> Result<Text> {
        vaulted.strip_prefix("VAULT:").map(Text::new).ok_or_else(|| Error::new("this is no vault"))
    }

    fn decrypt_file(&self, bytes: Vec<u8>, _: &Path) -> Result<Vec<u8>> {
        Ok(bytes.strip_prefix(b"VAULT:").map(<[u8]>::to_vec).unwrap_or(bytes))
    }

    fn hosts_matching(&self, pattern: &str) -> Result<Vec<String>> {
        Ok(["web1", "web2", "db1"]
            .into_iter()
            .filter(|host| host.starts_with(pattern))
            .map(str::to_owned)
            .collect())
    }

    fn fetch(&self, request: &WebRequest) -> Result<Vec<u8>> {
        match request.address.strip_prefix("http://told/") {
            Some("bytes") => Ok(b"\xff\n".to_vec()),
            Some("lines") => Ok(b"a\r\nb\n\nc\n".to_vec()),
            Some("request") => Ok(format!("{request:?}").into_bytes()),
            _ => Err(Error::new(format!("Failed lookup url for {}", request.address))),
        }
    }
}

/// A template without a place.
pub(crate) fn trusted(text: &str) -> Value {
    Value::String(Text::trusted(text, None))
}

/// A template at its place in a file.
pub(crate) fn placed(source: &std::sync::Arc<Source>, text: &str) -> Text {
    let start = source.text().find(text).expect("the text stands in the file");
    Text::trusted(text, Some(Span::new(source, start, start + text.len())))
}

/// The result as Python's repr, `! message` for an error, `? cause` for an unknown.
pub(crate) fn shown(result: Result<Value>) -> String {
    match result {
        Ok(Value::Unknown(unknown)) => format!("? {}", unknown.cause),
        Ok(value) => value.repr(),
        Err(error) => format!("! {}", error.summary()),
    }
}

/// Renders with the usual variables and shows the result.
pub(crate) fn render(template: &str) -> String {
    shown(
        Templates::with_extensions(Extensions::ALL)
            .render(&Text::trusted(template, None), &Variables::usual()),
    )
}

/// Checks a table of templates and what they give.
pub(crate) fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(template, expected)| {
            let found = render(template);
            (found != *expected).then(|| format!("{template}\n   gives {found}\n   not   {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// A value as JSON, for comparing.
pub(crate) fn json(value: &Value) -> String {
    value.to_json(JsonStyle::LINE)
}
