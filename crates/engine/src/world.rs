use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use inventory::{HostName, Inventory};
use playbook::{Loader, Vars};
use template::Templates;
use value::{Map, Value};
use vault::Secrets;

use crate::connections::Connections;
use crate::masks::{MaskedEvents, Masks};
use crate::{Event, Events, Settings};

/// What all hosts of a run share.
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) templates: Arc<Templates>,
    pub(crate) loader: Loader,
    pub(crate) inventory: RwLock<Inventory>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) extra_vars: Arc<Vars>,
    pub(crate) connections: Connections,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) terminal: Arc<dyn actions::Terminal>,
    pub(crate) masks: Arc<Masks>,
    hosts: Mutex<HashMap<HostName, Arc<HostState>>>,
}

/// What is known of a host for the rest of the run.
#[derive(Debug, Default)]
pub(crate) struct HostState {
    /// Facts, under the names that they were given: `ansible_distribution`, `packages`.
    pub(crate) facts: RwLock<Arc<Map>>,
    /// What `set_fact` and `register` have set.
    pub(crate) set: RwLock<Map>,
    /// What `include_vars` has set.
    pub(crate) included: RwLock<Map>,
    /// Whether facts were gathered.
    pub(crate) gathered: Mutex<bool>,
}

impl World {
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn new(
        settings: Settings,
        templates: Arc<Templates>,
        loader: Loader,
        inventory: Inventory,
        secrets: Arc<Secrets>,
        connections: Connections,
        events: Arc<dyn Events>,
        terminal: Arc<dyn actions::Terminal>,
    ) -> World {
        let extra_vars = Arc::clone(&loader.extra_vars);
        let masks: Arc<Masks> = Arc::default();
        let events = Arc::new(MaskedEvents { masks: Arc::clone(&masks), events });
        World {
            settings,
            templates,
            loader,
            inventory: RwLock::new(inventory),
            secrets,
            extra_vars,
            connections,
            events,
            terminal,
            masks: Arc::clone(&masks),
            hosts: Mutex::default(),
        }
    }

    pub(crate) fn host(&self, name: &HostName) -> Arc<HostState> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(name.clone()).or_default())
    }

    pub(crate) fn inventory(&self) -> std::sync::RwLockReadGuard<'_, Inventory> {
        self.inventory.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, event: Event) {
        self.events.take(event);
    }
}

impl HostState {
    pub(crate) fn set(&self, name: &str, value: Value) {
        self.set.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), value);
    }

    pub(crate) fn add_facts(&self, facts: &Map) {
        let mut known = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::make_mut(&mut known);
        known.extend(facts.iter().map(|(key, value)| (key.clone(), value.clone())));
    }

    pub(crate) fn facts(&self) -> Arc<Map> {
        Arc::clone(&self.facts.read().unwrap_or_else(PoisonError::into_inner))
    }
}
