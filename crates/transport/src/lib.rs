//! A byte pipe to a command on a host.
