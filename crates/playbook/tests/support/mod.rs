//! Small sites in temporary directories, and a template language that is just enough to name files.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use diag::{Error, Errors, Result, Style};
use playbook::{Language, Loader, Playbook, Vars};
use value::{Text, Value};

/// Knows `{{ name }}` and that braces must be closed.
pub struct Braces;

impl Language for Braces {
    fn check(&self, text: &Text) -> Result<()> {
        match text.matches("{{").count() == text.matches("}}").count() {
            true => Ok(()),
            false => Err(Error::new("the template is not closed")),
        }
    }

    fn check_condition(&self, condition: &Value) -> Result<()> {
        match condition.as_str() {
            Some(text) if text.matches('(').count() != text.matches(')').count() => {
                Err(Error::new("a parenthesis is not closed"))
            }
            _ => Ok(()),
        }
    }

    fn render(&self, text: &Text, vars: &Vars) -> Result<Value> {
        let (before, rest) = text.split_once("{{").ok_or_else(|| Error::new("no template"))?;
        let (name, after) = rest.split_once("}}").ok_or_else(|| Error::new("the template is not closed"))?;
        let name = name.trim();
        let variable = vars.get(name).ok_or_else(|| Error::new(format!("'{name}' is undefined")))?;
        let Some(value) = variable.value.as_str() else { return Ok(variable.value.clone()) };
        Ok(Value::string(format!("{before}{value}{after}")))
    }
}

pub struct Site {
    pub directory: tempfile::TempDir,
    pub loader: Loader,
}

impl Site {
    /// A site of these files: paths and texts.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Site {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut loader = Loader::new(Arc::new(Braces));
        let modules = [
            "apt",
            "command",
            "copy",
            "debug",
            "dnf",
            "fail",
            "file",
            "include_vars",
            "ping",
            "service",
            "set_fact",
            "setup",
            "shell",
            "user",
            "template",
            "validate_argument_spec",
            "community.general.ini_file",
        ];
        loader.modules = Some(modules.into_iter().map(str::to_owned).collect());
        loader.lookups =
            Some(["items", "dict", "fileglob", "first_found"].into_iter().map(str::to_owned).collect());
        loader.collections_path = vec![directory.path().join("collections")];
        Site { directory, loader }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn load(&self) -> Result<Playbook, Errors> {
        self.loader.load(&self.path().join("site.yml"))
    }

    /// All errors and warnings as they are shown, without the place of the site.
    pub fn shown(&self, errors: &Errors) -> String {
        let text: String = errors.iter().map(|error| error.render(Style::Plain)).collect();
        self.without_place(&text)
    }

    pub fn without_place(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.path().display()), "")
            .replace(&self.path().display().to_string(), ".")
    }
}

/// A site of one playbook, loaded.
pub fn load(playbook: &str) -> Playbook {
    Site::new([("site.yml", playbook)]).load().unwrap()
}
