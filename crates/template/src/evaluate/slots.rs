use std::sync::Arc;

use value::{Map, Value};

use super::macro_object::downcast;
use super::{Evaluator, Namespace};
use crate::outcome::Outcome;
use crate::syntax::{Expression, ExpressionKind, Name};

/// The way from a variable to a part of it that can be changed in place.
pub(crate) struct Slot {
    root: Name,
    keys: Vec<Value>,
}

impl Evaluator<'_> {
    /// The slot that an expression such as `a.b[0]` names; `None` if it names none.
    pub(crate) fn slot(&mut self, expression: &Expression) -> Outcome<Option<Slot>> {
        Ok(match &expression.kind {
            ExpressionKind::Variable(name) => {
                if self.frame_of(name).is_none() && !self.adopt(name)? {
                    return Ok(None);
                }
                Some(Slot { root: Arc::clone(name), keys: Vec::new() })
            }
            ExpressionKind::Attribute(value, name) => {
                let Some(mut slot) = self.slot(value)? else { return Ok(None) };
                slot.keys.push(Value::string(Arc::clone(name)));
                Some(slot)
            }
            ExpressionKind::Item(value, key) => {
                let Some(mut slot) = self.slot(value)? else { return Ok(None) };
                slot.keys.push(self.evaluate(key)?);
                Some(slot)
            }
            // `d.setdefault(k, []).append(x)`: what it gives is the item itself.
            ExpressionKind::Call { callee, arguments } => {
                let ExpressionKind::Attribute(value, name) = &callee.kind else { return Ok(None) };
                if &**name != "setdefault" {
                    return Ok(None);
                }
                let Some(mut slot) = self.slot(value)? else { return Ok(None) };
                let arguments = self.arguments(arguments)?;
                let Some(key) = arguments.positional.first().cloned() else { return Ok(None) };
                let default = arguments.positional.get(1).cloned().unwrap_or_default();
                let done = self.change(&slot, |value| {
                    if let Value::Map(map) = value {
                        Arc::make_mut(map).entry(key.clone()).or_insert(default);
                    }
                });
                if done.is_none() {
                    return Ok(None);
                }
                slot.keys.push(key);
                Some(slot)
            }
            _ => None,
        })
    }

    /// Changes what is in a slot; `None` if the slot is not there.
    pub(crate) fn change<R>(&mut self, slot: &Slot, change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        let root = self.local_mut(&slot.root)?;
        if !is_shared(root, &slot.keys) {
            return descend(root, &slot.keys, change);
        }
        // Others hold it as well: it is changed apart from them, and then they are told.
        let before = at(root, &slot.keys)?;
        let mut changed = root.clone();
        let result = descend(&mut changed, &slot.keys, change)?;
        self.renew(before, at(&changed, &slot.keys)?);
        Some(result)
    }
}

/// What is in a slot.
fn at(value: &Value, keys: &[Value]) -> Option<Value> {
    keys.iter().try_fold(value.clone(), |value, key| step(&value, key))
}

/// Whether anyone else holds a list or dict on the way to a slot, or the one in it.
fn is_shared(value: &Value, keys: &[Value]) -> bool {
    let holders = match value {
        Value::Map(map) => Arc::strong_count(map),
        Value::List(items) | Value::Tuple(items) => Arc::strong_count(items),
        _ => 1,
    };
    let Some((key, rest)) = keys.split_first().filter(|_| holders == 1) else { return holders > 1 };
    if let Some(namespace) = downcast::<Namespace>(value) {
        return namespace.lock().get(key).is_some_and(|item| is_shared(item, rest));
    }
    match value {
        Value::Map(map) => map.get(key).is_some_and(|item| is_shared(item, rest)),
        Value::List(items) | Value::Tuple(items) => {
            position(key, items.len()).and_then(|at| items.get(at)).is_some_and(|item| is_shared(item, rest))
        }
        _ => false,
    }
}

/// What is one step further on the way to a slot.
fn step(value: &Value, key: &Value) -> Option<Value> {
    if let Some(namespace) = downcast::<Namespace>(value) {
        return namespace.lock().get(key).cloned();
    }
    match value {
        Value::Map(map) => map.get(key).cloned(),
        Value::List(items) | Value::Tuple(items) => items.get(position(key, items.len())?).cloned(),
        _ => None,
    }
}

fn position(key: &Value, length: usize) -> Option<usize> {
    super::access::index(key.as_i64()?, length)
}

fn descend<R>(value: &mut Value, keys: &[Value], change: impl FnOnce(&mut Value) -> R) -> Option<R> {
    let Some((key, rest)) = keys.split_first() else { return Some(change(value)) };
    if let Some(namespace) = downcast::<Namespace>(value) {
        return descend(namespace.lock().get_mut(key)?, rest, change);
    }
    match value {
        Value::Map(map) => descend(Arc::make_mut(map).get_mut(key)?, rest, change),
        Value::List(items) | Value::Tuple(items) => {
            let index = position(key, items.len())?;
            descend(Arc::make_mut(items).get_mut(index)?, rest, change)
        }
        _ => None,
    }
}

/// Sets an attribute of a slot's dict or namespace; whether that was possible.
pub(crate) fn set_attribute(value: &mut Value, name: &Name, new: Value) -> bool {
    let key = Value::string(Arc::clone(name));
    if let Some(namespace) = downcast::<Namespace>(value) {
        namespace.lock().insert(key, new);
        return true;
    }
    match value {
        Value::Map(map) => {
            let map: &mut Map = Arc::make_mut(map);
            map.insert(key, new);
            true
        }
        _ => false,
    }
}
