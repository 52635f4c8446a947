//! Versions in their order.

use std::cmp::Ordering;
use std::sync::Arc;

use value::Value;

use crate::arguments::{Arguments, flag, items, required, text};
use crate::evaluate::Evaluator;
use crate::outcome::Outcome;
use crate::version::{Scheme, compare};

pub(super) fn version_sort(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, reverse] = arguments.bind(["value", "reverse"])?;
    let versions = items(&required(value, "value")?)?;
    let mut sorted = Vec::with_capacity(versions.len());
    for version in versions {
        sorted.push((text(&version)?, version));
    }
    let mut failed = None;
    sorted.sort_by(|(left, _), (right, _)| {
        compare(left, right, Scheme::Loose).unwrap_or_else(|stop| {
            failed.get_or_insert(stop);
            Ordering::Equal
        })
    });
    if let Some(stop) = failed {
        return Err(stop);
    }
    if flag(reverse, false)? {
        sorted.reverse();
    }
    Ok(Value::List(Arc::new(sorted.into_iter().map(|(_, version)| version).collect())))
}
