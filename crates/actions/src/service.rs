use async_trait::async_trait;
use module::Manual;

use crate::{Action, Call, Done, Failure};

/// The controller's half of the module service: it also takes the defaults of the modules that it stands for.
pub(crate) struct ServiceAction(pub(crate) Manual);

#[async_trait]
impl Action for ServiceAction {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    fn stands_for(&self) -> &'static [&'static str] {
        &["sysvinit", "systemd", "systemd_service"]
    }

    fn supports_async(&self) -> bool {
        true
    }

    fn is_module(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        Ok(Done::from(call.site.call("service", call.arguments.clone(), Vec::new()).await?.report))
    }
}
