use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a cache. What a thread that panicked left behind is still whole, for caches are written in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
