//! Events to what people read: the default output, as eyes and scripts know it from Ansible.
//!
//! [`Terminal`] takes the engine's events and writes lines. Nothing else in the libraries prints.

mod banner;
mod diff;
mod json;
mod live;
mod minimal;
mod paint;
mod recap;
mod terminal;
mod tree;

pub use diff::{Difference, unified};
pub use minimal::Minimal;
pub use paint::Colours;
pub use terminal::{Options, Terminal};
pub use tree::Tree;
