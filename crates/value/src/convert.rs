use std::fmt;

use crate::Value;

/// The loose spellings that playbooks are used to: `yes` for true, text for numbers and numbers for text.
pub trait Convert {
    /// A truth value, or one of the words `yes no on off true false y n t f 1 0` in any case, or the numbers 1 and 0.
    fn to_bool(&self) -> Result<bool, ConvertError>;

    /// An integer, or a number or text that is one.
    fn to_i64(&self) -> Result<i64, ConvertError>;

    /// A number, or text that is one.
    fn to_f64(&self) -> Result<f64, ConvertError>;

    /// Text; numbers and truth values as Python prints them.
    fn to_text(&self) -> Result<String, ConvertError>;
}

/// Which conversion failed for which value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertError {
    value: String,
    wanted: &'static str,
}

impl ConvertError {
    fn new(value: &Value, wanted: &'static str) -> ConvertError {
        ConvertError { value: format!("{value:?}"), wanted }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is not {}", self.value, self.wanted)
    }
}

impl std::error::Error for ConvertError {}

impl Convert for Value {
    fn to_bool(&self) -> Result<bool, ConvertError> {
        let found = match self {
            Value::Bool(bool) => Some(*bool),
            Value::Int(1) => Some(true),
            Value::Int(0) => Some(false),
            Value::Float(1.0) => Some(true),
            Value::Float(0.0) => Some(false),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "yes" | "on" | "true" | "y" | "t" | "1" | "1.0" => Some(true),
                "no" | "off" | "false" | "n" | "f" | "0" | "0.0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        found.ok_or_else(|| ConvertError::new(self, "a truth value (yes or no)"))
    }

    fn to_i64(&self) -> Result<i64, ConvertError> {
        let found = match self {
            Value::Bool(bool) => Some(i64::from(*bool)),
            Value::Int(number) => Some(*number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e18 => Some(*number as i64),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        found.ok_or_else(|| ConvertError::new(self, "an integer"))
    }

    fn to_f64(&self) -> Result<f64, ConvertError> {
        let found = match self {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        found.ok_or_else(|| ConvertError::new(self, "a number"))
    }

    fn to_text(&self) -> Result<String, ConvertError> {
        match self {
            Value::Null | Value::Undefined(_) | Value::Unknown(_) | Value::Omit | Value::Object(_) => {
                Err(ConvertError::new(self, "text"))
            }
            Value::List(_) | Value::Tuple(_) | Value::Map(_) => Err(ConvertError::new(self, "text")),
            other => Ok(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_spellings_are_understood_and_others_named() {
        for yes in [Value::from("Yes"), Value::from("on"), Value::Int(1), Value::Bool(true)] {
            assert_eq!(yes.to_bool(), Ok(true));
        }
        assert_eq!(
            Value::from("maybe").to_bool().unwrap_err().to_string(),
            "'maybe' is not a truth value (yes or no)"
        );
        assert_eq!(Value::from(" 42 ").to_i64(), Ok(42));
        assert_eq!(Value::Int(644).to_text().as_deref(), Ok("644"));
        assert!(Value::list([1]).to_text().is_err());
    }
}
