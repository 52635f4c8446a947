//! The static helper that runs on a host: frames in, modules on [`System`](system::System), frames out.
//!
//! One thread reads what the controller says and sorts it; the main thread calls modules, one after another, in the
//! order of the requests. When the controller goes away the reading thread notices first: it ends the program that a
//! module has started, the module returns, and the runner exits.

mod calls;
mod courier;
mod inbox;
mod job;
mod outbox;
mod program;

pub use calls::serve;
pub use job::serve_job;
