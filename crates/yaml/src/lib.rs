//! YAML text to a tree with a span on every node, and values back to YAML text.
//!
//! The text is read as PyYAML reads it (YAML 1.1): `yes` is true, `0644` is 420, `1_000` is 1000. Every scalar and
//! every key knows its place, so that an error found much later can still point at it.

mod node;

pub use node::{Entry, Node, NodeKind};
