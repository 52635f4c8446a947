//! The configuration; the table of settings is in `crates/configuration`.

pub(crate) use configuration::*;
