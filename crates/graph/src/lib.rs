//! Plays to a checked dependency graph, and pictures of it.
//!
//! [`Graph::of`] takes a loaded playbook apart into tasks, and says for each why it waits for another: it is written
//! below it, uses what that one found out, is notified by it, touches the same thing, or needs the other hosts to have
//! come so far. Nothing connects, and no host's variable is rendered.

mod arguments;
mod build;
mod dot;
mod edge;
mod footprint;
mod handlers;
mod mermaid;
mod node;
mod svg;
mod text;
mod uses;

pub use arguments::check_arguments;
pub use build::Graph;
pub use edge::{Edge, EdgeKind};
pub use footprint::{Access, Touch, touches};
pub use node::{Node, NodeKind};
