//! What remains of a task of which a dry run can't know whether it runs.

use actions::Effect;
use diag::{Error, Result};
use value::{Map, Unknown, Value};

use super::TaskRun;
use super::item::ItemEnd;
use crate::Status;
use crate::arguments::{self, Prepared};
use crate::variables::HostScope;

impl TaskRun {
    /// The end of a task whose condition is unknown. Variables that it might set are unknown after it.
    pub(super) async fn doubted(&self, scope: &HostScope, unknown: &Unknown) -> ItemEnd {
        // A task that would fail sets none.
        let effects = self.possible_variables(scope).await.unwrap_or_default();
        let doubted = |variables: Map| -> Map {
            variables.into_iter().map(|(name, _)| (name, Value::from(unknown.clone()))).collect()
        };
        let effects: Vec<Effect> = effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::SetFacts { facts, .. } => {
                    Some(Effect::SetFacts { facts: doubted(facts), cacheable: false })
                }
                Effect::IncludeVars(variables) => Some(Effect::IncludeVars(doubted(variables))),
                _ => None,
            })
            .collect();
        self.apply(scope, &scope.host, &effects);
        ItemEnd::unknown(unknown)
    }

    async fn possible_variables(&self, scope: &HostScope) -> Result<Vec<Effect>> {
        let kind = self.kind(scope)?;
        if !kind.action.only_sets_variables() {
            return Ok(Vec::new());
        }
        let remote = self.remote(scope, None)?;
        let Prepared::Ready(arguments) = arguments::prepare(&self.task, kind, scope)? else {
            return Ok(Vec::new());
        };
        let end = self.attempt(scope, kind, &remote, arguments, None).await?;
        Ok(if end.status == Status::Ok { end.effects } else { Vec::new() })
    }

    /// A variable that is missing may be one that an unknown task sets: then it is no error in a dry run.
    pub(super) fn missing(&self, scope: &HostScope, error: &Error) -> Option<Unknown> {
        let world = &scope.world;
        let doubt = world.host(&scope.host).doubt().filter(|_| world.settings.check)?;
        let summary = error.summary();
        let is_missing = summary.contains("is undefined") || summary.contains("has no attribute");
        is_missing.then(|| Unknown { cause: format!("{summary}, maybe because {}", doubt.cause), ..doubt })
    }
}
