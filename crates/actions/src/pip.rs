use async_trait::async_trait;
use module::Manual;
use value::Value;

use crate::{Action, Call, Done, Failure};

/// The controller's half of the module pip: says which Python of the host is meant, if a variable names one.
pub(crate) struct PipAction(pub(crate) Manual);

#[async_trait]
impl Action for PipAction {
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
        if let Some(python) = call.interpreter("ansible_python_interpreter")? {
            arguments.insert("_python".into(), Value::list(python));
        }
        Ok(Done::from(call.site.call("pip", arguments, Vec::new()).await?.report))
    }
}
