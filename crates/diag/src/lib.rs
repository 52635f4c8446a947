//! Source files, spans and hints; the one place that renders an error.
//!
//! Every error that a user of Capstan reads is an [`Error`]: a lower-case message, the place in a source file it
//! is about, the host and task it befell, what caused it, and hints about what to do. Libraries build errors and
//! hand them up; `report` and `cli` print what [`Error::render`] makes of them.

mod ansible;
mod error;
mod excerpt;
mod render;
mod source;
mod suggest;

pub use error::{Error, Errors, Result, Severity};
pub use render::Style;
pub use source::{Position, Source, Span};
pub use suggest::{did_you_mean, nearest};
