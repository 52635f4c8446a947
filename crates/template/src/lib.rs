//! Jinja as Ansible means it.
//!
//! [`Templates`] renders templates, evaluates conditions and runs lookups against a [`Scope`], which is what the engine
//! lets one task on one host see. minijinja parses; the evaluator, the filters, the tests and the lookups are ours,
//! because a variable is a template until it is used, what is not there may be passed on but not used, and unknowns,
//! secrets and places travel with every value.

mod account_names;
mod arguments;
mod crypt;
mod evaluate;
mod extensions;
mod file_options;
mod file_variables;
mod filters;
mod functions;
mod jinja_tests;
mod lookups;
mod outcome;
mod pattern;
mod place;
mod random;
mod scope;
mod settings_file;
mod strictness;
mod syntax;
mod templates;
mod truth;
mod version;
mod web_request;

pub use extensions::Extensions;
pub use file_options::FileOptions;
pub use file_variables::file_variables;
pub use scope::Scope;
pub use strictness::{Strictness, Untrusted};
pub use templates::Templates;
pub use truth::Truth;
pub use web_request::{Redirections, WebRequest};
