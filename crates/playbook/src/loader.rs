use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use diag::{Error, Errors, Result, Span, did_you_mean};
use value::{Text, Value};
use vault::Secrets;

use crate::builder::{Builder, Imported, RoleUse};
use crate::files::{self, File, Files};
use crate::programs::{self, Programs};
use crate::vars_file;
use crate::{
    Apply, DuplicateKeys, Item, Keyword, Keywords, Language, Place, Play, Playbook, Role, Scope, Task, Vars,
    names,
};

/// Reads playbooks, and what they include while they run. Files are read once.
pub struct Loader {
    /// The template language.
    pub language: Arc<dyn Language>,
    /// The modules there are, by canonical name; with none given, every name counts as known.
    pub modules: Option<BTreeSet<String>>,
    /// The lookups there are, for `with_NAME`; with none given, every name counts as known.
    pub lookups: Option<BTreeSet<String>>,
    /// The directories to search for roles, after those beside the playbook.
    pub roles_path: Vec<PathBuf>,
    /// Whether roles keep their variables to themselves, where their use does not say; by itself those do that are included
    /// while the play runs.
    pub private_roles: Option<bool>,
    /// The directories that hold `ansible_collections`.
    pub collections_path: Vec<PathBuf>,
    /// The variables of the command line.
    pub extra_vars: Arc<Vars>,
    /// What opens encrypted files.
    pub secrets: Secrets,
    /// What becomes of a key that is written twice.
    pub duplicate_keys: DuplicateKeys,
    /// The folder of the collections that came with the playbook.
    beside: OnceLock<PathBuf>,
    /// The names of variables that were told to be reserved, with their places.
    told: Mutex<HashSet<String>>,
    files: Files,
    programs: Programs,
}

/// What a dynamic include brings.
#[derive(Clone, Debug, Default)]
pub struct Included {
    /// What is to run.
    pub items: Vec<Item>,
    /// The handlers of roles in it, to be added to those of the play.
    pub handlers: Vec<Arc<Task>>,
    /// The roles in it, imported ones too, whose variables the play sees if they are public.
    pub roles: Vec<Arc<Role>>,
    /// The file of tasks that was included; nothing for a role.
    pub file: Option<PathBuf>,
    /// What may not be meant.
    pub warnings: Errors,
}

/// An `include_role` with its arguments rendered.
#[derive(Clone, Debug)]
pub struct RoleRequest {
    /// The role.
    pub name: String,
    /// The file below `tasks` to start with instead of `main`.
    pub tasks_from: Option<String>,
    /// The file below `vars` to use instead of `main`.
    pub vars_from: Option<String>,
    /// The file below `defaults` to use instead of `main`.
    pub defaults_from: Option<String>,
    /// The file below `handlers` to use instead of `main`.
    pub handlers_from: Option<String>,
    /// Whether the role's variables are exported to the play.
    pub public: bool,
    /// Whether the role may run again.
    pub allow_duplicates: bool,
    /// Whether its argument specification is checked.
    pub rolespec_validate: bool,
}

impl RoleRequest {
    /// A role with nothing else said.
    pub fn new(name: impl Into<String>) -> RoleRequest {
        RoleRequest {
            name: name.into(),
            tasks_from: None,
            vars_from: None,
            defaults_from: None,
            handlers_from: None,
            public: false,
            allow_duplicates: true,
            rolespec_validate: true,
        }
    }
}

/// What stands before the name of a module that was found in a `library`.
const LEGACY: &str = "ansible.legacy.";

impl Loader {
    /// A loader that knows the template language, and takes every module and lookup as known.
    pub fn new(language: Arc<dyn Language>) -> Loader {
        Loader {
            language,
            modules: None,
            lookups: None,
            roles_path: Vec::new(),
            private_roles: None,
            collections_path: Vec::new(),
            extra_vars: Arc::default(),
            secrets: Secrets::new(),
            duplicate_keys: DuplicateKeys::default(),
            beside: OnceLock::new(),
            told: Mutex::default(),
            files: Files::default(),
            programs: Programs::default(),
        }
    }

    /// Reads a playbook with everything it imports.
    ///
    /// # Errors
    /// All that is wrong with it, found in one pass.
    pub fn load(&self, path: &Path) -> Result<Playbook, Errors> {
        let (playbook, errors) = self.load_what_is_right(path);
        if errors.any() { Err(errors) } else { Ok(Playbook { warnings: errors, ..playbook }) }
    }

    /// Reads a playbook with everything it imports, and leaves out what is wrong: for those who look for more errors in
    /// the rest.
    pub fn load_what_is_right(&self, path: &Path) -> (Playbook, Errors) {
        let folder = files::absolute(path).parent().map(|folder| folder.join("collections"));
        self.beside.get_or_init(|| folder.unwrap_or_default());
        let mut builder = Builder::new(self);
        let plays = builder.playbook(path, None, &Imported::default());
        let (_, errors) = builder.into_parts();
        (Playbook { path: path.to_path_buf(), plays, warnings: Errors::new() }, errors)
    }

    /// Reads a playbook that is in no file, as if `path` held it: what it names is looked for from there.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn load_text(&self, path: &Path, text: &str) -> Result<Playbook, Errors> {
        self.files.give(&files::absolute(path), text)?;
        self.load(path)
    }

    /// Reads the file of an `include_tasks` whose file name and condition are rendered already. `params` are variables
    /// that this inclusion has beside the task's own `vars:`, such as the loop's item.
    ///
    /// # Errors
    /// The file is not found, or all that is wrong with it.
    pub fn load_included_tasks(
        &self,
        file: &str,
        including: &Task,
        params: Arc<Vars>,
    ) -> Result<Included, Errors> {
        let mut builder = Builder::new(self);
        let scope = include_scope(including, apply_of(including), params);
        let span = including.action.arguments.span.clone();
        let (path, items) = builder.included_file(file, &span, scope);
        builder.finish(|parts, warnings| Included { file: path, ..parts.included(items, None, warnings) })
    }

    /// Reads the role of an `include_role` whose arguments and condition are rendered already.
    ///
    /// # Errors
    /// The role is not found, or all that is wrong with it.
    pub fn load_included_role(
        &self,
        request: &RoleRequest,
        including: &Task,
        params: Arc<Vars>,
    ) -> Result<Included, Errors> {
        let mut builder = Builder::new(self);
        let scope = include_scope(including, apply_of(including), params);
        let role_use = RoleUse {
            vars: Arc::clone(&including.vars),
            public: request.public,
            allow_duplicates: Some(request.allow_duplicates),
            ..RoleUse::included(request, including)
        };
        let loaded = builder.role(role_use, &scope);
        builder.finish(|parts, warnings| match loaded {
            Some(mut loaded) => {
                let mut included = parts.included(loaded.items, Some(loaded.role), warnings);
                loaded.handlers.append(&mut included.handlers);
                included.handlers = loaded.handlers;
                included
            }
            None => parts.included(Vec::new(), None, warnings),
        })
    }

    /// Reads a file of variables: a mapping, or nothing. What was encrypted is secret.
    ///
    /// # Errors
    /// The file can't be read, is not YAML, or holds something else.
    pub fn load_vars(&self, path: &Path) -> Result<Vars> {
        let file = self.read(path)?;
        file.root.as_ref().map_or(Ok(Vars::new()), |root| vars_file::mapping(root, file.encrypted))
    }

    /// Reads a file of a play's `vars_files`: a mapping, a list of mappings of which later ones win, or nothing.
    ///
    /// # Errors
    /// The file can't be read, is not YAML, or holds something else.
    pub fn load_vars_files(&self, path: &Path) -> Result<Vec<Vars>> {
        let file = self.read(path)?;
        file.root.as_ref().map_or(Ok(Vec::new()), |root| vars_file::mappings(root, file.encrypted))
    }

    /// Searches a folder for modules of the user's own.
    pub fn search_modules(&self, folder: &Path) {
        self.programs.search(folder);
    }

    /// Searches what stands beside a playbook or in a role: `library`, and `module_utils`.
    pub fn search_beside(&self, folder: &Path) {
        self.programs.search_beside(folder);
    }

    /// Remembers a folder of Python files that modules of the user's own share.
    pub fn share_module_utils(&self, folder: &Path) {
        self.programs.share(folder);
    }

    /// The folders of Python files that modules of the user's own share.
    pub fn module_utils(&self) -> Vec<PathBuf> {
        self.programs.utilities()
    }

    /// The file of a module of the user's own, by the canonical name that [`Loader::resolve_action`] gave it.
    pub fn program(&self, canonical: &str) -> Option<PathBuf> {
        match canonical.strip_prefix(LEGACY) {
            Some(short) => self.programs.named(short),
            None => programs::in_collection(canonical, &self.collection_bases()),
        }
    }

    /// The canonical name of an action: short for what Ansible itself brings, else `namespace.collection.name`.
    /// `collections` are searched first for a short name. What is found in a `library` is `ansible.legacy.name`, and
    /// stands in front of a module of ours, unless that is asked for as `ansible.builtin.name`. A module that others
    /// have and we lack has a name too.
    ///
    /// # Errors
    /// Nobody knows such an action; the error suggests one.
    pub fn resolve_action(&self, name: &str, collections: &[Text]) -> Result<String> {
        let short = names::without_builtin(name);
        if names::EngineAction::named(short).is_some() {
            return Ok(short.to_owned());
        }
        let Some(modules) = &self.modules else {
            return Ok(names::redirect(short).unwrap_or_else(|| short.to_owned()));
        };
        if !name.starts_with("ansible.builtin.") && self.programs.named(short).is_some() {
            return Ok(format!("{LEGACY}{short}"));
        }
        if short == name && !name.contains('.') {
            for collection in collections {
                let full = format!("{}.{name}", collection.as_str());
                if let Some(moved) = self.routed(&full)? {
                    return self.resolve_action(&moved, &[]);
                }
                if modules.contains(&full) || self.program(&full).is_some() {
                    return Ok(full);
                }
            }
        }
        if short == name
            && let Some(moved) = self.routed(name)?
        {
            return self.resolve_action(&moved, &[]);
        }
        if modules.contains(short) {
            return Ok(short.to_owned());
        }
        // Those of collections that came with Capstan need no collection to be installed, and no Python.
        if let Some(ours) = names::without_collection(short).filter(|ours| modules.contains(*ours)) {
            return Ok(ours.to_owned());
        }
        if name.contains('.') && self.program(name).is_some() {
            return Ok(name.to_owned());
        }
        // What others have and we lack fails the task that calls it, if that ever runs.
        let moved = names::redirect(short).unwrap_or_else(|| short.to_owned());
        if modules.contains(&moved) || self.program(&moved).is_some() || names::is_known(&moved) {
            return Ok(moved);
        }
        let engine = names::ENGINE_ACTIONS.iter().map(|(name, _)| *name);
        let known = modules.iter().map(String::as_str).chain(engine);
        // Scripts look for these words.
        let message = format!(
            "couldn't resolve module/action '{name}'. This often indicates a misspelling, missing collection, or \
             incorrect module path."
        );
        Err(Error::new(message).hint_some(did_you_mean(short, known)))
    }

    /// A warning if the language itself knows something by the name of a variable: a keyword, a function of templates.
    pub fn reserved(&self, name: &str, place: Option<&Span>) -> Option<Error> {
        let places = [Place::Play, Place::RoleEntry, Place::Block, Place::Task];
        let keyword = Keyword::named(name)
            .is_some_and(|keyword| places.iter().any(|place| keyword.places.contains(place)));
        let known = keyword || name == "local_action" || self.language.is_function(name);
        let place_told = || format!("{name} {}", place.map(ToString::to_string).unwrap_or_default());
        // Files may be read, and tasks run, many times.
        let known = known && self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(place_told());
        known.then(|| Error::warning(format!("Found variable using reserved name '{name}'.")).at_some(place))
    }

    /// Renders tags with what is known of the play before any host, and splits those that are lists.
    ///
    /// # Errors
    /// A tag is a template that can't be rendered with play and extra variables alone.
    pub fn render_tags(&self, tags: &[Text], play: &Play) -> Result<Vec<String>> {
        let mut rendered: Vec<String> = Vec::new();
        for tag in tags {
            let value = if tag.is_template() {
                self.language.render(tag, &play.static_vars).map_err(|error| error.at_some(tag.origin()))?
            } else {
                Value::String(tag.clone())
            };
            let values = value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
            for text in values.iter().map(plain) {
                rendered
                    .extend(text.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()));
            }
        }
        Ok(rendered)
    }

    /// The folders that hold collections: the one beside the playbook first.
    fn collection_bases(&self) -> Vec<PathBuf> {
        self.beside.get().into_iter().chain(&self.collections_path).cloned().collect()
    }

    /// Where a collection may be, by its full name: the one beside the playbook first.
    pub(crate) fn collection_folders<'a>(&'a self, full_name: &'a str) -> impl Iterator<Item = PathBuf> + 'a {
        let below = full_name
            .split_once('.')
            .map(|(namespace, name)| Path::new("ansible_collections").join(namespace).join(name));
        let bases =
            self.collection_bases().into_iter().map(|base| match base.ends_with("ansible_collections") {
                true => base.parent().map(Path::to_path_buf).unwrap_or_default(),
                false => base,
            });
        bases.filter_map(move |base| Some(base.join(below.as_deref()?))).filter(|folder| folder.is_dir())
    }

    pub(crate) fn read(&self, path: &Path) -> Result<Arc<File>> {
        let file = self.files.read(&files::absolute(path), &self.secrets)?;
        match (self.duplicate_keys, file.warnings.first()) {
            (DuplicateKeys::Refuse, Some(first)) => Err(first.clone().into_error()),
            (DuplicateKeys::Ignore, Some(_)) => Ok(Arc::new(file.without_warnings())),
            _ => Ok(file),
        }
    }
}

/// A scalar as text.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.repr(), str::to_owned)
}

fn apply_of(task: &Task) -> Apply {
    let apply = match &task.action.kind {
        crate::ActionKind::IncludeTasks(include) => include.apply.as_deref(),
        crate::ActionKind::IncludeRole(include) => include.apply.as_deref(),
        _ => None,
    };
    apply.cloned().unwrap_or_default()
}

/// What included tasks inherit: what the include itself inherits, and what it applies to them; its own keywords are
/// for itself alone.
fn include_scope(including: &Task, apply: Apply, params: Arc<Vars>) -> Arc<Scope> {
    let around = &including.scope;
    let mut scope = Scope::clone(around);
    scope.keywords = apply.keywords.within(&around.keywords);
    scope.vars.push(apply.vars);
    scope.include_params.extend([Arc::clone(&including.vars), params]);
    scope.included_from = Some(Arc::clone(around));
    Arc::new(scope)
}

impl RoleUse {
    fn included(request: &RoleRequest, including: &Task) -> RoleUse {
        let span: &Span = match &including.action.kind {
            crate::ActionKind::IncludeRole(include) => &include.name.span,
            _ => &including.action.arguments.span,
        };
        RoleUse {
            name: request.name.clone(),
            tasks_from: request.tasks_from.clone(),
            vars_from: request.vars_from.clone(),
            defaults_from: request.defaults_from.clone(),
            handlers_from: request.handlers_from.clone(),
            validate: request.rolespec_validate,
            keywords: Keywords::default(),
            ..RoleUse::new(span)
        }
    }
}
