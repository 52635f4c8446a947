//! A safe wrapper of the libyaml port; the only unsafe code of this crate.

mod parser;

pub(crate) use parser::{Event, EventKind, Parser, Problem, Properties};
