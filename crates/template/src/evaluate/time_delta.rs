use std::any::Any;

use diag::Result;
use value::{Object, Value};

/// The time between two points in time; Python's timedelta.
#[derive(Debug)]
pub(crate) struct TimeDelta {
    pub(crate) microseconds: i128,
}

const DAY: i128 = 86_400_000_000;

impl TimeDelta {
    /// The length in seconds.
    pub(crate) fn total_seconds(&self) -> f64 {
        self.microseconds as f64 / 1e6
    }
}

impl Object for TimeDelta {
    fn type_name(&self) -> &str {
        "timedelta"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        let (days, rest) = (self.microseconds.div_euclid(DAY), self.microseconds.rem_euclid(DAY));
        let part = match key.as_str() {
            Some("days") => days,
            Some("seconds") => rest / 1_000_000,
            Some("microseconds") => rest % 1_000_000,
            _ => return Ok(None),
        };
        Ok(Some(Value::integer(part.into())))
    }

    /// The text that Python prints, such as `1 day, 2:00:00`.
    fn to_value(&self) -> Result<Value> {
        let (days, rest) = (self.microseconds.div_euclid(DAY), self.microseconds.rem_euclid(DAY));
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        let mut text = match days {
            0 => String::new(),
            1 | -1 => format!("{days} day, "),
            _ => format!("{days} days, "),
        };
        text += &format!("{}:{:02}:{:02}", seconds / 3600, seconds % 3600 / 60, seconds % 60);
        if micros != 0 {
            text += &format!(".{micros:06}");
        }
        Ok(Value::string(text))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
