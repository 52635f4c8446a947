//! YAML text to a tree with a span on every node, and values back to YAML text.
//!
//! The text is read as PyYAML reads it (YAML 1.1): `yes` is true, `0644` is 420, `1_000` is 1000. Every scalar and
//! every key knows its place, so that an error found much later can still point at it.

#![deny(unsafe_code)]

mod compose;
mod document;
mod emit;
mod explain;
mod json;
mod libyaml;
mod node;
mod resolve;
mod scalar;
mod tag;
mod timestamp;

pub use document::{Document, parse, parse_all};
pub use emit::{EmitStyle, ScalarStyle, emit};
pub use node::{Entry, Node, NodeKind};
