//! The filters of ansible.utils over hardware addresses.

use value::Value;

use crate::arguments::{Arguments, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

pub(super) fn hwaddr(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, query] = arguments.bind(["value", "query"])?;
    let query = text_or(query, "")?;
    let Some(digits) = digits(&text(&required(value, "value")?)?) else {
        return if query.is_empty() || query == "bool" {
            Ok(if query == "bool" { Value::Bool(false) } else { Value::Null })
        } else {
            Err(Stop::new("this is no hardware address"))
        };
    };
    let parts = |size: usize, separator: &str| {
        let characters: Vec<char> = digits.chars().collect();
        characters.chunks(size).map(|part| part.iter().collect()).collect::<Vec<String>>().join(separator)
    };
    Ok(match query.as_str() {
        "" | "linux" | "unix" => Value::string(parts(2, ":")),
        "bare" => Value::string(digits.to_uppercase()),
        "bool" => Value::Bool(true),
        "cisco" => Value::string(parts(4, ".")),
        "eui48" | "win" => Value::string(parts(2, "-").to_uppercase()),
        "int" => i64::from_str_radix(&digits, 16).map_or(Value::Null, Value::Int),
        "pgsql" | "postgresql" | "psql" => Value::string(parts(6, ":")),
        other => return Err(Stop::new(format!("hwaddr: unknown filter type: {other}"))),
    })
}

/// The twelve digits of a hardware address, however it is written.
fn digits(written: &str) -> Option<String> {
    let digits: String = written.chars().filter(|character| !matches!(character, ':' | '-' | '.')).collect();
    let is_address = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_address.then(|| digits.to_lowercase())
}
