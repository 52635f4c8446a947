//! Walks the graph for each host and emits events.
