use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use diag::{Error, Result};
use inventory::HostName;
use playbook::{Play, Role, Task, Vars};
use template::{Scope, WebRequest};
use value::{Map, Text, Value};

use super::{connection, magic};
use crate::Event;
use crate::world::World;

/// What all hosts of a play share.
pub(crate) struct PlayContext {
    pub(crate) play: Play,
    /// The play's name, rendered.
    pub(crate) name: String,
    /// All hosts of the play, also those of other batches and those that have failed.
    pub(crate) all_hosts: Vec<HostName>,
    /// The hosts of the batch.
    pub(crate) batch: RwLock<Vec<HostName>>,
    /// The hosts that have not failed.
    pub(crate) active: RwLock<Vec<HostName>>,
    /// The roles that were included.
    pub(crate) included_roles: RwLock<Vec<Arc<Role>>>,
    /// Roles whose variables the whole play sees.
    pub(crate) public_roles: RwLock<Vec<Arc<Role>>>,
}

impl PlayContext {
    /// The roles of the play, those included so far among them.
    fn roles(&self) -> Vec<Arc<Role>> {
        let included = self.included_roles.read().unwrap_or_else(PoisonError::into_inner);
        self.play.roles.iter().chain(included.iter()).cloned().collect()
    }

    /// The names of the play's roles, as often as they are used, without those that others need.
    pub(crate) fn role_names(&self) -> Vec<String> {
        self.roles().iter().map(|role| role.full_name()).collect()
    }

    /// The names of the roles that the play's roles need.
    pub(crate) fn dependent_role_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for role in self.roles() {
            for needed in role.all_dependencies() {
                let name = needed.full_name();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// What a task sees on one host.
#[derive(Clone)]
pub(crate) struct HostScope {
    pub(crate) world: Arc<World>,
    pub(crate) play: Arc<PlayContext>,
    pub(crate) host: HostName,
    pub(crate) task: Option<Arc<Task>>,
    /// The loop's item and the like: they win over everything but magic variables.
    pub(crate) locals: Map,
    /// The files of `vars_files`, read when they are first asked for.
    pub(crate) vars_files: Arc<OnceLock<Vec<Arc<Vars>>>>,
    /// Whether the variables of the play and its roles are seen, which they are not through `hostvars`.
    pub(crate) sees_play: bool,
    /// Whether the task can ask how its host is reached where no variable says it.
    pub(crate) tells_connection: bool,
}

impl HostScope {
    pub(crate) fn new(world: &Arc<World>, play: &Arc<PlayContext>, host: &HostName) -> HostScope {
        HostScope {
            world: Arc::clone(world),
            play: Arc::clone(play),
            host: host.clone(),
            task: None,
            locals: Map::new(),
            vars_files: Arc::default(),
            sees_play: true,
            tells_connection: true,
        }
    }

    /// The same host as a task sees it.
    pub(crate) fn for_task(&self, task: &Arc<Task>) -> HostScope {
        HostScope { task: Some(Arc::clone(task)), ..self.clone() }
    }

    /// Another host's variables, without those of the play.
    pub(crate) fn of_host(&self, host: &HostName) -> HostScope {
        HostScope {
            host: host.clone(),
            task: None,
            locals: Map::new(),
            vars_files: Arc::default(),
            sees_play: false,
            tells_connection: self.tells_connection,
            world: Arc::clone(&self.world),
            play: Arc::clone(&self.play),
        }
    }

    /// The same with what variables say of the connection and nothing else: it is about to be made of that.
    pub(crate) fn as_written(&self) -> HostScope {
        HostScope { tells_connection: false, ..self.clone() }
    }

    /// A variable fully rendered; `None` if there is none.
    pub(crate) fn rendered(&self, name: &str) -> Result<Option<Value>> {
        match self.variable(name)? {
            Some(value) => self.world.templates.resolve(&value, self).map(Some),
            None => Ok(None),
        }
    }

    /// The layers between the magic variables and the inventory's, the highest first.
    fn layers(&self) -> Vec<Arc<Vars>> {
        let mut layers: Vec<Arc<Vars>> = Vec::new();
        let Some(task) = &self.task else { return layers };
        let scope = &task.scope;
        layers.extend(scope.include_params.iter().rev().cloned());
        if let Some(role) = &scope.role {
            layers.extend(role.param_layers().into_iter().rev().cloned());
        }
        layers
    }

    /// The variable of the highest layer that has it; where dicts are merged, with those of lower layers under it.
    fn find(&self, name: &str) -> Result<Option<Value>> {
        let mut found: Vec<Value> = Vec::new();
        self.visit(name, &mut |value| {
            let goes_on = self.world.settings.merges_dicts && value.as_map().is_some();
            if goes_on || found.is_empty() {
                found.push(value);
            }
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found.into_iter().rev().reduce(|lower, upper| upper.laid_over(&lower)))
    }

    /// Shows what each layer has under a name, from the highest to the lowest, until it is told to stop.
    fn visit(&self, name: &str, see: &mut dyn FnMut(Value) -> ControlFlow<()>) -> Result<()> {
        let in_vars = |vars: &Arc<Vars>| vars.get(name).map(|variable| variable.value.clone());
        let in_map =
            |map: &RwLock<Map>| map.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let mut is_done = |mut values: &mut dyn Iterator<Item = Value>| {
            Iterator::any(&mut values, |value| see(value).is_break())
        };
        if is_done(&mut in_vars(&self.world.extra_vars).into_iter()) {
            return Ok(());
        }
        if is_done(&mut self.layers().iter().filter_map(in_vars)) {
            return Ok(());
        }
        let state = self.world.host(&self.host);
        if is_done(&mut in_map(&state.set).into_iter()) {
            return Ok(());
        }
        if is_done(&mut in_map(&state.included).into_iter()) {
            return Ok(());
        }
        if let Some(task) = &self.task {
            let own: Vec<&Arc<Vars>> = task.vars_layers().collect();
            if is_done(&mut own.into_iter().rev().filter_map(in_vars)) {
                return Ok(());
            }
            if let Some(role) = &task.scope.role
                && is_done(&mut role.vars_layers().into_iter().rev().filter_map(in_vars))
            {
                return Ok(());
            }
        }
        let public_roles = self.public_roles();
        for role in public_roles.iter().rev() {
            if is_done(&mut role.exported_vars_layers().into_iter().rev().filter_map(in_vars)) {
                return Ok(());
            }
        }
        if self.sees_play {
            if is_done(&mut self.vars_files()?.iter().rev().filter_map(in_vars)) {
                return Ok(());
            }
            if is_done(&mut in_vars(&self.play.play.vars).into_iter()) {
                return Ok(());
            }
        }
        let facts = state.facts();
        if name == "ansible_facts" && is_done(&mut [magic::ansible_facts(&facts)].into_iter()) {
            return Ok(());
        }
        if self.world.settings.inject_facts && is_done(&mut facts.get(name).cloned().into_iter()) {
            return Ok(());
        }
        if is_done(&mut self.in_inventory(name)?.into_iter()) {
            return Ok(());
        }
        if let Some(role) = self.task.as_ref().and_then(|task| task.scope.role.as_ref())
            && is_done(&mut role.default_layers().into_iter().rev().filter_map(in_vars))
        {
            return Ok(());
        }
        for role in public_roles.iter().rev() {
            if is_done(&mut role.default_layers().into_iter().rev().filter_map(in_vars)) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What the inventory has under a name for the host.
    fn in_inventory(&self, name: &str) -> Result<Option<Value>> {
        let inventory = self.world.inventory();
        if inventory.host(&self.host).is_none() {
            return Ok(None);
        }
        let variables = inventory.variables(&self.host).map_err(|errors| {
            let first = errors.into_iter().next();
            first.unwrap_or_else(|| Error::new("the inventory's variables can't be read"))
        })?;
        Ok(variables.get(name).cloned())
    }

    /// The roles whose variables are seen outside of them.
    fn public_roles(&self) -> Vec<Arc<Role>> {
        match self.sees_play {
            true => self.play.public_roles.read().unwrap_or_else(PoisonError::into_inner).clone(),
            false => Vec::new(),
        }
    }

    /// The files of the play's `vars_files`, of each entry the first one that is there. A name that can't be rendered
    /// yet is left out.
    fn vars_files(&self) -> Result<&[Arc<Vars>]> {
        if self.play.play.vars_files.is_empty() {
            return Ok(&[]);
        }
        if let Some(known) = self.vars_files.get() {
            return Ok(known);
        }
        // While the names are rendered the files themselves are not seen.
        let without = HostScope { vars_files: Arc::new(OnceLock::from(Vec::new())), ..self.clone() };
        let directory = self.playbook_dir();
        let mut files = Vec::new();
        for alternatives in &self.play.play.vars_files {
            let mut missing = None;
            for node in alternatives {
                let Ok(name) = self.world.templates.resolve(&node.to_value(), &without) else {
                    missing = None;
                    continue;
                };
                let path = directory.join(name.to_string());
                let candidates = [directory.join("vars").join(name.to_string()), path];
                let Some(path) = candidates.into_iter().find(|path| path.is_file()) else {
                    missing =
                        Some(Error::new(format!("there is no file of variables '{name}'")).at(&node.span));
                    continue;
                };
                files.extend(self.world.loader.load_vars_files(&path)?.into_iter().map(Arc::new));
                missing = None;
                break;
            }
            if let Some(error) = missing {
                return Err(error.hint(format!("looked in {0}, {0}/vars", directory.display())));
            }
        }
        Ok(self.vars_files.get_or_init(|| files))
    }
}

impl Scope for HostScope {
    fn tell(&self, warning: Error) {
        self.world.tell(Event::Notice(warning));
    }

    fn variable(&self, name: &str) -> Result<Option<Value>> {
        if let Some(value) = self.locals.get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(value) = magic::variable(self, name) {
            if name == "vars" {
                // Scripts look for these words.
                let warning = Error::deprecation("The internal \"vars\" dictionary is deprecated.");
                self.tell(warning.hint("use the lookups 'vars' and 'varnames'"));
            }
            return Ok(Some(value));
        }
        let mut found = self.find(name)?;
        if found.is_none() && self.task.is_some() && self.tells_connection {
            found = connection::variable(self, name)?;
        }
        // Without a vault there are no secrets among variables, and nothing to look for.
        if let Some(value) = found.as_ref().filter(|_| !self.world.secrets.is_empty()) {
            self.world.masks.learn(value);
        }
        Ok(found)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = magic::NAMES
            .iter()
            .filter(|name| self.sees_play || magic::is_of_host(name))
            .filter(|name| magic::variable(self, name).is_some())
            .map(|name| (*name).to_owned())
            .collect();
        let mut add_vars = |vars: &Arc<Vars>| names.extend(vars.iter().map(|(name, _)| name.to_string()));
        add_vars(&self.world.extra_vars);
        self.layers().iter().for_each(&mut add_vars);
        if let Some(task) = &self.task {
            task.vars_layers().for_each(&mut add_vars);
            if let Some(role) = &task.scope.role {
                role.vars_layers().into_iter().chain(role.default_layers()).for_each(&mut add_vars);
            }
        }
        for role in self.public_roles() {
            role.exported_vars_layers().into_iter().chain(role.default_layers()).for_each(&mut add_vars);
        }
        if self.sees_play {
            self.vars_files().unwrap_or_default().iter().for_each(&mut add_vars);
            add_vars(&self.play.play.vars);
        }
        let mut add_map = |map: &Map| names.extend(map.keys().filter_map(Value::as_str).map(str::to_owned));
        add_map(&self.locals);
        let state = self.world.host(&self.host);
        for map in [&state.set, &state.included] {
            add_map(&map.read().unwrap_or_else(PoisonError::into_inner));
        }
        if self.world.settings.inject_facts {
            add_map(&state.facts());
        }
        let inventory = self.world.inventory();
        if inventory.host(&self.host).is_some()
            && let Ok(variables) = inventory.variables(&self.host)
        {
            add_map(&variables);
        }
        names.sort();
        names.dedup();
        names
    }

    fn search_path(&self) -> Vec<PathBuf> {
        match &self.task {
            Some(task) => task.scope.search_path(),
            None => vec![self.playbook_dir()],
        }
    }

    fn playbook_dir(&self) -> PathBuf {
        self.play.play.scope.playbook_dir.to_path_buf()
    }

    fn decrypt(&self, vaulted: &Text) -> Result<Text> {
        let (bytes, _) =
            vault::decrypt(vaulted, &self.world.secrets).map_err(|error| error.at_some(vaulted.origin()))?;
        let text = String::from_utf8(bytes)
            .map_err(|error| Error::new("the encrypted value is no text").cause(error))?;
        let text = Text::trusted(text, vaulted.origin().cloned()).secret();
        self.world.masks.learn(&Value::String(text.clone()));
        Ok(text)
    }

    fn decrypt_file(&self, bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
        match std::str::from_utf8(&bytes) {
            Ok(text) if vault::is_vaulted(text) => {
                let decrypted = vault::decrypt(text, &self.world.secrets);
                Ok(decrypted.map_err(|error| error.context(path.display()))?.0)
            }
            _ => Ok(bytes),
        }
    }

    fn hosts_matching(&self, pattern: &str) -> Result<Vec<String>> {
        Ok(self.world.inventory().select(pattern)?.iter().map(ToString::to_string).collect())
    }

    fn fetch(&self, request: &WebRequest) -> Result<Vec<u8>> {
        crate::web::fetch(request)
    }
}
