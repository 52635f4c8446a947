//! Roles and collections: resolving, fetching, checking, installing and locking them.
//!
//! A *role* comes from a git repository, an archive or a server; a *collection* from those or a folder. What is to be
//! had stands in a file of requirements or on the command line; what was had is written to a lock file, so that the next
//! machine gets the same. Nothing here prints: what is worth telling goes to a [`Progress`].

#![deny(unsafe_code)]

mod archive;
pub mod collection;
mod document;
mod files;
mod git;
mod http;
mod lock;
mod progress;
mod requirements;
pub mod role;
mod server;
mod servers;
mod skeleton;
mod version;

pub use http::Client;
pub use lock::{Lock, Locked, LockedRole, Locking};
pub use progress::Progress;
pub use requirements::Requirements;
pub use server::Server;
pub use servers::{ServerOptions, Servers};
pub use skeleton::Skeleton;
pub use version::{Range, Version};
