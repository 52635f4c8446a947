use std::sync::Arc;

use diag::Span;
use value::Text;

use crate::{Item, Keywords, Role, Vars};

/// Tasks that share keywords, and what to do when one of them fails. An imported file and a role are blocks too.
#[derive(Clone, Debug)]
pub struct Block {
    /// The name; may be a template.
    pub name: Option<Text>,
    /// What runs.
    pub block: Vec<Item>,
    /// What runs when a task of `block` fails; then the failure is mended.
    pub rescue: Vec<Item>,
    /// What runs in the end, failure or not.
    pub always: Vec<Item>,
    /// The keywords, those around the block included. The tasks in it have inherited them already.
    pub keywords: Keywords,
    /// Its own variables, lazily rendered. The tasks in it have them in their [`crate::Scope`].
    pub vars: Arc<Vars>,
    /// The role whose tasks these are, if the block stands for a whole role.
    pub role: Option<Arc<Role>>,
    /// Where it is written.
    pub span: Span,
}
