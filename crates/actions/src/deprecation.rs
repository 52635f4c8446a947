//! Ways to write a playbook that go away some day.

use diag::Error;
use value::Value;

/// What is said of a condition in braces, which needs none; `value` is the condition as written.
pub fn braced_condition(value: &Value) -> Option<Error> {
    let text = value.as_text().filter(|text| text.is_template())?;
    let trimmed = text.trim();
    let pairs = [("{{", "}}"), ("{%", "%}")];
    let braced = pairs.iter().any(|(open, close)| trimmed.starts_with(open) && trimmed.ends_with(close));
    // Playbooks look for these words.
    let message = "Conditionals should not be surrounded by templating delimiters such as {{ }} or {% %}.";
    braced.then(|| Error::deprecation(message).at_some(text.origin()))
}
