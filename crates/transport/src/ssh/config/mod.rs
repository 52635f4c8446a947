//! `ssh_config` files and ssh's command-line options: what they say about one host.

mod arguments;
mod files;
mod options;
mod oracle;
mod resolved;
#[cfg(test)]
mod tests;
mod tokens;
mod words;

pub(super) use resolved::{Family, Given, Identity, Method, Proxy, Resolved, resolve};
