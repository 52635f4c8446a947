//! Throwaway hosts, for trying playbooks and for tests.
//!
//! A [`Lab`] is a set of hosts with real OpenSSH servers that end and vanish with it: when it is dropped, when its
//! process is interrupted, and when its process is killed. Two kinds exist ([`Kind`]): *sandbox* hosts are namespaces
//! over an overlay of this machine's own file system and start in milliseconds; *machine* hosts are a Debian made by
//! debootstrap and booted with systemd under systemd-nspawn.
//!
//! Nothing of this machine's network is configured. Every host has a listening socket on 127.0.0.1 that belongs to the
//! lab's process; for each connection the lab starts `sshd -i` inside the host's namespaces. A host's own network
//! therefore needs no address that the machine could reach.
//!
//! One process, the *keeper*, holds everything together: it is the first process of a PID namespace and a mount
//! namespace that all hosts descend from, and it reads from a pipe whose other end only the lab's process has.
//! However that process ends, the keeper sees the end of the pipe and ends, and the kernel ends all the rest.
//!
//! Root's sandbox hosts are complete: whatever a playbook does to them works as on a host of its own, but for services,
//! as no init system runs. An ordinary user's live in a user namespace, for which `newuidmap` and a range of numbers in
//! `/etc/subuid` and `/etc/subgid` are needed. Files of the machine's root belong to nobody there; outside of `/etc`,
//! they can be read and replaced, but not changed in place.
//!
//! A sandbox host keeps playbooks from this machine's files, processes and network; it is no wall against
//! someone who wants to break out of it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod accounts;
mod builder;
mod credentials;
mod debian;
mod host;
mod keeper;
mod lab;
mod layers;
mod mounts;
mod namespaces;
mod sandbox;
mod server;
mod sources;
mod tool;

pub use accounts::Sudo;
pub use builder::{Kind, LabBuilder, Network};
pub use debian::root as debian_root;
pub use host::LabHost;
pub use lab::Lab;
