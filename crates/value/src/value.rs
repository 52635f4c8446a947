use std::fmt;
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};
use num_bigint::BigInt;

use crate::{Object, Text, Undefined, Unknown};

/// An ordered map; keys are mostly strings, but may be any hashable value, as in YAML.
pub type Map = IndexMap<Value, Value>;

/// The one dynamic value of playbooks; cheap to clone.
#[derive(Clone, Default)]
pub enum Value {
    /// Not there; using it is an error that says what is not there.
    Undefined(Arc<Undefined>),
    /// Not knowable in a dry run.
    Unknown(Arc<Unknown>),
    /// Leaves out the argument, key or item that it is the value of.
    Omit,
    /// Nothing; Python's None.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// An integer that does not fit 64 bits.
    BigInt(Arc<BigInt>),
    /// A floating point number.
    Float(f64),
    /// A string.
    String(Text),
    /// Text in a vault format, decrypted when it is used.
    Vaulted(Text),
    /// Bytes that need not be text.
    Bytes(Arc<[u8]>),
    /// A day, as YAML's `2026-11-20`.
    Date(jiff::civil::Date),
    /// A point in time.
    DateTime(Arc<DateTime>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// A fixed list, written with parentheses; becomes a list where a template's result is kept.
    Tuple(Arc<Vec<Value>>),
    /// An ordered map; Python's dict.
    Map(Arc<Map>),
    /// A value with behaviour of its own.
    Object(Arc<dyn Object>),
}

/// A date and time of day, with the offset from UTC where one was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// The wall clock.
    pub civil: jiff::civil::DateTime,
    /// Seconds east of UTC; `None` is Python's naive time.
    pub offset: Option<i32>,
}

impl Value {
    /// A string that is data: never a template.
    pub fn string(text: impl Into<Arc<str>>) -> Value {
        Value::String(Text::new(text))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = impl Into<Value>>) -> Value {
        Value::List(Arc::new(items.into_iter().map(Into::into).collect()))
    }

    /// A map with string keys.
    pub fn map<K: Into<Arc<str>>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Value {
        Value::Map(Arc::new(
            entries.into_iter().map(|(key, value)| (Value::string(key), value.into())).collect(),
        ))
    }

    /// An integer of any size.
    pub fn integer(number: BigInt) -> Value {
        i64::try_from(&number).map_or_else(|_| Value::BigInt(Arc::new(number)), Value::Int)
    }

    /// Undefined, with a message.
    pub fn undefined(message: impl Into<String>) -> Value {
        Value::Undefined(Arc::new(Undefined::new(message)))
    }

    /// Unknown, with a cause.
    pub fn unknown(cause: impl Into<String>) -> Value {
        Value::Unknown(Arc::new(Unknown::new(cause)))
    }

    /// What it is when it is laid over a lower value: dicts are merged however deep, anything else replaces what is below.
    pub fn laid_over(&self, lower: &Value) -> Value {
        let (Value::Map(below), Value::Map(above)) = (lower, self) else { return self.clone() };
        let mut map = Map::clone(below);
        for (name, value) in above.iter() {
            let value = map.get(name).map_or_else(|| value.clone(), |known| value.laid_over(known));
            map.insert(name.clone(), value);
        }
        Value::Map(Arc::new(map))
    }

    /// The name of its type in Python, which is what users of playbooks know.
    pub fn type_name(&self) -> &str {
        match self {
            Value::Undefined(_) => "Undefined",
            Value::Unknown(_) => "Unknown",
            Value::Omit => "Omit",
            Value::Null => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::String(_) | Value::Vaulted(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::Date(_) => "date",
            Value::DateTime(_) => "datetime",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Map(_) => "dict",
            Value::Object(object) => object.type_name(),
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The string with its tag, if it is one.
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The number as a float, if it is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Bool(bool) => Some(f64::from(u8::from(*bool))),
            Value::Int(number) => Some(*number as f64),
            Value::BigInt(number) => num_traits::ToPrimitive::to_f64(&**number),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of a list or tuple.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) | Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value under a string key of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// Whether it is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is [`Value::Undefined`].
    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined(_))
    }

    /// Whether it is a list or tuple.
    pub fn is_list(&self) -> bool {
        self.as_list().is_some()
    }

    /// Whether it is an integer, true and false not counted.
    pub fn is_integer(&self) -> bool {
        matches!(self, Value::Int(_) | Value::BigInt(_))
    }

    /// The first unknown in it, however deep.
    pub fn find_unknown(&self) -> Option<&Arc<Unknown>> {
        match self {
            Value::Unknown(unknown) => Some(unknown),
            Value::List(items) | Value::Tuple(items) => items.iter().find_map(Value::find_unknown),
            Value::Map(map) => {
                map.iter().find_map(|(key, value)| key.find_unknown().or_else(|| value.find_unknown()))
            }
            _ => None,
        }
    }

    /// The same data with every string, however deep, replaced by what `change` makes of it.
    pub fn map_text(&self, change: &mut impl FnMut(&Text) -> Text) -> Value {
        match self {
            Value::String(text) => Value::String(change(text)),
            Value::List(items) => {
                Value::List(Arc::new(items.iter().map(|item| item.map_text(change)).collect()))
            }
            Value::Tuple(items) => {
                Value::Tuple(Arc::new(items.iter().map(|item| item.map_text(change)).collect()))
            }
            Value::Map(map) => Value::Map(Arc::new(
                map.iter().map(|(key, value)| (key.map_text(change), value.map_text(change))).collect(),
            )),
            other => other.clone(),
        }
    }
}

/// Lets maps be searched by `&str` without making a [`Value`] first.
impl Equivalent<Value> for str {
    fn equivalent(&self, key: &Value) -> bool {
        key.as_str() == Some(self)
    }
}

macro_rules! from {
    ($($type:ty, $name:ident => $value:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($name: $type) -> Value {
                $value
            }
        }
    )*};
}

from! {
    bool, it => Value::Bool(it);
    i32, it => Value::Int(it.into());
    u32, it => Value::Int(it.into());
    i64, it => Value::Int(it);
    u64, it => Value::integer(it.into());
    usize, it => Value::integer(it.into());
    f64, it => Value::Float(it);
    &str, it => Value::string(it);
    String, it => Value::string(it);
    &String, it => Value::string(it.as_str());
    Text, it => Value::String(it);
    Map, it => Value::Map(Arc::new(it));
    Unknown, it => Value::Unknown(Arc::new(it));
    Undefined, it => Value::Undefined(Arc::new(it));
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Value {
        Value::list(items)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// Python's `repr`, with secrets masked.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::String(text) if text.is_secret() => formatter.write_str("********"),
            Value::List(items) | Value::Tuple(items) => formatter.debug_list().entries(items.iter()).finish(),
            Value::Map(map) => formatter.debug_map().entries(map.iter()).finish(),
            other => formatter.write_str(&other.repr()),
        }
    }
}
