use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, did_you_mean};
use value::{Map, Text, Undefined, Value};

use super::budget::Budget;
use super::{Evaluator, Origin, Written};
use crate::outcome::{Outcome, Stop};
use crate::templates::{rendering_failed, untrusted};
use crate::{Scope, Templates, Untrusted};

/// The most templates inside each other, before it is taken for a definition that never ends.
const NESTING_LIMIT: usize = 150;

thread_local! {
    /// The templates that this thread is rendering, by their text and scope: a rendering may pass through the engine and
    /// come back (as `hostvars` does), so no one evaluator sees them all.
    static RENDERING: RefCell<Vec<(*const u8, *const ())>> = const { RefCell::new(Vec::new()) };
}

/// What all templates of one rendering share: the scope, and the variables that were rendered already.
pub(crate) struct Context<'a> {
    pub(crate) templates: &'a Templates,
    pub(crate) scope: &'a dyn Scope,
    variables: RefCell<HashMap<String, Value>>,
    /// Where a value is only to be shown: what of it is undefined, and is shown as its error.
    shown: RefCell<Option<Vec<Error>>>,
    /// What the rendering may still do.
    pub(crate) budget: Budget,
}

/// Takes a template off the list of those being rendered.
struct Rendering;

impl Drop for Rendering {
    fn drop(&mut self) {
        RENDERING.with_borrow_mut(Vec::pop);
    }
}

impl<'a> Context<'a> {
    /// Nothing rendered yet.
    pub(crate) fn new(templates: &'a Templates, scope: &'a dyn Scope) -> Context<'a> {
        let budget = Budget::new(templates.step_limit());
        Context { templates, scope, variables: RefCell::default(), shown: RefCell::default(), budget }
    }

    /// As [`Context::resolve`], but what is undefined is told in the place where it would stand, and listed.
    pub(crate) fn resolve_shown(&self, value: &Value) -> Outcome<(Value, Vec<Error>)> {
        self.shown.replace(Some(Vec::new()));
        let resolved = self.resolve(value);
        let errors = self.shown.take().unwrap_or_default();
        Ok((resolved?, errors))
    }

    /// What stands for something undefined: its error, where the value is only to be shown.
    fn placeholder(&self, undefined: &Arc<Undefined>) -> Outcome {
        match &mut *self.shown.borrow_mut() {
            Some(errors) => {
                errors.push(self.undefined_error(undefined));
                Ok(Value::string(format!("<< error {} - {} >>", errors.len(), undefined.message)))
            }
            None => Err(Stop::Undefined(undefined.clone())),
        }
    }

    /// A variable of the scope, its template rendered; `None` where there is none. A variable that is a template over
    /// something undefined is undefined itself.
    pub(crate) fn variable(&self, name: &str) -> Outcome<Option<Value>> {
        if let Some(value) = self.variables.borrow().get(name) {
            return Ok(Some(value.clone()));
        }
        let Some(written) = self.scope.variable(name).map_err(Error::complete)? else { return Ok(None) };
        let value = self.force(&written)?;
        if !value.is_undefined() {
            self.variables.borrow_mut().insert(name.to_owned(), value.clone());
        }
        Ok(Some(value))
    }

    /// Whether a variable of the scope was asked for already.
    pub(crate) fn has_rendered(&self, name: &str) -> bool {
        self.variables.borrow().contains_key(name)
    }

    /// The variables of the scope that were asked for so far.
    pub(crate) fn rendered_variables(&self) -> Vec<(String, Value)> {
        self.variables.borrow().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The value with what is lazy at its top done: a template rendered, a vault opened. Items are left as they are.
    pub(crate) fn force(&self, value: &Value) -> Outcome {
        match value {
            Value::String(text) if text.is_template() => self.render(text),
            Value::String(text) if self.minds(text) => self.as_data(text),
            Value::Vaulted(text) => Ok(Value::String(self.decrypted(text)?)),
            other => Ok(other.clone()),
        }
    }

    /// Whether it matters that a text looks like a template, and is data.
    fn minds(&self, text: &Text) -> bool {
        self.templates.strictness.untrusted != Untrusted::Ignore
            && !text.is_trusted()
            && text.has_delimiters()
    }

    /// Text that looks like a template, and is data.
    fn as_data(&self, text: &Text) -> Outcome {
        let error = untrusted(text);
        if self.templates.strictness.untrusted == Untrusted::Refuse {
            return Err(error.complete().into());
        }
        self.scope.tell(error.into_warning());
        Ok(Value::String(text.clone()))
    }

    fn decrypted(&self, vaulted: &Text) -> Outcome<Text> {
        let text = self
            .scope
            .decrypt(vaulted)
            .map_err(|error| Stop::Sealed(vaulted.clone(), error.at_some(vaulted.origin()).complete()))?;
        Ok(text.untrusted().secret())
    }

    /// Renders a template. What it uses that is undefined or unknown makes the whole undefined or unknown.
    pub(crate) fn render(&self, text: &Text) -> Outcome {
        let unit = self.templates.template(text)?;
        let origin = Origin { unit, written: Written::Scalar(text.origin().cloned()) };
        let value = self
            .guarded(text, || Evaluator::new(self, origin).run())
            .map_err(|stop| stop.map_error(|error| rendering_failed("template", error)))
            .or_else(Stop::into_value)
            .map(|value| with_trailing_newlines(value, text))?;
        Ok(super::mark_secret(value, text.is_secret()))
    }

    /// Evaluates a bare expression.
    pub(crate) fn expression(&self, text: &Text, embedded_templates: bool) -> Outcome {
        let unit = self.templates.bare_expression(text)?;
        let origin = Origin { unit, written: Written::Scalar(text.origin().cloned()) };
        self.guarded(text, || {
            let mut evaluator = Evaluator::new(self, origin);
            evaluator.embedded_templates = embedded_templates;
            evaluator.run()
        })
        .map_err(|stop| stop.map_error(|error| rendering_failed("expression", error)))
    }

    /// Runs something for a text, unless that is being done already.
    pub(crate) fn guarded<T>(&self, text: &Text, run: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let key = (text.as_str().as_ptr(), std::ptr::from_ref(self.scope).cast::<()>());
        let (depth, is_recursive) =
            RENDERING.with_borrow(|rendering| (rendering.len(), rendering.contains(&key)));
        if is_recursive || depth >= NESTING_LIMIT {
            let error = Error::new("the template is recursive: it uses itself").at_some(text.origin());
            return Err(error
                .complete()
                .hint("a variable can't be defined by itself; give one of the two another name")
                .into());
        }
        RENDERING.with_borrow_mut(|rendering| rendering.push(key));
        let _rendering = Rendering;
        stacker::maybe_grow(256 << 10, 2 << 20, run)
    }

    /// The value with everything in it rendered, as it is kept: undefined is an error, unknown stays where it is, what is
    /// omitted is left out of lists and dicts, tuples become lists.
    pub(crate) fn resolve(&self, value: &Value) -> Outcome {
        self.resolve_with(value, false)
    }

    /// The value with everything in it rendered, as expressions go on with it: as for [`Context::resolve`], but tuples
    /// stay tuples.
    pub(crate) fn rendered(&self, value: &Value) -> Outcome {
        self.resolve_with(value, true)
    }

    fn resolve_with(&self, value: &Value, keep_tuples: bool) -> Outcome {
        stacker::maybe_grow(64 << 10, 1 << 20, || self.resolve_value(value, keep_tuples))
    }

    fn resolve_value(&self, value: &Value, keep_tuples: bool) -> Outcome {
        self.budget.take(1)?;
        let is_settled = |value: &Value| self.is_settled(value, keep_tuples);
        match value {
            Value::Undefined(undefined) => self.placeholder(undefined),
            Value::String(text) if text.is_template() => {
                let rendered = self.render(text)?;
                self.resolve_with(&rendered, keep_tuples)
            }
            Value::String(text) if self.minds(text) => self.as_data(text),
            Value::Vaulted(_) => self.force(value),
            Value::List(items) if items.iter().all(is_settled) => Ok(value.clone()),
            Value::Map(map) if map.iter().all(|(key, value)| is_settled(key) && is_settled(value)) => {
                Ok(value.clone())
            }
            Value::List(items) | Value::Tuple(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for item in items.iter() {
                    match self.resolve_with(item, keep_tuples)? {
                        Value::Omit => {}
                        item => resolved.push(item),
                    }
                }
                let resolved = Arc::new(resolved);
                let is_tuple = keep_tuples && matches!(value, Value::Tuple(_));
                Ok(if is_tuple { Value::Tuple(resolved) } else { Value::List(resolved) })
            }
            Value::Map(map) => {
                let mut resolved = Map::with_capacity(map.len());
                for (key, value) in map.iter() {
                    match self.resolve_with(value, keep_tuples)? {
                        Value::Omit => {}
                        value => {
                            resolved.insert(self.resolve_key(key)?, value);
                        }
                    }
                }
                Ok(Value::from(resolved))
            }
            Value::Object(object) => {
                match object.to_value().map_err(|error| rendering_failed("template", error))? {
                    Value::Object(_) => {
                        Err(Stop::new(format!("a value of type '{}' can't be kept", object.type_name())))
                    }
                    value => self.resolve_with(&value, keep_tuples),
                }
            }
            other => Ok(other.clone()),
        }
    }

    /// Whether nothing in the value is lazy, undefined or to be changed by resolving it.
    fn is_settled(&self, value: &Value, keep_tuples: bool) -> bool {
        if !self.budget.takes(1) {
            return false;
        }
        let is_settled = |value: &Value| self.is_settled(value, keep_tuples);
        match value {
            Value::String(text) => !text.is_template() && !self.minds(text),
            Value::Undefined(_) | Value::Vaulted(_) | Value::Omit | Value::Object(_) => false,
            Value::Tuple(_) if !keep_tuples => false,
            Value::List(items) | Value::Tuple(items) => items.iter().all(is_settled),
            Value::Map(map) => map.iter().all(|(key, value)| is_settled(key) && is_settled(value)),
            _ => true,
        }
    }

    /// Keys are used as they are written; only tuples, made by templates, become lists as text.
    fn resolve_key(&self, key: &Value) -> Outcome {
        match key {
            Value::Undefined(undefined) => Err(Stop::Undefined(undefined.clone())),
            Value::Vaulted(_) => self.force(key),
            other => Ok(other.clone()),
        }
    }

    /// The error for something undefined; where a name is not known, with what may have been meant.
    pub(crate) fn undefined_error(&self, undefined: &Undefined) -> Error {
        let error = undefined.error();
        if undefined.hint.is_some() {
            return error;
        }
        let Some(name) =
            undefined.message.strip_prefix('\'').and_then(|rest| rest.strip_suffix("' is undefined"))
        else {
            return error;
        };
        let names = self.scope.names();
        let functions: Vec<String> = crate::functions::names().map(str::to_owned).collect();
        error.hint_some(did_you_mean(name, names.iter().chain(&functions).map(String::as_str)))
    }

    /// A file as lookups and includes find it: `kind` is the folder it belongs in, such as `files` or `templates`.
    pub(crate) fn find_file(&self, kind: &str, name: &str, nearest: Option<&Path>) -> Option<PathBuf> {
        let wanted = Path::new(name);
        if wanted.is_absolute() {
            return wanted.exists().then(|| wanted.to_owned());
        }
        let near = nearest.map(|directory| directory.join(wanted));
        near.into_iter()
            .chain(
                self.scope
                    .search_path()
                    .into_iter()
                    .flat_map(|directory| [directory.join(kind).join(wanted), directory.join(wanted)]),
            )
            .find(|path| path.exists())
    }
}

/// Line breaks at the end of a template are part of the text; Jinja drops one.
pub(crate) fn with_trailing_newlines(value: Value, template: &str) -> Value {
    let count = |text: &str| text.len() - text.trim_end_matches('\n').len();
    match value {
        Value::String(text) if count(template) > count(&text) => {
            let missing = "\n".repeat(count(template) - count(&text));
            Value::String(text.with_text(format!("{}{missing}", text.as_str())))
        }
        Value::Bytes(bytes) if template.ends_with('\n') => {
            let kept = bytes.iter().rev().take_while(|byte| **byte == b'\n').count();
            let missing = "\n".repeat(count(template).saturating_sub(kept));
            Value::Bytes([&*bytes, missing.as_bytes()].concat().into())
        }
        other => other,
    }
}
