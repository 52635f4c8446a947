use value::{Map, Value};

use crate::{Call, Failure};

/// Which Python of the host is meant, if a variable names one.
pub(crate) fn name_python(call: &Call<'_>, arguments: &mut Map) -> Result<(), Failure> {
    if let Some(python) = call.interpreter("ansible_python_interpreter")? {
        arguments.insert("_python".into(), Value::list(python));
    }
    Ok(())
}
