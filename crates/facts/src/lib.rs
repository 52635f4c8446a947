//! Facts: what there is to know about a host, under the names that playbooks use.
//!
//! Each file is one family of facts. Families read the host's files through [`System`](system::System), start a program
//! only where no file tells, and leave out what a host does not tell. The list of families is in `family.rs`.

mod capabilities;
mod chroot;
mod command_line;
mod date_time;
mod devices;
mod distribution;
mod dmi;
mod dns;
mod environment;
mod facts;
mod family;
mod hardware;
mod initiators;
mod load;
mod local;
mod lsb;
mod lvm;
mod memory;
mod mounts;
mod network;
mod os_release;
mod package_manager;
mod platform;
mod processor;
mod python;
mod reader;
mod security;
mod service_manager;
mod ssh_keys;
mod subsets;
mod systemd;
mod user;
mod virtualization;

pub use family::gather;
pub use subsets::{Subsets, UnknownSubset};
