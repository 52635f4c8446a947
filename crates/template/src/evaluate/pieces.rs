use value::Value;

use super::OUTPUT_LIMIT;
use crate::outcome::{Outcome, Stop};

/// So many pieces one template may put out.
const PIECE_LIMIT: usize = 20_000_000;

/// What a template puts out, piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    values: Vec<Value>,
    /// The bytes of text in them.
    size: usize,
}

impl Pieces {
    /// Puts one more out.
    ///
    /// # Errors
    /// It is more than a template may put out.
    pub(crate) fn push(&mut self, value: Value) -> Outcome<()> {
        if let Value::String(text) = &value {
            self.size = self.size.saturating_add(text.len());
        }
        if self.size > OUTPUT_LIMIT {
            return Err(too_much_text());
        }
        if self.values.len() >= PIECE_LIMIT {
            return Err(Stop::new(format!("the template puts out more than {PIECE_LIMIT} pieces")));
        }
        self.values.push(value);
        Ok(())
    }

    /// Puts several out.
    ///
    /// # Errors
    /// They are more than a template may put out.
    pub(crate) fn extend(&mut self, values: Vec<Value>) -> Outcome<()> {
        values.into_iter().try_for_each(|value| self.push(value))
    }

    /// Takes all back.
    pub(crate) fn clear(&mut self) {
        *self = Pieces::default();
    }

    /// All of them.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }
}

/// The error of a template that grows without bound.
pub(crate) fn too_much_text() -> Stop {
    Stop::new(format!("the template makes more than {} MiB of text", OUTPUT_LIMIT >> 20))
}
