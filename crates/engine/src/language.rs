use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Result};
use playbook::{Language, Vars};
use template::{Scope, Templates, WebRequest};
use value::{Text, Value};

/// The template language for the loader: what can be rendered before any host is known.
pub struct TemplateLanguage(pub Arc<Templates>);

/// Nothing but one layer of variables.
struct OnlyVars<'a>(&'a Vars);

impl Language for TemplateLanguage {
    fn check(&self, text: &Text) -> Result<()> {
        self.0.check(text)
    }

    fn check_condition(&self, condition: &Value) -> Result<()> {
        self.0.check_condition(condition)
    }

    fn render(&self, text: &Text, vars: &Vars) -> Result<Value> {
        self.0.render(text, &OnlyVars(vars))
    }

    fn is_function(&self, name: &str) -> bool {
        Templates::is_function(name)
    }
}

impl Scope for OnlyVars<'_> {
    fn variable(&self, name: &str) -> Result<Option<Value>> {
        Ok(self.0.get(name).map(|variable| variable.value.clone()))
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.to_string()).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn playbook_dir(&self) -> PathBuf {
        PathBuf::from(".")
    }

    fn decrypt(&self, _: &Text) -> Result<Text> {
        Err(Error::new("an encrypted value can't be used before hosts are known"))
    }

    fn decrypt_file(&self, _: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
        Err(Error::new(format!("{} can't be decrypted before hosts are known", path.display())))
    }

    fn hosts_matching(&self, _: &str) -> Result<Vec<String>> {
        Err(Error::new("hosts can't be looked up before the play begins"))
    }

    fn fetch(&self, _: &WebRequest) -> Result<Vec<u8>> {
        Err(Error::new("web servers can't be asked before the play begins"))
    }
}
