use std::sync::Arc;

use value::{Map, Value};

use super::macro_object::downcast;
use super::{Evaluator, Namespace};
use crate::outcome::Outcome;
use crate::syntax::{Expression, ExpressionKind, For, Name, Target};

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
        let result = descend(root, &slot.keys, change)?;
        let changed = root.clone();
        self.change_item(&slot.root, changed);
        Some(result)
    }

    /// A loop's variable is the item itself: where it has changed, so has the list or dict that the loop goes over.
    fn change_item(&mut self, name: &Name, changed: Value) {
        let Some((node, key)) = self.turn_of(name) else { return };
        let Some(source) = source_of(&node, name) else { return };
        // What names no slot, or can't be evaluated again, is a value that no one else sees.
        if let Ok(Some(mut slot)) = self.slot(source)
            && slot.root != *name
        {
            slot.keys.push(key);
            self.change(&slot, |item| *item = changed);
        }
    }
}

/// The list or dict whose items the variable of a loop is: what the loop goes over, or goes over the `.items()` of.
fn source_of<'a>(node: &'a For, name: &Name) -> Option<&'a Expression> {
    let is_name = |target: &Target| matches!(target, Target::Name(target) if target == name);
    match (&node.items.kind, &node.target) {
        (ExpressionKind::Call { callee, .. }, target) => match (&callee.kind, target) {
            (ExpressionKind::Attribute(source, method), Target::Tuple(targets, _))
                if &**method == "items" && targets.get(1).is_some_and(is_name) =>
            {
                Some(source)
            }
            _ => None,
        },
        (_, target) if is_name(target) => Some(&node.items),
        _ => None,
    }
}

fn descend<R>(value: &mut Value, keys: &[Value], change: impl FnOnce(&mut Value) -> R) -> Option<R> {
    let Some((key, rest)) = keys.split_first() else { return Some(change(value)) };
    if let Some(namespace) = downcast::<Namespace>(value) {
        return descend(namespace.lock().get_mut(key)?, rest, change);
    }
    match value {
        Value::Map(map) => descend(Arc::make_mut(map).get_mut(key)?, rest, change),
        Value::List(items) => {
            let index = super::access::index(key.as_i64()?, items.len())?;
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
