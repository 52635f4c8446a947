//! The one dynamic value of playbooks.
//!
//! YAML scalars, variables, template results, module arguments and module results are all [`Value`]s. Beside what JSON
//! has, there are the things that only playbooks need: big integers, bytes, dates, a variable that is [undefined](Undefined)
//! and says why, what a dry run [can't know](Unknown) and says why, and text that remembers [where it came from](Tag),
//! whether it may be a template, and whether it is a secret.

mod compare;
mod convert;
mod deserialize;
mod json;
mod object;
mod python;
mod serialize;
mod text;
mod undefined;
mod unknown;
mod value;

pub use convert::{Convert, ConvertError};
pub use deserialize::DeserializeError;
pub use json::JsonStyle;
pub use object::Object;
pub use python::{float_repr, string_repr};
pub use text::{Tag, Text};
pub use undefined::Undefined;
pub use unknown::Unknown;
pub use value::{DateTime, Map, Value};

pub use jiff::civil::Date;
pub use num_bigint::BigInt;
