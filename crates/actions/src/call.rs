use std::path::{Path, PathBuf};

use diag::{Error, Span};
use module::Arguments;
use playbook::Task;
use template::{Scope, Templates};
use value::{Map, Value};

use crate::{Done, Failure, Site};

/// One task for one host, ready to be carried out.
pub struct Call<'a> {
    /// The action's or module's canonical name.
    pub name: &'a str,
    /// Its arguments: rendered, under their proper names and with proper types.
    pub arguments: Map,
    /// The task.
    pub task: &'a Task,
    /// The module, if it is one of the user's own.
    pub program: Option<UserModule>,
    /// The variables that it sees.
    pub scope: &'a dyn Scope,
    /// The variables that say how the host is reached: those of the delegate, where the task has one.
    pub host_scope: &'a dyn Scope,
    /// The template engine.
    pub templates: &'a Templates,
    /// The host.
    pub site: &'a dyn Site,
    /// Whether this is a dry run.
    pub dry_run: bool,
    /// Whether differences will be shown.
    pub diff: bool,
    /// How much is shown: the number of `-v`.
    pub verbosity: u8,
    /// What files made of templates say of themselves (`ansible_managed`): the configuration's words, in which `{file}`,
    /// `{host}`, `{uid}` and the directives of strftime(3) are still to be replaced.
    pub managed: Option<&'a str>,
}

/// A module of the user's own.
#[derive(Clone, Debug)]
pub struct UserModule {
    /// Its canonical name.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The folders of Python files that such modules share.
    pub shared: Vec<PathBuf>,
}

impl Call<'_> {
    /// The arguments as their struct.
    ///
    /// # Errors
    /// They do not fit it; which the schema did not notice.
    pub fn arguments<A: Arguments>(&self) -> Result<A, Failure> {
        A::deserialize(Value::from(self.arguments.clone())).map_err(|error| {
            self.failure(Error::new(format!("wrong arguments for '{}': {error}", self.name)))
        })
    }

    /// An argument that is given.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }

    /// An argument that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.argument(name).and_then(Value::as_str)
    }

    /// An argument that is yes or no, and what it is if it is not given.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.argument(name).and_then(Value::as_bool).unwrap_or(default)
    }

    /// The words of the interpreter that this variable names; none where it names none, or leaves the choice open.
    ///
    /// # Errors
    /// The variable can't be rendered.
    pub(crate) fn interpreter(&self, variable: &str) -> Result<Option<Vec<String>>, Failure> {
        let Some(value) = self.host_scope.variable(variable).map_err(|error| self.failure(error))? else {
            return Ok(None);
        };
        let value = self.templates.resolve(&value, self.host_scope).map_err(|error| self.failure(error))?;
        let chosen = value.to_string();
        if chosen.is_empty() || chosen.starts_with("auto") {
            return Ok(None);
        }
        Ok(Some(shlex::split(&chosen).unwrap_or_else(|| vec![chosen])))
    }

    /// Where the arguments are written.
    pub fn span(&self) -> &Span {
        &self.task.action.arguments.span
    }

    /// Where an argument is written, whichever of its names was used; where it has none, all of the arguments.
    pub fn place_of(&self, names: &[&str]) -> &Span {
        let arguments = &self.task.action.arguments;
        let named = names.iter().find_map(|name| arguments.get(name));
        named.or(arguments.free_form.as_ref()).map_or(&arguments.span, |node| &node.span)
    }

    /// A failure of the task, at its arguments unless its place is known.
    pub fn failure(&self, error: Error) -> Failure {
        Failure::Task(error.at(self.span()))
    }

    /// The end of an action that says that it failed, at its arguments unless the place is known.
    pub fn rejected(&self, error: Error) -> Done {
        let error = error.at(self.span());
        Done { error: Some(error.clone()), ..Done::failed(error.summary()) }
    }

    /// A refusal of what the arguments ask for, at them unless its place is known. The result says this and no more.
    pub fn refusal(&self, error: Error) -> Failure {
        Failure::Refused(error.at(self.span()))
    }

    /// The first file of this name below the directories that the task searches: `DIR/{folder}/NAME`, then `DIR/NAME`.
    ///
    /// # Errors
    /// There is none; the error lists where it was looked for.
    pub fn find_file(&self, folder: &str, name: &str) -> Result<PathBuf, Failure> {
        let path = expand_home(name);
        let candidates: Vec<PathBuf> = if path.is_absolute() {
            vec![path]
        } else {
            let directories = self.scope.search_path();
            directories
                .iter()
                .flat_map(|directory| [directory.join(folder).join(&path), directory.join(&path)])
                .collect()
        };
        if let Some(found) = candidates.iter().find(|candidate| candidate.exists()) {
            return Ok(found.clone());
        }
        let looked = match candidates.as_slice() {
            [_] => String::new(),
            candidates => candidates.iter().fold("\nSearched in:".to_owned(), |looked, candidate| {
                looked + "\n\t" + &candidate.display().to_string()
            }),
        };
        let message = format!("Could not find or access '{name}'{looked} on the Ansible Controller.");
        Err(self.refusal(Error::new(message)))
    }

    /// What a file of the controller holds, and whether that is a secret because the file is a vault.
    ///
    /// # Errors
    /// It can't be read or decrypted.
    pub fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Failure> {
        let bytes = std::fs::read(path).map_err(|error| self.unreadable(path, error))?;
        if !is_vault(&bytes) {
            return Ok((bytes, false));
        }
        let bytes = self.scope.decrypt_file(bytes, path).map_err(|error| self.failure(error))?;
        Ok((bytes, true))
    }

    /// The failure that a file of the controller can't be read.
    pub(crate) fn unreadable(&self, path: &Path, cause: impl std::fmt::Display) -> Failure {
        self.failure(Error::new(format!("can't read {}", path.display())).cause(cause))
    }
}

/// Whether a file that starts like this is a vault.
pub(crate) fn is_vault(start: &[u8]) -> bool {
    start.starts_with(b"$ANSIBLE_VAULT;")
}

/// A path of the controller with `~` replaced.
pub(crate) fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix('~'), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            Path::new(&home).join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(path),
    }
}
