//! Events to terminal output.
