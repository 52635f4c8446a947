use async_trait::async_trait;
use module::Manual;
use value::Map;

use crate::{Action, Call, Done, Failure};

/// What the controller adds to the arguments of a module.
type Complete = fn(&Call<'_>, &mut Map) -> Result<(), Failure>;

/// A module that does its work on the host alone: the arguments go there, the report comes back.
pub(crate) struct PlainModule {
    manual: Manual,
    complete: Complete,
}

impl PlainModule {
    /// One whose arguments go to the host as they are.
    pub(crate) fn new(manual: Manual) -> PlainModule {
        PlainModule::completed(manual, |_, _| Ok(()))
    }

    /// One for which variables say something that only the controller knows.
    pub(crate) fn completed(manual: Manual, complete: Complete) -> PlainModule {
        PlainModule { manual, complete }
    }
}

#[async_trait]
impl Action for PlainModule {
    fn manual(&self) -> Manual {
        self.manual.clone()
    }

    fn supports_async(&self) -> bool {
        true
    }

    fn is_module(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let mut arguments = call.arguments.clone();
        (self.complete)(&call, &mut arguments)?;
        let answer = call.site.call(call.name, arguments, Vec::new()).await?;
        Ok(answer.report.into())
    }
}
