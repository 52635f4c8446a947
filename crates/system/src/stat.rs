use crate::{Inode, Metadata};

/// All that can be told of what is at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Stat {
    /// Kind, permissions and owner.
    pub inode: Inode,
    /// Size, times and numbers; `None` where a dry run only predicts the inode.
    pub metadata: Option<Metadata>,
}
