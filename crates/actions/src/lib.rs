//! The controller's half of the tasks that need it.
