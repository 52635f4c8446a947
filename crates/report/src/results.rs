//! Results as they are shown behind a line.

use engine::Ran;
use value::{JsonStyle, Map, Value};
use yaml::{EmitStyle, ScalarStyle, emit};

use crate::options::ResultFormat;

/// Keys that the line itself tells, or that are shown in another way.
const HIDDEN: [&str; 7] =
    ["failed", "skipped", "unreachable", "diff", "exception", "warnings", "deprecations"];

/// Keys that `debug` does not show: it is there for one value.
const HIDDEN_OF_DEBUG: [&str; 6] =
    ["changed", "ansible_loop_var", "ansible_index_var", "skip_reason", "failed_when_result", "results"];

/// Lists that say the same as the text of the name without `_lines`.
const REPEATING: [&str; 2] = ["stdout_lines", "stderr_lines"];

impl ResultFormat {
    /// What stands behind a line: ` => ` and the result. `spread` asks for several lines.
    pub(crate) fn behind(&self, ran: &Ran, spread: bool) -> String {
        if self.yaml {
            format!(" => \n{}", self.yaml(ran))
        } else {
            format!(" => {}", self.json(ran, spread))
        }
    }

    /// The result as JSON.
    pub(crate) fn json(&self, ran: &Ran, spread: bool) -> String {
        let style = match spread || self.pretty == Some(true) {
            true => JsonStyle { indent: Some(self.indent), ..JsonStyle::PRETTY },
            false => JsonStyle::LINE,
        };
        Value::from(self.public(ran)).to_json(style)
    }

    fn yaml(&self, ran: &Ran) -> String {
        let pretty = self.pretty.unwrap_or(true);
        let mut map = self.public(ran);
        let mut style = EmitStyle {
            width: self.yaml_width.and_then(|width| i32::try_from(width).ok()).unwrap_or(-1),
            flow: Some(false),
            ..EmitStyle::default()
        };
        if pretty {
            for name in REPEATING {
                let text = name.trim_end_matches("_lines");
                if map.contains_key(name) && map.contains_key(text) {
                    map.insert(name.into(), "<omitted>".into());
                }
            }
            style.indent = i32::try_from(self.indent).unwrap_or(4);
            style.scalars = ScalarStyle::LiteralLines;
        }
        let value = Value::from(map);
        let value = if pretty { value.map_text(&mut |text| value::Text::new(tidy(text))) } else { value };
        let text = match emit(&value, &style) {
            Ok(text) => text,
            // What YAML has no word for is still worth seeing.
            Err(_) => value.to_json(JsonStyle { indent: Some(self.indent), ..JsonStyle::PRETTY }),
        };
        let indent = " ".repeat(self.indent);
        let lines: Vec<String> = text
            .trim_end()
            .lines()
            .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
            .collect();
        lines.join("\n")
    }

    /// The keys of a result that people want to see.
    fn public(&self, ran: &Ran) -> Map {
        let mut map = ran.result.clone();
        map.retain(|key, _| {
            !key.as_str().is_some_and(|key| {
                key.starts_with("_ansible")
                    || HIDDEN.contains(&key)
                    || (key == "invocation" && !self.invocation)
            })
        });
        if ran.result.contains_key("unreachable") && matches!(ran.status, engine::Status::Unreachable { .. })
        {
            map.insert("unreachable".into(), true.into());
        }
        // Of a loop the items were shown.
        if ran.looped || map.get("results").and_then(Value::as_list).is_some_and(<[Value]>::is_empty) {
            map.shift_remove("results");
        }
        if ran.action == "debug" {
            for key in HIDDEN_OF_DEBUG {
                map.shift_remove(key);
            }
            if map.contains_key("msg") {
                map.retain(|key, _| key.as_str() == Some("msg"));
            }
        }
        map
    }
}

/// A text of several lines as a block can hold it: no tabs, and no white space at the ends of lines.
fn tidy(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let lines: Vec<String> = text
        .lines()
        .map(|line| expand_tabs(line).replace(['\x0b', '\r'], "").trim_end().to_owned())
        .collect();
    lines.join("\n").trim_end().to_owned()
}

/// Tabs as spaces up to the next eighth column.
fn expand_tabs(line: &str) -> String {
    let mut out = String::new();
    for character in line.chars() {
        match character {
            '\t' => out.push_str(&" ".repeat(8 - out.chars().count() % 8)),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_several_lines_are_tidied() {
        assert_eq!(tidy("a  \n\tb\nc\n"), "a\n        b\nc");
        assert_eq!(tidy("a  "), "a  ");
    }
}
