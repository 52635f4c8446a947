//! What users do wrong, and what goes wrong: the message, its place and hint, and the exit code.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

transcripts! { "errors":
    arguments
    configuration
    connections
    files
    inventories
    keywords
    modules
    templates
    vaults
    yaml
}
