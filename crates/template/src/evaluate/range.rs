use std::any::Any;
use std::sync::Arc;

use diag::{Error, Result};
use value::{Object, Value};

use super::macro_object::downcast;

/// So many numbers a range may give.
pub(crate) const RANGE_LIMIT: i128 = 10_000_000;

/// What `range()` gives: numbers that are made when they are asked for. It is no list, and can't be kept as one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    /// Never zero.
    pub(crate) step: i64,
}

impl Range {
    /// How many numbers it gives.
    pub(crate) fn count(&self) -> i128 {
        let distance = i128::from(self.stop) - i128::from(self.start);
        let step = i128::from(self.step);
        if (distance > 0) != (step > 0) || distance == 0 { 0 } else { (distance.abs() - 1) / step.abs() + 1 }
    }

    /// The numbers, as a list.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn numbers(&self) -> Result<Vec<Value>> {
        let count = self.count();
        if count > RANGE_LIMIT {
            return Err(Error::new(format!("a range may have at most {RANGE_LIMIT} items, not {count}"))
                .hint("a template that needs more takes too long"));
        }
        Ok((0..count).map(|index| self.number(index)).collect())
    }

    fn number(&self, index: i128) -> Value {
        Value::integer((i128::from(self.start) + index * i128::from(self.step)).into())
    }
}

/// A list for a range, which filters, tests and lookups go over; anything else as it is.
pub(crate) fn listed(value: Value) -> Result<Value> {
    match downcast::<Range>(&value) {
        Some(range) => Ok(Value::List(Arc::new(range.numbers()?))),
        None => Ok(value),
    }
}

impl Object for Range {
    fn type_name(&self) -> &str {
        "range"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        let count = self.count();
        let index = key.as_i64().map(i128::from).map(|index| if index < 0 { index + count } else { index });
        Ok(match (key.as_str(), index) {
            (Some("start"), _) => Some(Value::Int(self.start)),
            (Some("stop"), _) => Some(Value::Int(self.stop)),
            (Some("step"), _) => Some(Value::Int(self.step)),
            (None, Some(index)) if (0..count).contains(&index) => Some(self.number(index)),
            _ => None,
        })
    }

    fn iterate(&self) -> Result<Option<Vec<Value>>> {
        self.numbers().map(Some)
    }

    fn contains(&self, key: &Value) -> Result<bool> {
        let Some(number) = key.as_i64() else { return Ok(false) };
        let distance = i128::from(number) - i128::from(self.start);
        let step = i128::from(self.step);
        Ok(distance % step == 0 && (0..self.count()).contains(&(distance / step)))
    }

    fn to_value(&self) -> Result<Value> {
        Err(Error::new("Type 'range' is unsupported for variable storage.")
            .hint("make it a list: range(...) | list"))
    }

    fn printed(&self) -> Option<String> {
        Some(match self.step {
            1 => format!("range({}, {})", self.start, self.stop),
            step => format!("range({}, {}, {step})", self.start, self.stop),
        })
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Range>().is_some_and(|other| {
            let (count, step) = (self.count(), self.step);
            count == other.count()
                && (count == 0 || (self.start == other.start && (count == 1 || step == other.step)))
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_python() {
        let range = |start, stop, step| Range { start, stop, step };
        assert_eq!(range(0, 3, 1).count(), 3);
        assert_eq!(range(5, 0, -2).numbers().unwrap(), [Value::Int(5), Value::Int(3), Value::Int(1)]);
        assert_eq!(range(0, -3, 1).count(), 0);
        assert_eq!(range(i64::MIN, i64::MAX, 1).count(), i128::from(u64::MAX));
        assert!(range(0, 1_000_000_000_000, 1).numbers().is_err());
        assert!(
            range(0, 9, 3).contains(&Value::Int(6)).unwrap()
                && !range(0, 9, 3).contains(&Value::Int(9)).unwrap()
        );
        assert!(range(0, 3, 2).equals(&range(0, 4, 2)) && !range(0, 3, 1).equals(&range(0, 4, 1)));
    }
}
