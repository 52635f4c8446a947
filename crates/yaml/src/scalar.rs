use std::sync::Arc;

use base64::Engine;
use diag::{Error, Result, Span};
use num_bigint::BigInt;
use value::{Text, Value};

use crate::tag::Tag;
use crate::timestamp::Fields;

/// More digits than any number in a playbook has; reading them takes quadratic time.
const MAX_DIGITS: usize = 4300;

/// The value of a scalar with this tag. `trusted` text may be a template.
pub(crate) fn construct(tag: Tag, text: String, span: &Span, trusted: bool) -> Result<Value> {
    match tag {
        Tag::Str => {
            let text = Text::trusted(text, Some(span.clone()));
            Ok(Value::String(if trusted { text } else { text.untrusted() }))
        }
        Tag::Vault => Ok(Value::Vaulted(Text::trusted(text, Some(span.clone())))),
        Tag::Null => Ok(Value::Null),
        Tag::Bool => bool(&text).ok_or_else(|| not_a("truth value (yes or no)", &text, span)),
        Tag::Int => integer(&text).ok_or_else(|| not_a("integer", &text, span)),
        Tag::Float => float(&text).ok_or_else(|| not_a("number", &text, span)),
        Tag::Timestamp => Fields::parse(&text)
            .and_then(|fields| fields.to_value())
            .ok_or_else(|| not_a("date", &text, span).hint("put the value in quotes to have it as a string")),
        Tag::Binary => {
            binary(&text).ok_or_else(|| Error::new("the text of a !!binary is not base64").at(span))
        }
        Tag::Merge => {
            Err(Error::new("'<<' can't be a value").at(span).hint("put it in quotes to have it as a string"))
        }
        Tag::DefaultValue => Err(Error::new("a lone '=' can't be a value")
            .at(span)
            .hint("put it in quotes to have it as a string")),
        Tag::Seq | Tag::OrderedMap | Tag::Pairs => Err(Error::new("this tag needs a list").at(span)),
        Tag::Map | Tag::Set => Err(Error::new("this tag needs a mapping").at(span)),
        // The composer resolves what stands under it first.
        Tag::Unsafe => Err(Error::new("a tag can't stand on another").at(span)),
    }
}

fn not_a(wanted: &str, text: &str, span: &Span) -> Error {
    let start: String = text.chars().take(40).collect();
    let article = if wanted.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    Error::new(format!("'{start}' is not {article} {wanted}")).at(span)
}

fn bool(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Some(Value::Bool(true)),
        "no" | "false" | "off" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn integer(text: &str) -> Option<Value> {
    let text = text.replace('_', "");
    let (negative, text) = sign(&text);
    if text.len() > MAX_DIGITS {
        return None;
    }
    let number = if let Some(digits) = text.strip_prefix("0b") {
        whole(digits, 2)?
    } else if let Some(digits) = text.strip_prefix("0x") {
        whole(digits, 16)?
    } else if text.starts_with('0') {
        whole(text, 8)?
    } else {
        text.split(':').try_fold(BigInt::ZERO, |number, part| Some(number * 60 + whole(part, 10)?))?
    };
    Some(Value::integer(if negative { -number } else { number }))
}

fn whole(digits: &str, radix: u32) -> Option<BigInt> {
    // The library would take a sign here.
    digits.chars().all(|digit| digit.is_digit(radix)).then_some(())?;
    BigInt::parse_bytes(digits.as_bytes(), radix)
}

fn float(text: &str) -> Option<Value> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let (negative, text) = sign(&text);
    let number = match text {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        text => text.split(':').try_fold(0.0, |number, part| Some(number * 60.0 + decimal(part)?))?,
    };
    Some(Value::Float(if negative { -number } else { number }))
}

fn decimal(text: &str) -> Option<f64> {
    text.starts_with(|first: char| first.is_ascii_digit() || first == '.').then_some(())?;
    text.parse().ok()
}

fn binary(text: &str) -> Option<Value> {
    // Python's decoder skips whatever is not of the alphabet.
    let kept: String = text
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '='))
        .collect();
    text.is_ascii().then_some(())?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(kept).ok()?;
    Some(Value::Bytes(Arc::from(bytes)))
}
