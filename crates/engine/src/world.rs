use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use diag::Error;
use inventory::{HostName, Inventory};
use playbook::{Loader, Vars};
use template::Templates;
use value::{Map, Unknown, Value};
use vault::Secrets;

use crate::connections::Connections;
use crate::masks::{MaskedEvents, Masks};
use crate::{CustomStats, Event, Events, Settings};

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
    /// What `set_stats` has noted.
    pub(crate) custom_stats: Mutex<CustomStats>,
    /// Whether a person is asked about the next task.
    pub(crate) stepping: AtomicBool,
    /// How many tasks so far were a dry run in a run that is not.
    rehearsals: AtomicU64,
    hosts: Mutex<HashMap<HostName, Arc<HostState>>>,
}

/// The fact that tells that facts were gathered.
pub(crate) const GATHERED: &str = "_ansible_facts_gathered";

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
    /// Why the last unknown task was so.
    doubt: Mutex<Option<Unknown>>,
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
            stepping: AtomicBool::new(settings.step),
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
            custom_stats: Mutex::default(),
            rehearsals: AtomicU64::default(),
            hosts: Mutex::default(),
        }
    }

    /// A number for a task that is a dry run in a run that is not.
    pub(crate) fn next_rehearsal(&self) -> u64 {
        self.rehearsals.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn host(&self, name: &HostName) -> Arc<HostState> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let state = hosts.entry(name.clone()).or_insert_with(|| {
            let known = self.settings.fact_cache.as_ref().and_then(|cache| cache.load(name));
            Arc::new(known.map(HostState::knowing).unwrap_or_default())
        });
        Arc::clone(state)
    }

    /// Adds to the facts of a host, also in the cache if there is one.
    pub(crate) fn add_facts(&self, name: &HostName, facts: &Map) {
        let state = self.host(name);
        state.add_facts(facts);
        if let Some(cache) = &self.settings.fact_cache
            && let Err(error) = cache.store(name, &state.facts())
        {
            self.tell(Event::Notice(Error::warning(error.summary())));
        }
    }

    /// Forgets the facts of a host.
    pub(crate) fn clear_facts(&self, name: &HostName) {
        let state = self.host(name);
        *state.facts.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        *state.gathered.lock().unwrap_or_else(PoisonError::into_inner) = false;
        if let Some(cache) = &self.settings.fact_cache {
            cache.forget(name);
        }
    }

    pub(crate) fn inventory(&self) -> std::sync::RwLockReadGuard<'_, Inventory> {
        self.inventory.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, event: Event) {
        self.events.take(event);
    }
}

impl HostState {
    /// With facts of a run before.
    fn knowing(facts: Map) -> HostState {
        let gathered = facts.get(GATHERED).is_some_and(Value::is_true);
        HostState {
            facts: RwLock::new(Arc::new(facts)),
            gathered: Mutex::new(gathered),
            ..HostState::default()
        }
    }

    pub(crate) fn set(&self, name: &str, value: Value) {
        self.set.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), value);
    }

    /// Why the last task was unknown of those that were.
    pub(crate) fn doubt(&self) -> Option<Unknown> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn doubt_because(&self, unknown: &Unknown) {
        *self.doubt.lock().unwrap_or_else(PoisonError::into_inner) = Some(unknown.clone());
    }

    fn add_facts(&self, facts: &Map) {
        let mut known = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::make_mut(&mut known);
        known.extend(facts.iter().map(|(key, value)| (key.clone(), value.clone())));
    }

    pub(crate) fn facts(&self) -> Arc<Map> {
        Arc::clone(&self.facts.read().unwrap_or_else(PoisonError::into_inner))
    }
}
