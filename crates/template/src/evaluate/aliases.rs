use std::collections::HashMap;
use std::sync::Arc;

use value::Value;

use super::macro_object::downcast;
use super::{Evaluator, Namespace};
use crate::syntax::{BinaryOperator, Expression, ExpressionKind, Name};

/// Lists and dicts that were changed in place: each as it was, by its address, and as it is now. Whoever holds the one
/// is given the other, for several names may stand for the same list.
struct Renewal {
    /// What was is kept, so that no other list gets its address. `None` where it stays as it is.
    known: HashMap<usize, (Value, Option<Value>)>,
}

impl Renewal {
    /// What a value is now; `None` if it has not changed.
    fn renewed(&mut self, value: &Value) -> Option<Value> {
        let address = address(value)?;
        if let Some((_, now)) = self.known.get(&address) {
            return now.clone();
        }
        self.known.insert(address, (value.clone(), None));
        let now = stacker::maybe_grow(64 << 10, 1 << 20, || self.renewed_inside(value));
        if now.is_some() {
            self.known.insert(address, (value.clone(), now.clone()));
        }
        now
    }

    fn renewed_inside(&mut self, value: &Value) -> Option<Value> {
        match value {
            Value::List(items) => self.renewed_items(items).map(Value::List),
            Value::Tuple(items) => self.renewed_items(items).map(Value::Tuple),
            Value::Map(map) => {
                let mut now = None;
                for (key, item) in map.iter() {
                    if let Some(item) = self.renewed(item) {
                        Arc::make_mut(now.get_or_insert_with(|| Arc::clone(map))).insert(key.clone(), item);
                    }
                }
                now.map(Value::Map)
            }
            // A namespace is one for all who hold it.
            other => {
                let namespace = downcast::<Namespace>(other)?;
                let variables = namespace.lock().clone();
                for (name, variable) in variables.iter() {
                    if let Some(now) = self.renewed(variable) {
                        namespace.lock().insert(name.clone(), now);
                    }
                }
                None
            }
        }
    }

    fn renewed_items(&mut self, items: &Arc<Vec<Value>>) -> Option<Arc<Vec<Value>>> {
        let mut now = None;
        for (index, item) in items.iter().enumerate() {
            if let Some(item) = self.renewed(item)
                && let Some(slot) = Arc::make_mut(now.get_or_insert_with(|| Arc::clone(items))).get_mut(index)
            {
                *slot = item;
            }
        }
        now
    }
}

/// What tells a list, dict or namespace from all others.
fn address(value: &Value) -> Option<usize> {
    match value {
        Value::List(items) | Value::Tuple(items) => Some(Arc::as_ptr(items).addr()),
        Value::Map(map) => Some(Arc::as_ptr(map).addr()),
        Value::Object(_) => {
            downcast::<Namespace>(value).map(|namespace| std::ptr::from_ref(namespace).addr())
        }
        _ => None,
    }
}

/// The value with lists and dicts that nobody else holds.
fn copied(value: &Value) -> Value {
    stacker::maybe_grow(64 << 10, 1 << 20, || match value {
        Value::List(items) => Value::List(Arc::new(items.iter().map(copied).collect())),
        Value::Tuple(items) => Value::Tuple(Arc::new(items.iter().map(copied).collect())),
        Value::Map(map) => {
            Value::Map(Arc::new(map.iter().map(|(key, item)| (key.clone(), copied(item))).collect()))
        }
        other => other.clone(),
    })
}

impl Evaluator<'_> {
    /// Gives everyone who holds a list or dict what has become of it.
    pub(super) fn renew(&mut self, before: Value, after: Value) {
        let mut renewal = Renewal { known: HashMap::new() };
        match (address(&before), address(&after)) {
            (Some(was), is) if is != Some(was) => renewal.known.insert(was, (before, Some(after))),
            _ => return,
        };
        for frame in &mut self.frames {
            for value in frame.variables.values_mut() {
                if let Some(now) = renewal.renewed(value) {
                    *value = now;
                }
            }
        }
        // The variables of the host stay as they are: what the template changes becomes its own.
        let changed: Vec<(Name, Value)> = self
            .context
            .rendered_variables()
            .into_iter()
            .filter(|(name, _)| self.frame_of(name).is_none())
            .filter_map(|(name, value)| Some((name.as_str().into(), renewal.renewed(&value)?)))
            .collect();
        for (name, value) in changed {
            self.set_outermost(&name, value);
        }
    }

    /// What a name is to stand for: the very list or dict that an expression names, or a copy of what a filter or call
    /// gives, which may be a part of something else. Where nothing is changed in place that makes no difference.
    pub(super) fn named(&self, expression: &Expression, value: Value) -> Value {
        if !self.origin.unit.changes_in_place || self.is_same(expression) { value } else { copied(&value) }
    }

    /// What a call is given: the host's variables themselves, copies of the template's own.
    pub(super) fn given(&self, expression: &Expression, value: Value) -> Value {
        if !self.origin.unit.changes_in_place || self.is_of_host(expression) { value } else { copied(&value) }
    }

    /// Whether an expression gives something that is there already, or holds such things as they are.
    fn is_same(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::Variable(_)
            | ExpressionKind::Attribute(..)
            | ExpressionKind::Item(..)
            | ExpressionKind::Slice(_)
            | ExpressionKind::List(_)
            | ExpressionKind::Tuple(_)
            | ExpressionKind::Map(_)
            | ExpressionKind::Binary(BinaryOperator::Add, ..) => true,
            ExpressionKind::And(left, right) | ExpressionKind::Or(left, right) => {
                self.is_same(left) && self.is_same(right)
            }
            ExpressionKind::If { then, otherwise, .. } => {
                self.is_same(then) && otherwise.as_deref().is_none_or(|otherwise| self.is_same(otherwise))
            }
            ExpressionKind::Call { callee, .. } => match &callee.kind {
                ExpressionKind::Attribute(_, name) if &**name == "setdefault" => true,
                ExpressionKind::Attribute(value, name) => {
                    matches!(&**name, "get" | "items" | "values") && self.is_of_host(value)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an expression names something of the host's variables.
    fn is_of_host(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::Variable(name) => self.context.has_rendered(name),
            ExpressionKind::Attribute(value, _) | ExpressionKind::Item(value, _) => self.is_of_host(value),
            _ => false,
        }
    }
}
