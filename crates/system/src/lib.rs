//! [`System`], the one door from a module to a host.
//!
//! A module looks at its host ([`System::observe`], [`System::inode`], [`System::read`], [`System::query`]) and says what
//! should be there ([`System::settle`]). The door writes down every look and every change in a [`Journal`]: that is how
//! `changed` and diffs come about. In a dry run the same code runs on an [overlay](Overlay): changes land there, looks
//! find them there, and what can't be known is an [`Error::Unknown`] that ends the module by itself. A module can't tell
//! a dry run from a real one.

mod access;
mod accounts;
mod apt_view;
mod backend;
mod brought_accounts;
mod command;
mod courier;
mod debian_archive;
mod dpkg;
mod dpkg_selection;
mod error;
mod file_lock;
mod glob;
mod hash;
mod http;
mod inode;
mod journal;
mod kernel;
mod left_out;
mod local;
mod maintainer_scripts;
mod memory;
mod mentions;
mod netlink;
mod network;
mod obstacles;
mod overlay;
mod packages;
mod pending_package;
mod process;
mod real_path;
mod removed_package;
mod rpm;
mod rpm_archive;
mod scripted_files;
mod spill;
mod stand_in;
mod stat;
mod state;
mod system;
mod terminal;
mod time_zone;
mod unit;
mod user_processes;
mod validate;
mod wait;

pub use access::Access;
pub use accounts::{Aging, Group, User};
pub use apt_view::AptView;
pub use backend::{Backend, FileType, Identity, Metadata};
pub use command::{Command, Output};
pub use courier::{Courier, NoCourier};
pub use dpkg::{DpkgDatabase, DpkgPackage};
pub use dpkg_selection::DpkgSelection;
pub use error::{Error, Failure, Result};
pub use glob::matches_pattern;
pub use hash::{
    blob_id, md5_hex, sha1_hex, sha3_256_hex, sha3_384_hex, sha3_512_hex, sha224_hex, sha256_hex, sha384_hex,
    sha512_hex,
};
pub use http::{HttpAddress, HttpFailure, HttpRequest, HttpResponse, HttpRoute, HttpTrust};
pub use inode::{Content, Inode, Kind};
pub use journal::{Journal, Read};
pub use kernel::{FileSystem, Kernel};
pub use local::LocalBackend;
pub use memory::{Effect, MemoryBackend};
pub use network::{InterfaceAddress, Route};
pub use overlay::Overlay;
pub use packages::Packages;
pub use pending_package::PendingPackage;
pub use process::Leash;
pub use protocol::Foresight;
pub use rpm::{RpmDatabase, RpmPackage, compare_versions, name_in_root};
pub use stat::Stat;
pub use state::State;
pub use system::{Options, Run, System};
pub use terminal::{Answerer, Conversation, Conversed};
pub use unit::{Enablement, Unit, UnitScope};
pub use wait::Patience;
