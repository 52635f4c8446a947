use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_bytes::Bytes;

use crate::{JsonStyle, Value};

/// MessagePack extension type of an [`crate::Unknown`].
pub(crate) const UNKNOWN_EXTENSION: i8 = 1;
/// MessagePack extension type of a big integer, as decimal digits.
pub(crate) const BIG_INT_EXTENSION: i8 = 2;

/// Plain data as itself. In binary formats (MessagePack, the runner's protocol) unknowns and big integers are extension
/// types and survive; in text formats (JSON) they become text. Tags stay behind.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null | Value::Undefined(_) | Value::Omit => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::String(text) | Value::Vaulted(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Value::Date(_) | Value::DateTime(_) => serializer.serialize_str(&self.to_string()),
            Value::BigInt(number) if serializer.is_human_readable() => {
                serializer.serialize_str(&number.to_string())
            }
            Value::BigInt(number) => extension(serializer, BIG_INT_EXTENSION, number.to_string().as_bytes()),
            Value::Unknown(_) if serializer.is_human_readable() => {
                serializer.serialize_str(&self.to_string())
            }
            Value::Unknown(unknown) => {
                let bytes = rmp_serde::to_vec_named(&**unknown).map_err(S::Error::custom)?;
                extension(serializer, UNKNOWN_EXTENSION, &bytes)
            }
            Value::List(items) | Value::Tuple(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Value::Map(map) => {
                let mut entries = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in map.iter() {
                    entries.serialize_entry(&key_text(key), value)?;
                }
                entries.end()
            }
            Value::Object(object) => match object.to_value().map_err(S::Error::custom)? {
                Value::Object(_) => serializer.serialize_str(object.type_name()),
                value => value.serialize(serializer),
            },
        }
    }
}

fn extension<S: Serializer>(serializer: S, kind: i8, bytes: &[u8]) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(rmp_serde::MSGPACK_EXT_STRUCT_NAME, &(kind, Bytes::new(bytes)))
}

/// Map keys travel as text, as in JSON.
fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.to_string(),
        other => other.to_json(JsonStyle::LINE),
    }
}
