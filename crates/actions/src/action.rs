use async_trait::async_trait;
use module::Manual;
use value::Map;

use crate::{Call, Done, Failure};

/// What the controller does for a task.
#[async_trait]
pub trait Action: Send + Sync {
    /// The name, documentation and argument schema.
    fn manual(&self) -> Manual;

    /// Whether the task concerns all hosts of the batch at once and so runs for the first one only (`add_host`, `pause`).
    fn once_for_all_hosts(&self) -> bool {
        false
    }

    /// Whether arguments that a dry run can't know are the action's own business, as for `debug`, which shows them.
    fn takes_unknowns(&self) -> bool {
        false
    }

    /// The arguments, by their proper names, that get to the action as they are written, because it evaluates them
    /// itself, as `assert` does with its conditions.
    fn raw_arguments(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it may go on by itself on the host (`async`): it must be one module call that needs nothing more of the
    /// controller.
    fn supports_async(&self) -> bool {
        false
    }

    /// Whether all that it does is to set variables of the host.
    fn only_sets_variables(&self) -> bool {
        false
    }

    /// Whether it is nothing but a module, which checks its arguments itself.
    fn is_module(&self) -> bool {
        false
    }

    /// The modules that do the work in its stead, whose `module_defaults` count as well, as far as it takes them.
    fn stands_for(&self) -> &'static [&'static str] {
        &[]
    }

    /// What is wrong with the arguments, in this action's own words, where it has such.
    fn complaint(&self, _arguments: &Map) -> Option<String> {
        None
    }

    /// Does it, for one host and, in a loop, one item.
    ///
    /// # Errors
    /// The task fails, or the host can't be reached.
    async fn run(&self, call: Call<'_>) -> Result<Done, Failure>;
}
