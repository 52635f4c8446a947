use engine::Ran;
use value::{JsonStyle, Map, Value};

/// A result as it is shown behind a line. `pretty` writes it over several lines.
pub(crate) fn shown(ran: &Ran, pretty: bool) -> String {
    let style = if pretty { JsonStyle::PRETTY } else { JsonStyle::LINE };
    Value::from(public(ran)).to_json(style)
}

/// The keys of a result that people want to see.
fn public(ran: &Ran) -> Map {
    let mut map = ran.result.clone();
    map.retain(|key, _| {
        !key.as_str().is_some_and(|key| key.starts_with("_ansible") || HIDDEN.contains(&key))
    });
    if ran.action == "debug" {
        for key in ["changed", "ansible_loop_var", "ansible_index_var", "skip_reason"] {
            map.shift_remove(key);
        }
        if map.contains_key("msg") {
            map.retain(|key, _| key.as_str() == Some("msg"));
        }
    }
    map
}

/// Keys that the line itself tells, or that are shown in another way.
const HIDDEN: [&str; 6] = ["failed", "skipped", "diff", "invocation", "exception", "warnings"];
