use value::Value;

use super::formatting::{exponent, fixed, general};
use crate::arguments::known;
use crate::outcome::{Outcome, Stop};

/// The text with everything that is not ASCII escaped.
fn ascii(text: &str) -> String {
    let escaped = |character: char| match u32::from(character) {
        _ if character.is_ascii() => character.to_string(),
        code @ ..=0xff => format!("\\x{code:02x}"),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    text.chars().map(escaped).collect()
}

/// The widest field and the most decimals that may be asked for.
const WIDTH_LIMIT: usize = 1 << 20;

/// Python's `format % values`.
pub(crate) fn printf(format: &str, values: &Value) -> Outcome<String> {
    let given: Vec<Value> = match values {
        Value::Tuple(values) => values.to_vec(),
        other => vec![other.clone()],
    };
    let mut given = given.into_iter();
    let mut next = || given.next().ok_or_else(|| Stop::new("not enough arguments for format string"));
    let mut out = String::new();
    let mut characters = format.chars().peekable();
    let mut used_name = false;
    while let Some(character) = characters.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let mut name = None;
        if characters.next_if_eq(&'(').is_some() {
            let mut depth = 1;
            let mut text = String::new();
            for character in characters.by_ref() {
                depth += match character {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                if depth == 0 {
                    break;
                }
                text.push(character);
            }
            if depth > 0 {
                return Err(Stop::new("incomplete format key"));
            }
            name = Some(text);
        }
        let mut field = Field::default();
        while let Some(flag) = characters.next_if(|character| "-+ #0".contains(*character)) {
            match flag {
                '-' => field.left = true,
                '+' => field.plus = true,
                ' ' => field.space = true,
                '#' => field.alternate = true,
                _ => field.zero = true,
            }
        }
        let mut number = |characters: &mut std::iter::Peekable<std::str::Chars<'_>>| -> Outcome<Option<i64>> {
            if characters.next_if_eq(&'*').is_some() {
                return Ok(Some(crate::arguments::integer(&next()?, "a field's width")?));
            }
            let mut digits = String::new();
            while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            Ok(digits.parse().ok())
        };
        if let Some(width) = number(&mut characters)? {
            field.left |= width < 0;
            field.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        }
        if characters.next_if_eq(&'.').is_some() {
            field.precision =
                Some(usize::try_from(number(&mut characters)?.unwrap_or(0).max(0)).unwrap_or(usize::MAX));
        }
        if field.width > WIDTH_LIMIT || field.precision.is_some_and(|precision| precision > 1000) {
            return Err(Stop::new("a field of the format string is too wide"));
        }
        while characters.next_if(|character| "hlL".contains(*character)).is_some() {}
        let Some(kind) = characters.next() else { return Err(Stop::new("incomplete format")) };
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match name {
            Some(name) => {
                used_name = true;
                let Value::Map(map) = values else { return Err(Stop::new("format requires a mapping")) };
                map.get(name.as_str())
                    .cloned()
                    .ok_or_else(|| Stop::new(format!("there is no key '{name}' to format")))?
            }
            None => next()?,
        };
        known(&value)?;
        out.push_str(&field.print(&value, kind)?);
    }
    let is_mapping = matches!(values, Value::Map(_) | Value::List(_));
    if !used_name && !is_mapping && given.next().is_some() {
        return Err(Stop::new("not all arguments converted during string formatting"));
    }
    Ok(out)
}

#[derive(Default)]
struct Field {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

impl Field {
    fn print(&self, value: &Value, kind: char) -> Outcome<String> {
        let wrong = |wanted: &str| {
            Stop::new(format!("%{kind} format: {wanted} is required, not {}", value.type_name()))
        };
        let float = || value.as_f64().ok_or_else(|| wrong("a number"));
        let precision = self.precision.unwrap_or(6);
        let (digits, prefix) = match kind {
            's' | 'r' | 'a' => {
                let text = match kind {
                    's' => value.to_string(),
                    'r' => value.repr(),
                    _ => ascii(&value.repr()),
                };
                let text = match self.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text,
                };
                return Ok(self.padded("", &text, false));
            }
            'c' => {
                let text = match value {
                    Value::String(text) if text.chars().count() == 1 => text.to_string(),
                    Value::Int(code) => u32::try_from(*code)
                        .ok()
                        .and_then(char::from_u32)
                        .map(String::from)
                        .ok_or_else(|| wrong("a character"))?,
                    _ => return Err(wrong("an int or a character")),
                };
                return Ok(self.padded("", &text, false));
            }
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                let number = match value {
                    Value::Float(number) if matches!(kind, 'd' | 'i' | 'u') => {
                        num_traits::FromPrimitive::from_f64(number.trunc())
                            .ok_or_else(|| wrong("a finite number"))?
                    }
                    other => other.to_big_int().ok_or_else(|| {
                        wrong(if matches!(kind, 'x' | 'X' | 'o') { "an integer" } else { "a real number" })
                    })?,
                };
                let is_negative = number < num_bigint::BigInt::ZERO;
                let (digits, prefix) = match kind {
                    'x' => (number.magnitude().to_str_radix(16), "0x"),
                    'X' => (number.magnitude().to_str_radix(16).to_uppercase(), "0X"),
                    'o' => (number.magnitude().to_str_radix(8), "0o"),
                    _ => (number.magnitude().to_string(), ""),
                };
                let digits = match self.precision {
                    Some(precision) => format!("{digits:0>precision$}"),
                    None => digits,
                };
                let prefix = if self.alternate { prefix } else { "" };
                return Ok(self.padded(&format!("{}{prefix}", self.sign(is_negative)), &digits, true));
            }
            'f' | 'F' => (fixed(float()?.abs(), precision), ""),
            'e' => (exponent(float()?.abs(), precision), ""),
            'E' => (exponent(float()?.abs(), precision).to_uppercase(), ""),
            'g' => (general(float()?.abs(), precision, self.alternate), ""),
            'G' => (general(float()?.abs(), precision, self.alternate).to_uppercase(), ""),
            other => return Err(Stop::new(format!("unsupported format character '{other}'"))),
        };
        let is_negative = float()?.is_sign_negative();
        Ok(self.padded(&format!("{}{prefix}", self.sign(is_negative)), &digits, true))
    }

    fn sign(&self, is_negative: bool) -> &'static str {
        match (is_negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            _ => "",
        }
    }

    fn padded(&self, sign: &str, text: &str, is_number: bool) -> String {
        let missing = self.width.saturating_sub(sign.len() + text.chars().count());
        if self.left {
            format!("{sign}{text}{}", " ".repeat(missing))
        } else if self.zero && is_number {
            format!("{sign}{}{text}", "0".repeat(missing))
        } else {
            format!("{}{sign}{text}", " ".repeat(missing))
        }
    }
}
