//! What a module is.
