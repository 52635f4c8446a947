//! Hosts, groups, patterns, and the variables that an inventory gives them.
//!
//! [`Inventory::load`] reads the sources of `-i`: INI and YAML files, directories of them, executable scripts, and lists
//! such as `web1,web2`. [`Inventory::select`] says which hosts a pattern means, and [`Inventory::variables`] what is
//! known of a host from levels 3 to 10 of the [precedence of variables](Level): inventory sources, `group_vars` and
//! `host_vars`.

mod candidate;
mod group;
mod host;
mod host_range;
mod ignored;
mod input;
mod inventory;
mod level;
mod listing;
mod literal;
mod load;
mod lock;
mod membership;
mod options;
mod pattern;
mod plugin_config;
mod program;
mod reader;
mod registry;
mod shell_words;
mod source_scope;
mod toml_text;
mod variable_files;
mod variables;

pub use group::GroupName;
pub use host::{Host, HostName};
pub use inventory::{Explanation, Inventory};
pub use level::Level;
pub use options::{GroupNames, LoadOptions, Merge};
pub use reader::plugin_names;
