//! Characters that look the same written the same.

use unicode_normalization::UnicodeNormalization;
use value::Value;

use crate::arguments::{Arguments, required, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

pub(super) fn unicode_normalize(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, form] = arguments.bind(["data", "form"])?;
    let value = required(value, "data")?;
    let Some(text) = value.as_str() else {
        return Err(Stop::new(format!("<class '{}'> is not a valid input type", value.type_name())));
    };
    Ok(Value::string(match text_or(form, "NFC")?.as_str() {
        "NFC" => text.nfc().collect::<String>(),
        "NFD" => text.nfd().collect(),
        "NFKC" => text.nfkc().collect(),
        "NFKD" => text.nfkd().collect(),
        other => return Err(Stop::new(format!("'{other}' is not a valid form"))),
    }))
}
