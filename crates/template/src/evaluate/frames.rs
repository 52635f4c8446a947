use std::collections::HashMap;
use std::sync::Arc;

use value::Value;

use super::{Evaluator, Macro, Module};
use crate::outcome::Outcome;
use crate::syntax::Name;

/// Variables that a part of a template has set.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) variables: HashMap<Name, Value>,
    /// The frame in which names that are not in this one are looked up.
    pub(crate) parent: Option<usize>,
    /// The imported template that the variables are of.
    pub(crate) module: Option<Arc<Module>>,
}

impl Evaluator<'_> {
    /// Begins a scope inside the current one.
    pub(crate) fn push_frame(&mut self) {
        let parent = self.frames.len().checked_sub(1);
        self.frames.push(Frame { parent, ..Frame::default() });
    }

    /// Begins a scope.
    pub(crate) fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    /// Ends the current scope.
    pub(crate) fn pop_frame(&mut self) {
        self.frames.pop();
    }

    /// The number of the current frame.
    pub(crate) fn current_frame(&self) -> usize {
        self.frames.len().saturating_sub(1)
    }

    /// Sets a variable of the current scope.
    pub(crate) fn set(&mut self, name: &Name, value: Value) {
        if let Some(frame) = self.frames.last_mut() {
            frame.variables.insert(Arc::clone(name), value);
        }
    }

    /// The number of the frame that holds a variable.
    pub(crate) fn frame_of(&self, name: &str) -> Option<usize> {
        let mut number = self.frames.len().checked_sub(1)?;
        loop {
            let frame = self.frames.get(number)?;
            if frame.variables.contains_key(name) {
                return Some(number);
            }
            number = frame.parent?;
        }
    }

    /// A variable that the template itself has set.
    pub(crate) fn local(&self, name: &str) -> Option<Value> {
        let frame = self.frames.get(self.frame_of(name)?)?;
        let value = frame.variables.get(name)?;
        Some(match &frame.module {
            Some(module) => Macro::at_home(value, module),
            None => value.clone(),
        })
    }

    /// The slot of a variable that the template itself has set.
    pub(crate) fn local_mut(&mut self, name: &str) -> Option<&mut Value> {
        let number = self.frame_of(name)?;
        self.frames.get_mut(number)?.variables.get_mut(name)
    }

    /// Puts a variable of the scope into the template's outermost frame, so that the template can change it.
    pub(crate) fn adopt(&mut self, name: &Name) -> Outcome<bool> {
        let Some(value) = self.context.variable(name)? else { return Ok(false) };
        let value = match value {
            Value::Undefined(_) | Value::Unknown(_) => return Ok(false),
            value => value,
        };
        self.set_outermost(name, value);
        Ok(true)
    }

    /// Sets a variable of the template's outermost scope.
    pub(super) fn set_outermost(&mut self, name: &Name, value: Value) {
        let current = self.frames.len().saturating_sub(1);
        let mut root = current;
        while let Some(parent) = self.frames.get(root).and_then(|frame| frame.parent) {
            root = parent;
        }
        if let Some(frame) = self.frames.get_mut(root) {
            frame.variables.insert(Arc::clone(name), value);
        }
    }

    /// All variables that the template has set and that can be seen now.
    pub(crate) fn visible(&self) -> HashMap<Name, Value> {
        let mut visible = HashMap::new();
        let mut number = self.frames.len().checked_sub(1);
        while let Some(frame) = number.and_then(|number| self.frames.get(number)) {
            for (name, value) in &frame.variables {
                visible.entry(Arc::clone(name)).or_insert_with(|| value.clone());
            }
            number = frame.parent;
        }
        visible
    }
}
