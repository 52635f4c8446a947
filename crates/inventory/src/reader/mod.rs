//! One reader for each kind of inventory source.

pub(crate) mod host_list;
pub(crate) mod ini;
pub(crate) mod script;
pub(crate) mod toml;
pub(crate) mod yaml;
