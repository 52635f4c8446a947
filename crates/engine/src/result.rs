//! The keys that every registered result has, and what is derived from others.

use std::sync::Arc;

use value::{Map, Value};

/// Adds `stdout_lines` and `stderr_lines` where only the text is there.
pub(crate) fn add_lines(result: &mut Map) {
    for (text, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        if result.contains_key(lines) {
            continue;
        }
        let value = match result.get(text) {
            Some(Value::String(text)) => Value::list(split_lines(text)),
            Some(Value::Unknown(unknown)) => Value::Unknown(Arc::clone(unknown)),
            _ => continue,
        };
        result.insert(lines.into(), value);
    }
}

/// Python's `splitlines` for the line breaks that programs write.
fn split_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    lines
}

/// Text and everything else that came from a host or an action is data: never a template.
pub(crate) fn as_data(value: &Value) -> Value {
    value.map_text(&mut |text| text.clone().untrusted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_python() {
        assert_eq!(split_lines("a\nb\r\n\nc"), ["a", "b", "", "c"]);
        assert_eq!(split_lines("a\n"), ["a"]);
        assert!(split_lines("").is_empty());
    }
}
