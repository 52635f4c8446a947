use std::sync::Arc;

use indexmap::IndexSet;

use crate::host::HostName;
use crate::variables::Variables;

/// A group's name; cheap to clone.
pub type GroupName = Arc<str>;

/// The group of all hosts.
pub(crate) const ALL: &str = "all";
/// The group of the hosts that are in no other group.
pub(crate) const UNGROUPED: &str = "ungrouped";

/// A group of the inventory.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) parents: IndexSet<GroupName>,
    pub(crate) children: IndexSet<GroupName>,
    /// The hosts it names itself.
    pub(crate) hosts: IndexSet<HostName>,
    pub(crate) variables: Variables,
    /// `ansible_group_priority`: of groups of the same depth the one with the higher priority wins.
    pub(crate) priority: i64,
}

impl Default for Group {
    fn default() -> Group {
        Group {
            parents: IndexSet::new(),
            children: IndexSet::new(),
            hosts: IndexSet::new(),
            variables: Variables::default(),
            priority: 1,
        }
    }
}

/// The name with every character that a variable's name can't have replaced by `_`.
pub(crate) fn safe_name(name: &str) -> String {
    name.char_indices().map(|at| if is_unsafe(at) { '_' } else { at.1 }).collect()
}

/// Whether a variable's name can't have this character in this place.
pub(crate) fn is_unsafe((at, character): (usize, char)) -> bool {
    !(character == '_' || character.is_alphanumeric() && (at > 0 || !character.is_numeric()))
}
