use async_trait::async_trait;
use module::Manual;

use crate::{Action, Call, Done, Failure};

/// A module without a controller's half: the arguments go to the host, the report comes back.
pub(crate) struct PlainModule(pub(crate) Manual);

#[async_trait]
impl Action for PlainModule {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    fn supports_async(&self) -> bool {
        true
    }

    fn is_module(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let answer = call.site.call(call.name, call.arguments.clone(), Vec::new()).await?;
        Ok(answer.report.into())
    }
}
