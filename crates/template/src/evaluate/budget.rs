use std::cell::Cell;

use diag::Error;
use value::Value;

use crate::outcome::{Outcome, Stop};

/// So many steps one rendering may take unless it is told otherwise: a template that makes 100 MB takes a fifth of them.
pub(crate) const STEP_LIMIT: u64 = 200_000_000;

/// So many bytes of text the filters, calls and operators of one rendering may make, all in all.
const TEXT_LIMIT: u64 = 4 << 30;

/// What one rendering may still do. Templates are programs, and some never end: those are stopped.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<u64>,
    text: Cell<u64>,
}

impl Budget {
    /// So many steps.
    pub(crate) fn new(steps: u64) -> Budget {
        Budget { steps: Cell::new(steps), text: Cell::new(TEXT_LIMIT) }
    }

    /// Takes steps, as far as there are any: whether there were enough.
    pub(crate) fn takes(&self, steps: u64) -> bool {
        let left = self.steps.get().checked_sub(steps);
        self.steps.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Takes steps.
    ///
    /// # Errors
    /// There are no more.
    pub(crate) fn take(&self, steps: u64) -> Outcome<()> {
        if self.takes(steps) { Ok(()) } else { Err(without_end()) }
    }

    /// Counts what an expression has made.
    ///
    /// # Errors
    /// It is too much.
    pub(crate) fn count(&self, made: &Value) -> Outcome<()> {
        match made {
            Value::String(text) => {
                let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
                let left = self.text.get().checked_sub(size).ok_or_else(|| {
                    Stop::new(format!(
                        "the template makes more than {} GiB of text on its way",
                        TEXT_LIMIT >> 30
                    ))
                })?;
                self.text.set(left);
                Ok(())
            }
            Value::List(items) | Value::Tuple(items) => {
                self.take(u64::try_from(items.len() / 8).unwrap_or(u64::MAX))
            }
            _ => Ok(()),
        }
    }
}

/// The error of a template that takes too long.
fn without_end() -> Stop {
    Error::new("the template takes too many steps: it may never end")
        .hint("loop over less, or compute it in a module or a script")
        .into()
}
