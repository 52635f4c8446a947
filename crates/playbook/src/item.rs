use std::sync::Arc;

use crate::{Block, Task};

/// One entry of a list of tasks.
#[derive(Clone, Debug)]
pub enum Item {
    /// A task.
    Task(Arc<Task>),
    /// A block.
    Block(Arc<Block>),
}

impl Item {
    /// The task, or the tasks of the block with its `rescue` and `always`, in the order written.
    pub fn tasks(&self) -> Vec<&Arc<Task>> {
        match self {
            Item::Task(task) => vec![task],
            Item::Block(block) => [&block.block, &block.rescue, &block.always]
                .into_iter()
                .flatten()
                .flat_map(Item::tasks)
                .collect(),
        }
    }
}
