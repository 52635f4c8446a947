//! Roles: what they are made of, and where they come from.

mod info;
mod init;
mod install;
mod installed;
mod requirement;

pub use info::info;
pub use init::{Flavour, init};
pub use install::Install;
pub use installed::{InstalledRole, installed};
pub use requirement::RoleRequirement;
