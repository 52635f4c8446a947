use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Result};
use template::{Scope, WebRequest};
use value::{Map, Text, Value};
use vault::Secrets;

/// What the templates of an inventory source see: the variables it gives them, and those of `-e` where it asks for them.
pub(crate) struct SourceScope<'a> {
    pub(crate) variables: &'a Map,
    /// They win.
    pub(crate) extra: Option<&'a Map>,
    pub(crate) directory: &'a Path,
    pub(crate) secrets: &'a Arc<Secrets>,
}

impl Scope for SourceScope<'_> {
    fn variable(&self, name: &str) -> Result<Option<Value>> {
        Ok(self.extra.and_then(|extra| extra.get(name)).or_else(|| self.variables.get(name)).cloned())
    }

    fn names(&self) -> Vec<String> {
        let extra = self.extra.into_iter().flat_map(Map::keys);
        self.variables.keys().chain(extra).filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![self.directory.to_owned()]
    }

    fn playbook_dir(&self) -> PathBuf {
        self.directory.to_owned()
    }

    fn decrypt(&self, vaulted: &Text) -> Result<Text> {
        let (bytes, _) =
            vault::decrypt(vaulted, self.secrets).map_err(|error| error.at_some(vaulted.origin()))?;
        let text = String::from_utf8(bytes)
            .map_err(|cause| Error::new("the encrypted value is no text").cause(cause))?;
        Ok(Text::trusted(text, vaulted.origin().cloned()).secret())
    }

    fn decrypt_file(&self, bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
        match std::str::from_utf8(&bytes) {
            Ok(text) if vault::is_vaulted(text) => {
                let decrypted = vault::decrypt(text, self.secrets);
                Ok(decrypted.map_err(|error| error.context(path.display()))?.0)
            }
            _ => Ok(bytes),
        }
    }

    fn hosts_matching(&self, _: &str) -> Result<Vec<String>> {
        Err(Error::new("the inventory is still being read, and can't be asked for hosts"))
    }

    fn fetch(&self, _: &WebRequest) -> Result<Vec<u8>> {
        Err(Error::new("the inventory is still being read: its own templates can't ask web servers"))
    }
}
