//! Plays to a checked dependency graph, and pictures of it.
