//! Spanned trees to typed plays, blocks, tasks and roles.
