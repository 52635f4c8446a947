use std::sync::Arc;

use value::Unknown;

/// What a condition comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// A dry run can't know.
    Unknown(Arc<Unknown>),
}
