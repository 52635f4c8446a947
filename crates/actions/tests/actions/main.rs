//! The actions through their public face: a task as YAML, real templates, and a host in memory that runs the real modules.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod assertions;
mod desk;
mod facts;
mod files;
mod host;
mod hosts;
mod manuals;
mod pauses;
mod reboots;
mod shells;
mod templates;
mod variables;
