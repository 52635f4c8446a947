//! A byte pipe to a command on a host.
//!
//! [`connect`] opens a [`Connection`] to a [`Target`] by the plugin that it names: `ssh` (our own client), `openssh`
//! (the system's `ssh` program) or `local`. A connection does one thing: it starts a shell command line there and
//! gives its pipes. On top of that, and the same for every plugin, [`start_runner`] brings up the runner and
//! [`run_shell`] runs a plain command, either of them as another user if a [`Become`] says so.
//!
//! Nothing else in Capstan opens connections. Every error names the host, and means that it is unreachable.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod become_user;
mod bootstrap;
mod child;
mod connection;
mod live;
mod local;
mod openssh;
mod process_group;
mod quote;
mod runner_binary;
mod secret;
mod shell;
mod ssh;
mod start;
mod target;

pub use become_user::{Become, BecomeMethod};
pub use bootstrap::start_runner;
pub use connection::{Connection, Exit, ExitFuture, Pipe, connect, connection_names};
pub use runner_binary::RunnerBinary;
pub use secret::Secret;
pub use shell::{Output, run_shell};
pub use target::Target;
