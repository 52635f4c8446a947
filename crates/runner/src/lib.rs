//! The static helper that runs on a host.
