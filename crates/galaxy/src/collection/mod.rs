//! Collections: what they are made of, and where they come from.

mod build;
mod candidate;
mod contents;
mod download;
mod fetch;
mod init;
mod install;
mod installed;
mod manifest;
mod metadata;
mod name;
mod requirement;
mod resolve;
mod verify;

pub use build::build;
pub use download::download;
pub use fetch::Fetch;
pub use init::init;
pub use install::{Install, warn_of_path};
pub use installed::{Installed, find, installed};
pub use name::Name;
pub use requirement::{Kind, Requirement};
pub use verify::{Verify, verify};
