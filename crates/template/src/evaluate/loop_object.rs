use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use diag::{Error, Result};
use value::{Object, Undefined, Value};

use crate::syntax;

/// What all turns of a loop share.
#[derive(Debug)]
pub(crate) struct LoopState {
    pub(crate) items: Vec<Value>,
    pub(crate) depth: usize,
    pub(crate) changed: Mutex<Option<Value>>,
    pub(crate) declaration: Arc<syntax::For>,
}

/// `loop`, in one turn.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) state: Arc<LoopState>,
    pub(crate) index: usize,
}

impl Loop {
    /// Whether the value differs from that of the turn before.
    pub(crate) fn changed(&self, value: Value) -> bool {
        let mut last = self.state.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = last.as_ref() != Some(&value);
        *last = Some(value);
        changed
    }
}

impl Object for Loop {
    fn type_name(&self) -> &str {
        "LoopContext"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        let Some(name) = key.as_str() else { return Ok(None) };
        let (index, length) = (self.index, self.state.items.len());
        let neighbour = |index: Option<usize>, what: &str| {
            index
                .and_then(|index| self.state.items.get(index))
                .cloned()
                .unwrap_or_else(|| Value::from(Undefined::new(format!("there is no {what} item"))))
        };
        Ok(Some(match name {
            "index" => Value::from(index + 1),
            "index0" => Value::from(index),
            "revindex" => Value::from(length - index),
            "revindex0" => Value::from(length - index - 1),
            "first" => Value::Bool(index == 0),
            "last" => Value::Bool(index + 1 == length),
            "length" => Value::from(length),
            "depth" => Value::from(self.state.depth + 1),
            "depth0" => Value::from(self.state.depth),
            "previtem" => neighbour(index.checked_sub(1), "previous"),
            "nextitem" => neighbour(index.checked_add(1), "next"),
            _ => return Ok(None),
        }))
    }

    fn to_value(&self) -> Result<Value> {
        Err(Error::new("Type 'LoopContext' is unsupported for variable storage.")
            .hint("use one of its attributes, such as loop.index"))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Jinja's `cycler()`: gives its items in turn.
#[derive(Debug)]
pub(crate) struct Cycler {
    pub(crate) items: Vec<Value>,
    pub(crate) at: AtomicUsize,
}

impl Cycler {
    /// The current item; then moves on.
    pub(crate) fn next(&self) -> Value {
        let at = self.at.fetch_add(1, Ordering::Relaxed);
        self.items.get(at % self.items.len().max(1)).cloned().unwrap_or_default()
    }
}

impl Object for Cycler {
    fn type_name(&self) -> &str {
        "Cycler"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        let current = || self.items.get(self.at.load(Ordering::Relaxed) % self.items.len().max(1)).cloned();
        Ok(if key.as_str() == Some("current") { current() } else { None })
    }

    fn to_value(&self) -> Result<Value> {
        Err(Error::new("Type 'Cycler' is unsupported for variable storage.").hint("use its next()"))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Jinja's `joiner()`: nothing at its first call, the separator at all others.
#[derive(Debug)]
pub(crate) struct Joiner {
    pub(crate) separator: Value,
    pub(crate) calls: AtomicUsize,
}

impl Joiner {
    /// Nothing, or the separator.
    pub(crate) fn next(&self) -> Value {
        if self.calls.fetch_add(1, Ordering::Relaxed) == 0 { Value::from("") } else { self.separator.clone() }
    }
}

impl Object for Joiner {
    fn type_name(&self) -> &str {
        "Joiner"
    }

    fn get(&self, _: &Value) -> Result<Option<Value>> {
        Ok(None)
    }

    fn to_value(&self) -> Result<Value> {
        Err(Error::new("Type 'Joiner' is unsupported for variable storage.").hint("call it"))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
