use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use num_bigint::BigInt;

use crate::Value;

/// Python's `==`: numbers compare by value whatever their types (`1 == 1.0 == True`), maps without regard to order.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) | (Value::Omit, Value::Omit) => true,
            (Value::String(left) | Value::Vaulted(left), Value::String(right) | Value::Vaulted(right)) => {
                left.as_str() == right.as_str()
            }
            (Value::Bytes(left), Value::Bytes(right)) => left == right,
            (Value::Date(left), Value::Date(right)) => left == right,
            (Value::DateTime(left), Value::DateTime(right)) => left == right,
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                left == right
            }
            (Value::Map(left), Value::Map(right)) => left == right,
            (Value::Unknown(left), Value::Unknown(right)) => left == right,
            (Value::Object(left), Value::Object(right)) => {
                std::ptr::addr_eq(left.as_ref(), right.as_ref()) || left.equals(right.as_ref())
            }
            _ => numeric_order(self, other) == Some(Ordering::Equal),
        }
    }
}

impl Eq for Value {}

/// Equal values hash alike; a string hashes as `str` does, so that maps can be searched by `&str`.
impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Bool(bool) => i64::from(*bool).hash(state),
            Value::Int(number) => number.hash(state),
            Value::BigInt(number) => number.hash(state),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e18 => {
                (*number as i64).hash(state)
            }
            Value::Float(number) => number.to_bits().hash(state),
            Value::String(text) | Value::Vaulted(text) => text.as_str().hash(state),
            Value::Bytes(bytes) => bytes.hash(state),
            Value::Date(date) => date.hash(state),
            Value::DateTime(time) => time.hash(state),
            Value::List(items) | Value::Tuple(items) => items.hash(state),
            Value::Map(map) => map.len().hash(state),
            Value::Unknown(unknown) => unknown.hash(state),
            Value::Null | Value::Omit | Value::Undefined(_) | Value::Object(_) => 0u8.hash(state),
        }
    }
}

impl Value {
    /// Python's `<`, `==` and `>`; `None` where Python says that the types can't be compared.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::String(left), Value::String(right)) => Some(left.as_str().cmp(right)),
            (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
            (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
            (Value::DateTime(left), Value::DateTime(right)) => match (left.offset, right.offset) {
                (None, None) => Some(left.civil.cmp(&right.civil)),
                (Some(_), Some(_)) => Some(left.utc().cmp(&right.utc())),
                _ => None,
            },
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                for (left, right) in left.iter().zip(right.iter()) {
                    if left != right {
                        return left.compare(right);
                    }
                }
                Some(left.len().cmp(&right.len()))
            }
            _ => numeric_order(self, other),
        }
    }
}

fn numeric_order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Float(_), _) | (_, Value::Float(_)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::BigInt(_), _) | (_, Value::BigInt(_)) => Some(left.to_big_int()?.cmp(&right.to_big_int()?)),
        _ => Some(small_int(left)?.cmp(&small_int(right)?)),
    }
}

fn small_int(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(bool) => Some(i64::from(*bool)),
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

impl Value {
    /// The integer (or truth value) as one of any size.
    pub fn to_big_int(&self) -> Option<BigInt> {
        match self {
            Value::BigInt(number) => Some((**number).clone()),
            other => small_int(other).map(BigInt::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Map;

    #[test]
    fn numbers_are_equal_and_hash_alike_across_types() {
        let mut map = Map::new();
        map.insert(Value::Int(1), Value::from("one"));
        assert_eq!(map.get(&Value::Float(1.0)), Some(&Value::from("one")));
        assert_eq!(map.get(&Value::Bool(true)), Some(&Value::from("one")));
        assert_ne!(Value::Int(1), Value::from("1"));
        assert_eq!(
            Value::integer("18446744073709551616".parse().unwrap()),
            Value::Float(18446744073709551616.0)
        );
    }

    #[test]
    fn maps_are_searched_by_str() {
        let value = Value::map([("a", 1)]);
        assert_eq!(value.get("a"), Some(&Value::Int(1)));
        assert_eq!(value.get("b"), None);
    }

    #[test]
    fn only_like_types_have_an_order() {
        assert_eq!(Value::Int(1).compare(&Value::Float(1.5)), Some(Ordering::Less));
        assert_eq!(Value::from("a").compare(&Value::Int(1)), None);
        assert_eq!(Value::list([1, 2]).compare(&Value::list([1])), Some(Ordering::Greater));
        assert_eq!(Value::Null.compare(&Value::Null), None);
    }
}
