//! What the settings allow, and what is told about it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use diag::{Error, Result};
use support::Variables;
use template::{Scope, Strictness, Templates, Truth, Untrusted, WebRequest};
use value::{Text, Value};

/// Variables, and what was told.
struct Listener {
    variables: Variables,
    told: Mutex<Vec<String>>,
}

impl Listener {
    fn new() -> Listener {
        Listener { variables: Variables::usual(), told: Mutex::default() }
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

impl Scope for Listener {
    fn variable(&self, name: &str) -> Result<Option<Value>> {
        self.variables.variable(name)
    }

    fn names(&self) -> Vec<String> {
        self.variables.names()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.variables.search_path()
    }

    fn playbook_dir(&self) -> PathBuf {
        self.variables.playbook_dir()
    }

    fn decrypt(&self, vaulted: &Text) -> Result<Text> {
        self.variables.decrypt(vaulted)
    }

    fn decrypt_file(&self, bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
        self.variables.decrypt_file(bytes, path)
    }

    fn hosts_matching(&self, pattern: &str) -> Result<Vec<String>> {
        self.variables.hosts_matching(pattern)
    }

    fn fetch(&self, request: &WebRequest) -> Result<Vec<u8>> {
        self.variables.fetch(request)
    }

    fn tell(&self, warning: Error) {
        self.told.lock().unwrap().push(warning.message().to_owned());
    }
}

#[test]
fn broken_conditionals_hold_as_in_python_and_are_told() {
    let (templates, scope) = (
        Templates::new().as_strict_as(Strictness { broken_conditionals: true, ..Strictness::default() }),
        Listener::new(),
    );
    let holds = |condition: Value| templates.condition(&condition, &scope).unwrap() == Truth::True;
    for (condition, expected) in
        [("l", true), ("[]", false), ("x", true), ("none", false), ("''", false), ("'no'", true), ("", true)]
    {
        assert_eq!(holds(Value::String(Text::trusted(condition, None))), expected, "{condition}");
        assert_eq!(scope.told().len(), 1, "{condition}");
    }
    assert!(holds(Value::Int(1)) && !holds(Value::Int(0)) && holds(Value::Null));
    scope.told();
    assert!(holds(Value::String(Text::trusted("x == 5", None))));
    assert_eq!(scope.told(), [""; 0]);
    assert!(templates.check_condition(&Value::from("")).is_ok());
}

#[test]
fn data_with_braces_is_left_alone_told_or_refused() {
    let scope = Listener::new();
    let render = |untrusted, template: &str| {
        let templates = Templates::new().as_strict_as(Strictness { untrusted, ..Strictness::default() });
        templates.render(&Text::trusted(template, None), &scope)
    };
    for template in ["{{ data }}", "{{ [data] }}", "{{ {'a': data}.a }}"] {
        assert!(render(Untrusted::Ignore, template).unwrap().to_string().contains("{{ x }}"));
        assert_eq!(scope.told(), [""; 0], "{template}");
        assert!(render(Untrusted::Warn, template).unwrap().to_string().contains("{{ x }}"));
        assert!(scope.told().contains(&"Encountered untrusted template or expression.".to_owned()));
        let error = render(Untrusted::Refuse, template).unwrap_err();
        assert!(error.summary().contains("Encountered untrusted template"), "{error}");
    }
    assert_eq!(render(Untrusted::Refuse, "{{ tmpl }} {{ s }}").unwrap().to_string(), "5 hello");
}
