//! Spanned trees to typed plays, blocks, tasks and roles.
//!
//! [`Loader::load`] reads a playbook with everything it imports and reports all errors at once; nothing connects, and
//! no host's variable is rendered. What is included at run time comes from [`Loader::load_included_tasks`] and
//! [`Loader::load_included_role`]. A [`Task`] knows everything it inherits, so that nobody has to walk up again.

mod action;
mod arguments;
mod block;
mod include;
mod item;
mod keywords;
mod looping;
mod meta;
mod play;
mod playbook;
mod role;
mod scope;
mod task;
mod vars;

pub use action::{Action, ActionKind};
pub use arguments::{Argument, Arguments};
pub use block::Block;
pub use include::{Apply, IncludeRole, IncludeTasks};
pub use item::Item;
pub use keywords::Keywords;
pub use looping::{Loop, LoopControl, LoopKind};
pub use meta::Meta;
pub use play::Play;
pub use playbook::Playbook;
pub use role::Role;
pub use scope::Scope;
pub use task::Task;
pub use vars::{Variable, Vars};
