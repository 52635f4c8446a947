//! The conditions of a task: `when`, `until`, `changed_when`, `failed_when` and `break_when`.

use std::sync::Arc;

use diag::{Error, Result};
use template::Truth;
use value::{Unknown, Value};
use yaml::Node;

use crate::variables::HostScope;

/// Whether all conditions hold.
pub(super) enum Decision {
    Yes,
    No(Value),
    Unknown(Arc<Unknown>),
}

/// Whether all conditions hold, in order.
///
/// # Errors
/// One can't be evaluated; the error has its place.
pub(super) fn truth(scope: &HostScope, conditions: &[Node]) -> Result<Decision> {
    let mut unknown = None;
    for node in conditions {
        let value = node.to_value();
        match scope.world.templates.condition(&value, scope).map_err(|error| error.at(&node.span))? {
            Truth::True => {}
            // Whatever is unknown, one false condition is enough.
            Truth::False => return Ok(Decision::No(value)),
            Truth::Unknown(cause) => unknown = unknown.or(Some(cause)),
        }
    }
    Ok(unknown.map_or(Decision::Yes, Decision::Unknown))
}

/// The error of a keyword whose conditions can't be evaluated.
pub(super) fn condition_failed(keyword: &str, error: Error) -> Error {
    let article = if keyword.starts_with('u') { "An" } else { "A" };
    let span = error.span().cloned();
    error.within(format!("{article} '{keyword}' expression failed"), span.as_ref())
}
