use std::path::{Path, PathBuf};

use diag::{Error, Result};
use value::{Text, Value};

use crate::WebRequest;

/// What a template can see. The engine implements it for one host, task and loop item.
pub trait Scope: Sync {
    /// The variable as it was written: it may be a trusted template, or contain some; they are rendered when they are
    /// used. `None` where there is no such variable.
    ///
    /// # Errors
    /// If the variable is there but can't be had.
    fn variable(&self, name: &str) -> Result<Option<Value>>;

    /// The names of all variables, for suggestions and the `varnames` lookup.
    fn names(&self) -> Vec<String>;

    /// The directories that files are looked for in, the nearest first: each as `DIR/files/X` (or `templates`, `vars`)
    /// and then `DIR/X`.
    fn search_path(&self) -> Vec<PathBuf>;

    /// The directory of the playbook, in which commands of lookups run.
    fn playbook_dir(&self) -> PathBuf;

    /// The text inside a [`Value::Vaulted`]; secret.
    ///
    /// # Errors
    /// If no vault secret opens it.
    fn decrypt(&self, vaulted: &Text) -> Result<Text>;

    /// What a file holds, where it may be a vault: decrypted if it is one, else as it is.
    ///
    /// # Errors
    /// If it is a vault and no vault secret opens it.
    fn decrypt_file(&self, bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>>;

    /// The names of the hosts that a pattern matches.
    ///
    /// # Errors
    /// If the pattern is not one.
    fn hosts_matching(&self, pattern: &str) -> Result<Vec<String>>;

    /// What a web server has at an address.
    ///
    /// # Errors
    /// There is no answer, or a bad one: the message says which address it is about.
    fn fetch(&self, request: &WebRequest) -> Result<Vec<u8>>;

    /// Takes a warning that came up while something was rendered; a scope that has no one to tell drops it.
    fn tell(&self, warning: Error) {
        drop(warning);
    }
}
