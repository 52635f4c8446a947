//! A safe wrapper of the libyaml port; the only unsafe code of this crate.

mod emitter;
mod parser;

pub(crate) use emitter::{Emitter, Scalar, Settings, Style, Token};
pub(crate) use parser::{Event, EventKind, Parser, Problem, Properties};
