use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use diag::{Error, Result};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use template::{Scope, WebRequest};
use value::{Text, Value};

use crate::Call;

/// What a template file sees: the task's variables, some about the file itself, and the files beside it.
pub(crate) struct TemplateScope<'a> {
    outer: &'a dyn Scope,
    own: BTreeMap<&'static str, Value>,
    directory: PathBuf,
}

impl<'a> TemplateScope<'a> {
    /// The scope of the file at `path` that is to become `dest` on the host.
    ///
    /// # Errors
    /// A variable can't be had.
    pub(crate) fn new(
        call: &Call<'a>,
        path: &Path,
        metadata: &Metadata,
        dest: &str,
    ) -> Result<TemplateScope<'a>> {
        let outer = call.scope;
        let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut own = template::file_variables(path, metadata);
        own.insert("template_destpath", dest.into());
        let modified = metadata.modified().ok().and_then(|modified| Timestamp::try_from(modified).ok());
        let modified = modified.map(|modified| modified.to_zoned(TimeZone::system()));
        // Whoever sets it himself wants something else to stand there.
        if outer.variable("ansible_managed")?.is_none() {
            let managed = match (call.managed, &modified) {
                (Some(words), Some(modified)) => managed(words, &own, modified)?,
                _ => "Ansible managed".to_owned(),
            };
            own.insert("ansible_managed", managed.into());
        }
        let directory = full.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(TemplateScope { outer, own, directory })
    }
}

impl Scope for TemplateScope<'_> {
    fn variable(&self, name: &str) -> Result<Option<Value>> {
        match self.own.get(name) {
            Some(value) => Ok(Some(value.clone())),
            None => self.outer.variable(name),
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.outer.names();
        names.extend(self.own.keys().map(|name| (*name).to_owned()));
        names
    }

    fn search_path(&self) -> Vec<PathBuf> {
        let mut path = self.outer.search_path();
        if !path.contains(&self.directory) {
            path.push(self.directory.clone());
        }
        path
    }

    fn playbook_dir(&self) -> PathBuf {
        self.outer.playbook_dir()
    }

    fn decrypt(&self, vaulted: &Text) -> Result<Text> {
        self.outer.decrypt(vaulted)
    }

    fn decrypt_file(&self, bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
        self.outer.decrypt_file(bytes, path)
    }

    fn hosts_matching(&self, pattern: &str) -> Result<Vec<String>> {
        self.outer.hosts_matching(pattern)
    }

    fn fetch(&self, request: &WebRequest) -> Result<Vec<u8>> {
        self.outer.fetch(request)
    }

    fn tell(&self, warning: Error) {
        self.outer.tell(warning);
    }
}

/// The configuration's words with what they stand for.
fn managed(words: &str, own: &BTreeMap<&'static str, Value>, modified: &Zoned) -> Result<String> {
    let mut words = words.to_owned();
    for (place, name) in [("{host}", "template_host"), ("{uid}", "template_uid"), ("{file}", "template_path")]
    {
        let text = own.get(name).map(ToString::to_string).unwrap_or_default();
        words = words.replace(place, &text.replace('%', "%%"));
    }
    jiff::fmt::strtime::format(&words, modified)
        .map_err(|error| Error::new("the setting 'ansible_managed' is no format of a time").cause(error))
}
