use serde::{Deserialize, Serialize};
use value::Value;

/// One thing on a host that was changed, or in a dry run would be: what, before and after.
///
/// From the changes of a task everything follows that users see of it: that it is `changed`, its diff, and in a dry run
/// what later tasks find on the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The kind of thing: `inode`, `package`, `unit`, `user`, `group`, `command`, ...
    pub kind: String,
    /// Which one: a path, a package's name, ...
    pub name: String,
    /// Its state before: a map of what is worth knowing about this kind of thing, or null if it was not there.
    pub before: Value,
    /// Its state after.
    pub after: Value,
}
