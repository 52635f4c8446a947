//! From a template's text to a tree that the evaluator walks: the gaps of the parser patched, the parser run, its
//! tree made our own, the names in it looked up.

mod check;
mod free;
mod lower;
mod message;
mod prepare;
mod remedy;
mod tree;

pub(crate) use check::{check, unknown_filter, unknown_test};
pub(crate) use free::free_names;
pub(crate) use lower::{SyntaxError, of_syntax, parse, parse_expression};
pub(crate) use prepare::{Backslashes, unescape};
pub(crate) use tree::*;
