//! The controller's half of the tasks that need it: some never leave the controller (`debug`, `set_fact`), others
//! prepare what only the controller has (a template, a file) and then call a module on the host.
//!
//! An action is one file with a struct of typed arguments, as a module is, and one line in the list of
//! [`actions`](list). What has no action here is a module alone, and goes to the host as it is.

mod action;
mod call;
mod complaint;
mod deprecation;
mod done;
mod effect;
mod list;
mod site;

mod local_tree;
mod offer;
mod secrets;
mod template_scope;

mod add_host;
mod argument_spec;
mod assemble;
mod assert;
mod copy;
mod debug;
mod debug_expressions;
mod fail;
mod fetch;
mod gather_facts;
mod group_by;
mod include_vars;
mod package;
mod pause;
mod pip;
mod plain_module;
mod program;
mod raw;
mod reboot;
mod script;
mod service;
mod set_fact;
mod set_stats;
mod template;
mod unarchive;
mod uri;
mod validate_argument_spec;
mod wait_for_connection;

pub use action::Action;
pub use call::{Call, UserModule};
pub use deprecation::braced_condition;
pub use done::{Done, Failure, Teller, Verdict};
pub use effect::Effect;
pub use list::{Kind, find, manuals, program};
pub use site::{Answer, BlobSource, Question, Reply, Site, Terminal};
