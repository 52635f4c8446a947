use value::Value;

use crate::facts::Facts;
use crate::reader::Reader;

/// The variables that tasks on this host see.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    Facts::new().with("env", Value::map(reader.host.variables()))
}
