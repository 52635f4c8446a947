use value::{Map, Value};

use crate::{Call, Failure};

/// Which package manager is meant, if the task leaves that open and a variable names one.
pub(crate) fn name_manager(call: &Call<'_>, arguments: &mut Map) -> Result<(), Failure> {
    if call.text("use").is_some_and(|manager| manager != "auto") {
        return Ok(());
    }
    let manager = call.scope.variable("ansible_package_use").map_err(|error| call.failure(error))?;
    if let Some(manager) = manager {
        let manager = call.templates.resolve(&manager, call.scope).map_err(|error| call.failure(error))?;
        arguments.insert("use".into(), Value::string(manager.to_string()));
    }
    Ok(())
}
