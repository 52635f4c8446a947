use protocol::Change;
use serde::Serialize;
use serde::de::DeserializeOwned;
use value::Value;

use crate::{Backend, Overlay, Result, System};

/// A kind of thing that a host has and that a task can want otherwise: a package set, a unit, an account.
///
/// A module [observes](System::observe) a state, makes an edited copy, and lets the host be
/// [settled](System::settle) from the one to the other. A kind that only one module needs is defined beside that
/// module; nothing else has to know it: in changes and in the overlay states are plain data.
pub trait State: Clone + PartialEq + Serialize + DeserializeOwned + 'static {
    /// The kind's name, as in [`Change::kind`].
    const KIND: &'static str;

    /// Which one it is: a path, a unit's name.
    fn name(&self) -> String;

    /// Looks at the host.
    fn observe(host: &mut System, name: &str) -> Result<Self>;

    /// The state of one that is not there.
    fn absent(name: &str) -> Self;

    /// Whether it is not there at all; a package that a dry run only predicts may bring it.
    fn is_absent(&self) -> bool;

    /// Gets the host from one state to another. Only called when they differ and this is no dry run.
    fn bring_about(host: &mut dyn Backend, now: &Self, want: &Self) -> Result<()>;

    /// The changes from one state to another: none if they are equal.
    fn changes(_host: &mut System, now: &Self, want: &Self) -> Result<Vec<Change>> {
        if now == want {
            return Ok(Vec::new());
        }
        Ok(vec![Change {
            kind: Self::KIND.into(),
            name: want.name(),
            before: to_value(now),
            after: to_value(want),
        }])
    }

    /// What the overlay knows of it.
    fn recall(overlay: &Overlay, name: &str) -> Option<Self> {
        match overlay.state(Self::KIND, name)? {
            Value::Null => Some(Self::absent(name)),
            value => Self::deserialize(value.clone()).ok(),
        }
    }

    /// Writes it into the overlay.
    fn remember(&self, overlay: &mut Overlay) {
        overlay.set_state(Self::KIND, &self.name(), to_value(self));
    }
}

/// A state as plain data; null if it is not there.
pub(crate) fn to_value<S: State>(state: &S) -> Value {
    if state.is_absent() {
        return Value::Null;
    }
    // States are plain structs: they always have a form as data, MessagePack is the way there.
    rmp_serde::to_vec_named(state)
        .ok()
        .and_then(|bytes| rmp_serde::from_slice(&bytes).ok())
        .unwrap_or_default()
}
