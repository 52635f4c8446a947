use std::fmt;
use std::sync::Arc;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use crate::serialize::{BIG_INT_EXTENSION, UNKNOWN_EXTENSION};
use crate::{Map, Unknown, Value};

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        // A length from the wire is a hint, not a promise.
        let mut items = Vec::with_capacity(sequence.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::List(Arc::new(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::with_capacity(entries.size_hint().unwrap_or(0).min(1024));
        while let Some((key, value)) = entries.next_entry::<Value, Value>()? {
            map.insert(key, value);
        }
        Ok(Value::from(map))
    }

    /// Extension types of MessagePack arrive as a newtype around `(type, bytes)`.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let (kind, bytes) = <(i8, serde_bytes::ByteBuf)>::deserialize(deserializer)?;
        match kind {
            UNKNOWN_EXTENSION => {
                let unknown: Unknown = rmp_serde::from_slice(&bytes).map_err(D::Error::custom)?;
                Ok(Value::from(unknown))
            }
            BIG_INT_EXTENSION => std::str::from_utf8(&bytes)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .map(Value::integer)
                .ok_or_else(|| D::Error::custom("a big integer must be decimal digits")),
            _ => Err(D::Error::custom(format!("unknown extension type {kind}"))),
        }
    }
}

/// Why a value does not have the shape that was asked for; the message is serde's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeserializeError(String);

impl Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DeserializeError(message.to_string())
    }
}

impl fmt::Display for DeserializeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for DeserializeError {}

impl<'de> IntoDeserializer<'de, DeserializeError> for Value {
    type Deserializer = Value;

    fn into_deserializer(self) -> Value {
        self
    }
}

/// Typed data, such as a module's arguments, out of a value.
impl<'de> Deserializer<'de> for Value {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match self {
            Value::Null | Value::Undefined(_) | Value::Omit => visitor.visit_unit(),
            Value::Bool(bool) => visitor.visit_bool(bool),
            Value::Int(number) => visitor.visit_i64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::String(text) | Value::Vaulted(text) => visitor.visit_str(&text),
            Value::Bytes(bytes) => visitor.visit_bytes(&bytes),
            Value::BigInt(number) => visitor.visit_string(number.to_string()),
            Value::Date(_) | Value::DateTime(_) => visitor.visit_string(self.to_string()),
            // As on the wire: only a field that takes any value can take it.
            Value::Unknown(unknown) => {
                let bytes = rmp_serde::to_vec_named(&*unknown).map_err(DeserializeError::custom)?;
                visitor.visit_newtype_struct(Value::list([
                    Value::Int(UNKNOWN_EXTENSION.into()),
                    Value::Bytes(bytes.into()),
                ]))
            }
            Value::List(items) | Value::Tuple(items) => {
                visitor.visit_seq(SeqDeserializer::new(Arc::unwrap_or_clone(items).into_iter()))
            }
            Value::Map(map) => visitor.visit_map(MapDeserializer::new(Arc::unwrap_or_clone(map).into_iter())),
            Value::Object(object) => match object.to_value().map_err(DeserializeError::custom)? {
                Value::Object(_) => {
                    Err(DeserializeError::custom(format!("a {} is not data", object.type_name())))
                }
                value => value.deserialize_any(visitor),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match self {
            Value::Null | Value::Undefined(_) | Value::Omit => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        match self {
            Value::String(text) => visitor.visit_enum(text.as_str().to_owned().into_deserializer()),
            Value::Map(map) if map.len() == 1 => match Arc::unwrap_or_clone(map).into_iter().next() {
                Some((key, value)) => visitor.visit_enum(VariantDeserializer { key, value }),
                None => Err(DeserializeError::custom("an empty map is not a choice")),
            },
            other => Err(DeserializeError::invalid_type(
                Unexpected::Other(other.type_name()),
                &"a word of the list of choices",
            )),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct VariantDeserializer {
    key: Value,
    value: Value,
}

impl<'de> EnumAccess<'de> for VariantDeserializer {
    type Error = DeserializeError;
    type Variant = VariantValue;

    fn variant_seed<V: serde::de::DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, VariantValue), DeserializeError> {
        Ok((seed.deserialize(self.key)?, VariantValue(self.value)))
    }
}

struct VariantValue(Value);

impl<'de> VariantAccess<'de> for VariantValue {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<(), DeserializeError> {
        <()>::deserialize(self.0)
    }

    fn newtype_variant_seed<T: serde::de::DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DeserializeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DeserializeError> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        self.0.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknowns_and_big_integers_survive_message_pack() {
        let value = Value::map([
            ("unknown", Value::unknown("a command that was not run")),
            ("big", Value::integer("123456789012345678901234567890".parse().unwrap())),
            ("bytes", Value::Bytes([0u8, 255].as_slice().into())),
            ("list", Value::list([Value::Null, Value::Float(0.5), Value::from("é"), Value::Int(-1)])),
        ]);
        let bytes = rmp_serde::to_vec_named(&value).unwrap();
        assert_eq!(rmp_serde::from_slice::<Value>(&bytes).unwrap(), value);
    }

    #[test]
    fn an_unknown_fits_where_any_value_does_and_nowhere_else() {
        #[derive(serde::Deserialize, Debug)]
        struct Arguments {
            any: Value,
        }
        #[derive(serde::Deserialize, Debug)]
        #[allow(dead_code)]
        struct Typed {
            any: String,
        }
        let unknown = Value::map([("any", Value::unknown("not run"))]);
        assert_eq!(Arguments::deserialize(unknown.clone()).unwrap().any, Value::unknown("not run"));
        assert!(Typed::deserialize(unknown).is_err());
    }

    #[test]
    fn typed_data_comes_out_and_wrong_shapes_are_errors() {
        #[derive(serde::Deserialize, Debug, PartialEq)]
        #[serde(rename_all = "lowercase", deny_unknown_fields)]
        struct Arguments {
            path: String,
            state: Option<State>,
            mode: Option<u32>,
        }
        #[derive(serde::Deserialize, Debug, PartialEq)]
        #[serde(rename_all = "lowercase")]
        enum State {
            Absent,
        }
        let value = Value::map([
            ("path", Value::from("/x")),
            ("state", Value::from("absent")),
            ("mode", Value::Null),
        ]);
        let arguments = Arguments::deserialize(value).unwrap();
        assert_eq!(arguments, Arguments { path: "/x".into(), state: Some(State::Absent), mode: None });
        let error = Arguments::deserialize(Value::map([("path", "/x"), ("sate", "absent")])).unwrap_err();
        assert_eq!(error.to_string(), "unknown field `sate`, expected one of `path`, `state`, `mode`");
    }
}
