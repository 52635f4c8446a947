use async_trait::async_trait;
use module::Manual;
use value::Value;

use crate::{Action, Call, Done, Failure};

/// The controller's half of the module package: says which package manager is meant, if a variable names one.
pub(crate) struct PackageAction(pub(crate) Manual);

#[async_trait]
impl Action for PackageAction {
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
        let mut arguments = call.arguments.clone();
        if call.text("use").is_none_or(|manager| manager == "auto") {
            let manager = call.scope.variable("ansible_package_use").map_err(|error| call.failure(error))?;
            if let Some(manager) = manager {
                let manager = call.templates.resolve(&manager, call.scope);
                let manager = manager.map_err(|error| call.failure(error))?;
                arguments.insert("use".into(), Value::string(manager.to_string()));
            }
        }
        Ok(Done::from(call.site.call("package", arguments, Vec::new()).await?.report))
    }
}
