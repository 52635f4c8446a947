//! A byte pipe to a command on a host.
//!
//! [`connect`] opens a [`Connection`] to a [`Target`] by the plugin that it names: `ssh` (our own client), `openssh`
//! (the system's `ssh` program), `local`, and `docker`, `podman`, `kubectl` and `chroot`. A connection does one thing: it
//! starts a shell command line there and gives its pipes. On top of that, and the same for every plugin,
//! [`start_runner`] brings up the runner and [`run_shell`] runs a plain command, either of them as another user if a
//! [`Become`] says so.
//!
//! Nothing else in Capstan opens connections. Every error names the host, and means that it is unreachable.
//!
//! # Where our ssh client differs from OpenSSH's
//!
//! - Nobody is asked anything: `StrictHostKeyChecking ask` refuses, and an encrypted key needs its passphrase or an agent.
//! - The key that [`Target::private_key_file`] names is tried before those of the agent.
//! - A silent host is given up after five minutes, unless `ServerAliveInterval` says otherwise.
//! - Hosts behind a jump host share its connection. Whether host keys are checked at all holds for jump hosts too.
//! - A proxy command's own complaints are not shown.
//! - Compression, sharing of connections and other options that change only how bytes travel are passed over. Kerberos and
//!   host-based logins, key revocation lists and hardware tokens outside an agent need the `openssh` connection; where
//!   leaving an option out would change who is trusted or reached, it is an error.

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
mod wrapped;

pub use become_user::{Become, BecomeMethod};
pub use bootstrap::start_runner;
pub use connection::{Connection, Exit, ExitFuture, Pipe, connect, connection_names};
pub use runner_binary::RunnerBinary;
pub use secret::Secret;
pub use shell::{Output, run_shell};
pub use start::is_missing_user;
pub use target::Target;
