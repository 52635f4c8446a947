//! What actions say of arguments in words of their own.

use value::{Map, Value};

/// The names that an action does not know, if there are any.
pub(crate) fn invalid_options(action: &str, known: &[&str], arguments: &Map) -> Option<String> {
    let mut invalid: Vec<&str> =
        arguments.keys().filter_map(Value::as_str).filter(|name| !known.contains(name)).collect();
    invalid.sort_unstable();
    (!invalid.is_empty()).then(|| format!("Invalid options for {action}: {}", invalid.join(",")))
}
