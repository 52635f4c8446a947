//! What a template sees: the layers of variables of one host, task and loop item, and the magic ones.

mod connection;
mod host_scope;
mod hostvars;
mod magic;
mod python;

pub use magic::LANGUAGE_VERSION;

pub(crate) use host_scope::{HostScope, PlayContext};
pub(crate) use hostvars::AllVars;
