use std::sync::{Arc, Mutex, PoisonError};

/// Why a connection has ended, once it has; shared between the connection and everything that runs over it.
#[derive(Clone, Debug, Default)]
pub(super) struct Lost(Arc<Mutex<Option<String>>>);

impl Lost {
    /// Notes the reason, unless an earlier one is known.
    pub(super) fn set(&self, reason: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| reason.into());
    }

    /// The reason, if the connection has ended.
    pub(super) fn reason(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
