//! What a task changes on the controller: variables, the inventory, statistics.

use std::sync::{Arc, PoisonError};

use actions::{Done, Effect, Verdict};
use inventory::HostName;
use value::{Map, Value};

use super::TaskRun;
use super::item::ItemEnd;
use crate::variables::HostScope;
use crate::{Event, result};

impl TaskRun {
    /// Changes the inventory as an action asks; whether that changed anything is part of its result.
    pub(super) fn take_inventory_effects(&self, scope: &HostScope, done: &mut Done) {
        let is_inventory =
            |effect: &&Effect| matches!(effect, Effect::AddHost { .. } | Effect::GroupBy { .. });
        let effects: Vec<Effect> = done.effects.iter().filter(is_inventory).cloned().collect();
        if done.verdict == Verdict::Done && !effects.is_empty() {
            let changed = self.apply(scope, &scope.host, &effects);
            done.result.insert("changed".into(), changed.into());
        }
    }

    /// Facts and variables take effect at once, so that the next item of a loop sees them.
    pub(super) fn take_effects(&self, scope: &HostScope, end: &ItemEnd, delegate: Option<&HostName>) {
        if end.is_failed() || matches!(end.status, crate::Status::Unreachable { .. }) {
            return;
        }
        let for_delegate =
            self.flag(scope, self.task.keywords.delegate_facts.as_ref()).ok().flatten().unwrap_or(false);
        let host = delegate.filter(|_| for_delegate).unwrap_or(&scope.host);
        // What is there to show a value sets none.
        if let Some(Value::Map(facts)) = end.result.get("ansible_facts").filter(|_| !end.shown) {
            let own_effect = end
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::SetFacts { .. } | Effect::IncludeVars(_)));
            if !own_effect {
                let facts = result::as_data(&Value::Map(Arc::clone(facts)));
                scope.world.add_facts(host, facts.as_map().unwrap_or(&Map::new()));
            }
        }
        if let Some(Value::Map(stats)) = end.result.get("ansible_stats") {
            scope.world.custom_stats.lock().unwrap_or_else(PoisonError::into_inner).add(&scope.host, stats);
        }
        let is_variables =
            |effect: &&Effect| matches!(effect, Effect::SetFacts { .. } | Effect::IncludeVars(_));
        let effects: Vec<Effect> = end.effects.iter().filter(is_variables).cloned().collect();
        self.warn_of_reserved_names(scope, &effects);
        self.apply(scope, host, &effects);
    }

    /// Variables had better not be named like what the language itself has.
    fn warn_of_reserved_names(&self, scope: &HostScope, effects: &[Effect]) {
        let arguments = &self.task.action.arguments;
        for effect in effects {
            let (Effect::SetFacts { facts: variables, .. } | Effect::IncludeVars(variables)) = effect else {
                continue;
            };
            for name in variables.keys().filter_map(Value::as_text) {
                let written = arguments.named.iter().find(|argument| *argument.name == **name);
                let place = written.map(|argument| &argument.span).or(name.origin());
                if let Some(warning) = scope.world.loader.reserved(name, place) {
                    scope.world.tell(Event::Notice(warning));
                }
            }
        }
    }

    /// Carries out what an action changes on the controller, for one host. Returns whether the inventory changed.
    pub(super) fn apply(&self, scope: &HostScope, host: &HostName, effects: &[Effect]) -> bool {
        let state = scope.world.host(host);
        let mut changed = false;
        for effect in effects {
            match effect {
                Effect::SetFacts { facts, cacheable } => {
                    for (name, value) in facts {
                        state.set(&name.to_string(), value.clone());
                    }
                    if *cacheable {
                        scope.world.add_facts(host, facts);
                    }
                }
                Effect::IncludeVars(variables) => {
                    let mut included = state.included.write().unwrap_or_else(PoisonError::into_inner);
                    included.extend(variables.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                Effect::AddHost { name, groups, variables } => {
                    let mut inventory = scope.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
                    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                    changed |= inventory.add_host(name, &groups, variables);
                }
                Effect::GroupBy { group, parents } => {
                    let mut inventory = scope.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
                    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
                    changed |= inventory.add_group(group, &parents);
                    changed |= inventory.add_to_group(host, group);
                }
            }
        }
        changed
    }
}
