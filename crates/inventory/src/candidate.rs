use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::Result;
use vault::Secrets;
use yaml::Document;

use crate::input::Input;

/// A source while plugins are tried on it. Its text is read and parsed once, however many of them look.
pub(crate) struct Candidate {
    /// As it was given.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    secrets: Arc<Secrets>,
    input: OnceCell<Result<Input>>,
    document: OnceCell<Result<Document>>,
}

impl Candidate {
    pub(crate) fn new(name: &str, path: PathBuf, secrets: &Arc<Secrets>) -> Candidate {
        Candidate {
            name: name.to_owned(),
            path,
            secrets: Arc::clone(secrets),
            input: OnceCell::new(),
            document: OnceCell::new(),
        }
    }

    /// Whether it is no file, but a list such as `web1,web2`.
    pub(crate) fn is_list(&self) -> bool {
        self.name.contains(',') && !Path::new(&self.name).exists()
    }

    /// What follows the last dot of the file's name, the dot included; empty if there is none.
    pub(crate) fn extension(&self) -> String {
        self.path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default()
    }

    /// The text, decrypted if it was vaulted.
    ///
    /// # Errors
    ///
    /// The file can't be read, is no text, or is a vault that no secret opens.
    pub(crate) fn input(&self) -> Result<&Input> {
        self.input.get_or_init(|| Input::read(&self.path, &self.secrets)).as_ref().map_err(Clone::clone)
    }

    /// The text as YAML.
    ///
    /// # Errors
    ///
    /// As for [`Candidate::input`], and the text is not YAML.
    pub(crate) fn document(&self) -> Result<&Document> {
        let read = || self.input()?.yaml();
        self.document.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The name of the plugin that the source is the configuration of: the string under `plugin` at its root.
    pub(crate) fn configured_plugin(&self) -> Option<&str> {
        self.document().ok()?.root.as_ref()?.get("plugin")?.as_str()
    }
}
