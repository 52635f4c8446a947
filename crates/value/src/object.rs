use std::any::Any;
use std::fmt;

use diag::Result;

use crate::{Map, Value};

/// A value with behaviour of its own: `hostvars`, a template's macro or `loop`. It lives in the controller only; what
/// travels or is kept is [`Object::to_value`].
pub trait Object: fmt::Debug + Send + Sync + Any {
    /// The name that `type_debug` and errors show.
    fn type_name(&self) -> &str;

    /// An attribute or item; `None` where there is no such one.
    fn get(&self, key: &Value) -> Result<Option<Value>>;

    /// The keys or items that iterating gives; `None` if it can't be iterated.
    fn iterate(&self) -> Result<Option<Vec<Value>>> {
        Ok(None)
    }

    /// Whether `key in object`.
    fn contains(&self, key: &Value) -> Result<bool> {
        Ok(self.iterate()?.is_some_and(|items| items.contains(key)))
    }

    /// The object as a dict, whose values may be objects again; `None` if it does not look like one.
    ///
    /// # Errors
    /// If a value can't be had.
    fn to_mapping(&self) -> Result<Option<Map>> {
        Ok(None)
    }

    /// Whether it looks like a dict: [`Object::to_mapping`] gives one.
    fn is_mapping(&self) -> bool {
        false
    }

    /// The object as plain data.
    fn to_value(&self) -> Result<Value>;

    /// What stands for it in text, if that is not its data.
    fn printed(&self) -> Option<String> {
        None
    }

    /// Whether it is the same as another object that is not itself.
    fn equals(&self, _: &dyn Object) -> bool {
        false
    }

    /// For the owner of the type, to get it back.
    fn as_any(&self) -> &dyn Any;
}
