//! The controller: a folder with files, variables, and tasks to carry out.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actions::{Call, Done, Failure};
use diag::{Error, Result, Source};
use playbook::{Action, ActionKind, Argument, Arguments, Keywords, Task};
use template::{Scope, Templates};
use value::{Map, Text, Value};
use vault::{Secret, Secrets};
use yaml::NodeKind;

use crate::host::Host;

/// A controller with one host.
pub(crate) struct Desk {
    pub(crate) host: Host,
    pub(crate) variables: BTreeMap<String, Value>,
    pub(crate) verbosity: u8,
    pub(crate) managed: Option<&'static str>,
    folder: tempfile::TempDir,
    templates: Templates,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk {
            host: Host::new(),
            variables: BTreeMap::new(),
            verbosity: 0,
            managed: None,
            folder: tempfile::tempdir().unwrap(),
            templates: Templates::new(),
        }
    }

    /// The same in a dry run.
    pub(crate) fn dry() -> Desk {
        let mut desk = Desk::new();
        desk.host.dry_run = true;
        desk
    }

    /// With a variable.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Desk {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// With a variable that may be a template.
    pub(crate) fn with_template(self, name: &str, text: &str) -> Desk {
        self.with(name, Text::trusted(text, None))
    }

    /// With a variable that a dry run can't know.
    pub(crate) fn with_unknown(self, name: &str) -> Desk {
        self.with(name, Value::unknown("a command that was not run"))
    }

    /// With a file.
    pub(crate) fn with_file(self, path: &str, content: impl AsRef<[u8]>) -> Desk {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// With a file in a vault.
    pub(crate) fn with_vault(self, path: &str, content: &str) -> Desk {
        let vault = vault::encrypt(content.as_bytes(), &Secret::new("default", "open sesame"), None).unwrap();
        self.with_file(path, vault)
    }

    /// A path in its folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.path(path)).ok()
    }

    pub(crate) fn permissions(&self, path: &str) -> u32 {
        std::fs::metadata(self.path(path)).unwrap().permissions().mode() & 0o7777
    }

    /// Carries out a task.
    pub(crate) async fn run(&self, text: &str) -> Result<Done, Failure> {
        let task = self.task(text);
        let kind = actions::find(&task.action.module).expect("there is no such action");
        let raw = kind.action.raw_arguments();
        let written = &task.action.arguments;
        let mut arguments = Map::new();
        for argument in &written.named {
            let value = argument.value.to_value();
            let value =
                if raw.contains(&&*argument.name) { value } else { self.templates.resolve(&value, self)? };
            arguments.insert(argument.name.as_str().into(), value);
        }
        if let Some(node) = &written.free_form {
            arguments.insert("_raw_params".into(), self.templates.resolve(&node.to_value(), self)?);
        }
        if !kind.action.takes_unknowns() {
            assert!(arguments.values().all(|value| value.find_unknown().is_none()), "does not take unknowns");
        }
        let arguments =
            kind.manual.schema.normalise(&arguments).map_err(|problems| Error::new(&problems[0].message))?;
        let call = Call {
            name: kind.manual.name,
            arguments,
            task: &task,
            program: None,
            scope: self,
            host_scope: self,
            templates: &self.templates,
            site: &self.host,
            dry_run: self.host.dry_run,
            diff: true,
            verbosity: self.verbosity,
            managed: self.managed,
        };
        kind.action.run(call).await
    }

    /// Carries out a task that gets as far as to have a result.
    pub(crate) async fn done(&self, text: &str) -> Done {
        self.run(text).await.unwrap()
    }

    /// The error of a task that fails, whether it has a result or not.
    pub(crate) async fn error(&self, text: &str) -> Error {
        match self.run(text).await {
            Err(Failure::Task(error) | Failure::Refused(error)) => error,
            Ok(Done { error: Some(error), .. }) => error,
            other => panic!("no error but {other:?}"),
        }
    }

    fn task(&self, text: &str) -> Task {
        let source = Source::new("site.yml", text);
        let root = yaml::parse(&source).unwrap().root.unwrap();
        let entry = root.entries().unwrap()[0].clone();
        let mut arguments = Arguments::none(&entry.value.span);
        match &entry.value.kind {
            NodeKind::Map(entries) => {
                arguments.named.extend(entries.iter().map(|entry| Argument {
                    name: Text::new(entry.key.as_str().unwrap()),
                    span: entry.key.span.clone(),
                    value: entry.value.clone(),
                }));
            }
            NodeKind::Scalar(Value::Null) => {}
            _ => arguments.free_form = Some(entry.value.clone()),
        }
        let module = entry.key.as_str().unwrap().to_owned();
        Task {
            name: Some(Text::new("a task")),
            action: Action {
                written: Text::new(module.as_str()),
                module,
                arguments,
                kind: ActionKind::Module,
                span: entry.key.span.clone(),
            },
            keywords: Keywords::default(),
            looping: None,
            register: None,
            until: Vec::new(),
            retries: None,
            delay: None,
            r#async: None,
            poll: None,
            changed_when: Vec::new(),
            failed_when: Vec::new(),
            listen: Vec::new(),
            vars: Arc::default(),
            scope: Arc::new(playbook::Scope {
                keywords: Keywords::default(),
                vars: Vec::new(),
                include_params: Vec::new(),
                role: None,
                file: self.path("site.yml").into(),
                playbook_dir: self.folder.path().into(),
                included_from: None,
                handlers: false,
            }),
            implicit: false,
            span: entry.key.span.clone(),
        }
    }

    fn secrets() -> Secrets {
        let mut secrets = Secrets::new();
        secrets.push(Secret::new("default", "open sesame"));
        secrets
    }
}

impl Scope for Desk {
    fn variable(&self, name: &str) -> Result<Option<Value>> {
        Ok(self.variables.get(name).cloned())
    }

    fn names(&self) -> Vec<String> {
        self.variables.keys().cloned().collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![self.folder.path().to_owned()]
    }

    fn playbook_dir(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn decrypt(&self, vaulted: &Text) -> Result<Text> {
        let (bytes, _) = vault::decrypt(vaulted, &Desk::secrets())?;
        Ok(Text::new(String::from_utf8(bytes).unwrap()).secret())
    }

    fn decrypt_file(&self, bytes: Vec<u8>, _: &Path) -> Result<Vec<u8>> {
        Ok(vault::decrypt(&String::from_utf8(bytes).unwrap(), &Desk::secrets())?.0)
    }

    fn hosts_matching(&self, _: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn fetch(&self, _: &template::WebRequest) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

/// A key of the result as text.
pub(crate) fn text(done: &Done, key: &str) -> String {
    done.result.get(key).map(ToString::to_string).unwrap_or_else(|| panic!("no {key} in {:?}", done.result))
}
