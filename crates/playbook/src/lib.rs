//! Spanned trees to typed plays, blocks, tasks and roles.
//!
//! [`Loader::load`] reads a playbook with everything it imports and reports all errors at once; nothing connects, and
//! no host's variable is rendered. What is included at run time comes from [`Loader::load_included_tasks`] and
//! [`Loader::load_included_role`]. A [`Task`] knows everything it inherits, so that nobody has to walk up again.

mod action;
mod arguments;
mod block;
mod builder;
mod duplicate_keys;
mod files;
mod free_form;
mod include;
mod item;
mod keyword;
mod keywords;
mod language;
mod listing;
mod loader;
mod looping;
mod meta;
mod names;
mod play;
mod play_validation;
mod playbook;
mod programs;
mod prompt;
mod register;
mod role;
mod routing;
mod scope;
mod tags;
mod task;
mod vars;
mod vars_file;
mod wildcard;

pub use action::{Action, ActionKind};
pub use arguments::{Argument, Arguments};
pub use block::Block;
pub use builder::STRATEGIES;
pub use duplicate_keys::DuplicateKeys;
pub use free_form::pairs;
pub use include::{Apply, IncludeRole, IncludeTasks};
pub use item::Item;
pub use keyword::{KEYWORDS, Keyword, Place, is_identifier};
pub use keywords::Keywords;
pub use language::Language;
pub use listing::{Listing, syntax_check_text};
pub use loader::{Included, Loader, RoleRequest};
pub use looping::{Loop, LoopControl, LoopKind};
pub use meta::Meta;
pub use play::Play;
pub use playbook::Playbook;
pub use prompt::Prompt;
pub use register::{Projection, Register};
pub use role::Role;
pub use scope::Scope;
pub use tags::selected;
pub use task::Task;
pub use vars::{Variable, Vars};
pub use wildcard::matches as matches_wildcard;
