//! Whole runs of the real program. The outputs are those of ansible-core for the same playbooks, but for durations and the
//! wording of errors.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

transcripts! { "runs":
    basics
    batches_that_fail
    becoming_a_predicted_user
    blocks
    diffs
    doubts
    extra_vars
    handlers
    hidden
    includes
    loops
    names
    nesting
    over_ssh
    precedence
    projections
    readable_diffs
    refresh
    results
    roles
    scheduling
    secrets
    selection
    settings
    unreachable
    unusual
    verbosity
}
