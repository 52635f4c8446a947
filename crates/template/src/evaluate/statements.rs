use std::sync::{Arc, Mutex};

use diag::{Error, Result};
use value::{Text, Value};

use super::loop_object::{Loop, LoopState};
use super::macro_object::{Home, Macro, Module, ModuleObject};
use super::operators::truth;
use super::pieces::{Pieces, too_much_text};
use super::slots::set_attribute;
use super::{Evaluator, Frame, OUTPUT_LIMIT, Origin, Written, is_secret, masked};
use crate::arguments::{items, known};
use crate::outcome::{NO_ELSE, Outcome, Stop};
use crate::syntax::*;

/// What comes after a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Continue,
    Break,
}

/// How many templates may include each other, and macros call each other.
const DEPTH_LIMIT: usize = 200;

impl Evaluator<'_> {
    /// Runs the template, and those it extends; what they put out, piece by piece.
    pub(crate) fn run_pieces(&mut self) -> Outcome<Vec<Value>> {
        let mut pieces = Pieces::default();
        for depth in 0.. {
            if depth > DEPTH_LIMIT {
                return Err(Stop::new("templates extend each other without end"));
            }
            pieces.clear();
            let origin = self.origin.clone();
            for (name, block) in &origin.unit.blocks {
                self.blocks.entry(Arc::clone(name)).or_default().push((Arc::clone(block), origin.clone()));
            }
            self.body(&origin.unit.body, &mut pieces)?;
            match self.parent.take() {
                Some(parent) => self.origin = parent,
                None => break,
            }
        }
        Ok(pieces.into_values())
    }

    /// Joins what a template put out: nothing is None, one piece is itself, several are text.
    pub(crate) fn joined(&mut self, pieces: Vec<Value>) -> Outcome {
        let mut kept: Vec<Value> = Vec::with_capacity(pieces.len());
        let mut unknown = None;
        for piece in pieces {
            match piece {
                Value::Null => {}
                Value::Undefined(undefined) if undefined.message == NO_ELSE && !kept.is_empty() => {}
                Value::Unknown(found) => unknown = unknown.or(Some(found)),
                piece => kept.push(piece),
            }
        }
        if let Some(unknown) = unknown {
            return Ok(Value::Unknown(unknown));
        }
        if kept.len() > 1 {
            kept.retain(
                |piece| !matches!(piece, Value::Undefined(undefined) if undefined.message == NO_ELSE),
            );
        }
        match kept.len() {
            0 => Ok(Value::Null),
            1 => Ok(kept.remove(0)),
            _ => self.joined_text(&kept),
        }
    }

    /// Joins what a template put out as text, whatever it is. With bytes among it that are no text, all is bytes.
    pub(crate) fn joined_text(&mut self, pieces: &[Value]) -> Outcome {
        let mut out = Vec::new();
        let mut secret = false;
        for piece in pieces {
            match piece {
                Value::Null | Value::Omit => continue,
                Value::Bytes(bytes) if std::str::from_utf8(bytes).is_err() => out.extend_from_slice(bytes),
                Value::String(text) if !text.is_template() => {
                    secret |= text.is_secret();
                    out.extend_from_slice(text.as_bytes());
                }
                Value::Unknown(unknown) => return Ok(Value::Unknown(unknown.clone())),
                Value::Undefined(undefined) if undefined.message == NO_ELSE => {}
                Value::Object(object) if let Some(text) = object.printed() => {
                    out.extend_from_slice(text.as_bytes())
                }
                piece => {
                    let piece = self.resolve(piece)?;
                    if let Some(unknown) = piece.find_unknown() {
                        return Ok(Value::Unknown(unknown.clone()));
                    }
                    secret |= is_secret(&piece);
                    if !piece.is_null() {
                        out.extend_from_slice(piece.to_string().as_bytes());
                    }
                }
            }
            if out.len() > OUTPUT_LIMIT {
                return Err(too_much_text());
            }
        }
        Ok(match String::from_utf8(out) {
            Ok(text) if secret => Value::String(Text::new(text).secret()),
            Ok(text) => Value::String(Text::new(text)),
            // Bytes do not know whether they are secret.
            Err(_) if secret => {
                return Err(Stop::new("a secret can't be joined with bytes that are no text"));
            }
            Err(error) => Value::Bytes(error.into_bytes().into()),
        })
    }

    /// Runs statements in the current scope.
    pub(crate) fn body(&mut self, body: &Body, out: &mut Pieces) -> Outcome<Flow> {
        for statement in body {
            let flow = stacker::maybe_grow(128 << 10, 1 << 20, || self.statement(statement, out))
                .map_err(|stop| stop.at(|| self.span(statement.place)))?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// Runs a body in a scope of its own.
    fn scoped(&mut self, body: &Body, out: &mut Pieces) -> Outcome<Flow> {
        self.push_frame();
        let flow = self.body(body, out);
        self.pop_frame();
        flow
    }

    /// Runs a body and joins what it puts out.
    fn captured_body(&mut self, body: &Body) -> Outcome {
        let mut pieces = Pieces::default();
        self.scoped(body, &mut pieces)?;
        self.joined(pieces.into_values())
    }

    fn statement(&mut self, statement: &Statement, out: &mut Pieces) -> Outcome<Flow> {
        self.context.budget.take(1)?;
        match &statement.kind {
            StatementKind::Text(text) => out.push(Value::string(Arc::clone(text)))?,
            StatementKind::Output(expression) => {
                let value = self.evaluate(expression)?;
                // What stays in the template's own hands is printed now, for it may change until the end.
                out.push(value)?;
            }
            StatementKind::For(node) => {
                let items = self.evaluate(&node.items)?;
                let items = self.named(&node.items, items);
                return self.run_loop(node, &items, 0, out);
            }
            StatementKind::If { test, then, otherwise } => {
                let test = self.evaluate(test)?;
                return self.body(if truth(&test)? { then } else { otherwise }, out);
            }
            StatementKind::With { assignments, body } => {
                // The values are those of outside: no assignment sees another.
                let mut values = Vec::with_capacity(assignments.len());
                for (target, value) in assignments {
                    let evaluated = self.evaluate(value)?;
                    values.push((target, self.named(value, evaluated)));
                }
                self.push_frame();
                let flow = values
                    .into_iter()
                    .try_for_each(|(target, value)| self.assign(target, value))
                    .and_then(|()| self.body(body, out));
                self.pop_frame();
                return flow;
            }
            StatementKind::Set { target, value } => {
                let evaluated = self.evaluate(value)?;
                let value = self.named(value, evaluated);
                self.assign(target, value)?;
            }
            StatementKind::SetBlock { target, filter, body } => {
                let value = self.captured_body(body)?;
                let value = match filter {
                    Some(filter) => self.with_captured(value, filter)?,
                    None => value,
                };
                self.assign(target, value)?;
            }
            StatementKind::FilterBlock { filter, body } => {
                let value = self.captured_body(body)?;
                let value = self.with_captured(value, filter)?;
                out.push(value)?;
            }
            StatementKind::Group(body) => return self.body(body, out),
            StatementKind::Block(block) => {
                let name = Arc::clone(&block.name);
                self.run_block(&name, 0, out)?;
            }
            StatementKind::Extends(template) => {
                if self.parent.is_some() {
                    return Err(Stop::new("the template extends another one already"));
                }
                let name = self.evaluate(template)?;
                self.parent = Some(self.load(&name)?);
            }
            StatementKind::Include { template, ignore_missing } => {
                let name = self.evaluate(template)?;
                let Some(origin) = self.find_template(&name)? else {
                    if *ignore_missing {
                        return Ok(Flow::Next);
                    }
                    return Err(self.template_missing(&name));
                };
                out.extend(self.run_included(origin)?)?;
            }
            StatementKind::Import { template, name } => {
                let module = self.import(template)?;
                self.assign(name, Value::Object(Arc::new(ModuleObject(module))))?;
            }
            StatementKind::FromImport { template, names } => {
                let module = self.import(template)?;
                for (name, alias) in names {
                    let value = match module.variables.get(name) {
                        Some(value) => Macro::at_home(value, &module),
                        None => Value::undefined(format!("the imported template does not define '{name}'")),
                    };
                    self.set(alias, value);
                }
            }
            StatementKind::Macro(declaration) => {
                let value = self.macro_value(declaration);
                self.set(&declaration.name, value);
            }
            StatementKind::CallBlock { call, body } => {
                let caller = self.macro_value(body);
                let value = self.call_with_caller(call, caller)?;
                out.push(value)?;
            }
            StatementKind::Do(expression) => {
                self.evaluate(expression)?;
            }
            StatementKind::Continue => return Ok(Flow::Continue),
            StatementKind::Break => return Ok(Flow::Break),
        }
        Ok(Flow::Next)
    }

    fn macro_value(&self, declaration: &Arc<crate::syntax::Macro>) -> Value {
        Value::Object(Arc::new(Macro {
            declaration: Arc::clone(declaration),
            origin: self.origin.clone(),
            home: Home::Frame(self.current_frame()),
        }))
    }

    fn with_captured(&mut self, value: Value, filter: &Expression) -> Outcome {
        let value = if value.is_null() { Value::from("") } else { value };
        self.captured.push(value);
        let value = self.evaluate(filter);
        self.captured.pop();
        value
    }

    /// Runs a `{% block %}`: `level` 0 is the most derived template's, higher ones are what `super()` means.
    pub(crate) fn run_block(&mut self, name: &Name, level: usize, out: &mut Pieces) -> Outcome<()> {
        // In a template that extends another one, a block is only a definition.
        if self.parent.is_some() {
            return Ok(());
        }
        let Some((block, origin)) = self.blocks.get(name).and_then(|blocks| blocks.get(level)).cloned()
        else {
            return Err(Stop::new(format!("there is no parent block called '{name}'")));
        };
        self.enter()?;
        let before = std::mem::replace(&mut self.origin, origin);
        self.push_frame();
        self.set(&BLOCK.into(), Value::list([Value::string(Arc::clone(name)), Value::from(level)]));
        let done = self.body(&block.body, out);
        self.pop_frame();
        self.origin = before;
        self.leave();
        done.map(|_| ())
    }

    /// Runs a loop over items.
    pub(crate) fn run_loop(
        &mut self,
        node: &Arc<For>,
        value: &Value,
        depth: usize,
        out: &mut Pieces,
    ) -> Outcome<Flow> {
        if depth > DEPTH_LIMIT {
            return Err(Stop::new("the loop recurses too deeply"));
        }
        let mut items = items(value).map_err(|stop| stop.at(|| self.span(node.items.place)))?;
        for item in &mut items {
            *item = self.force(item)?;
        }
        if let Some(filter) = &node.filter {
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                self.push_frame();
                let keep = self
                    .assign(&node.target, item.clone())
                    .and_then(|()| self.evaluate(filter))
                    .and_then(|value| truth(&value));
                self.pop_frame();
                if keep? {
                    kept.push(item);
                }
            }
            items = kept;
        }
        if items.is_empty() {
            return self.scoped(&node.otherwise, out);
        }
        let state =
            Arc::new(LoopState { items, depth, changed: Mutex::new(None), declaration: Arc::clone(node) });
        let name: Name = "loop".into();
        for (index, item) in state.items.iter().enumerate() {
            self.context.budget.take(1)?;
            self.push_frame();
            self.set(&name, Value::Object(Arc::new(Loop { state: Arc::clone(&state), index })));
            let flow = self.assign(&node.target, item.clone()).and_then(|()| self.body(&node.body, out));
            self.pop_frame();
            if flow? == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    /// Assigns to a name, to an attribute of a namespace, or to several of them.
    pub(crate) fn assign(&mut self, target: &Target, value: Value) -> Outcome<()> {
        match target {
            Target::Name(name) => {
                self.set(name, value);
                Ok(())
            }
            Target::Attribute(base, name) => {
                let done = match self.slot(base)? {
                    Some(slot) => {
                        self.change(&slot, |base| set_attribute(base, name, value)).unwrap_or(false)
                    }
                    None => false,
                };
                if done {
                    return Ok(());
                }
                let error = Error::new("cannot assign attribute on non-namespace object")
                    .hint("only attributes of a namespace can be set: {% set ns = namespace() %}");
                Err(error.at_some(self.span(base.place).as_ref()).into())
            }
            Target::Tuple(targets, place) => {
                let mut values = items(&value).map_err(|stop| stop.at(|| self.span(*place)))?;
                if values.len() != targets.len() {
                    let error = Error::new(format!(
                        "cannot unpack {} values into {} names",
                        values.len(),
                        targets.len()
                    ));
                    return Err(error.at_some(self.span(*place).as_ref()).into());
                }
                for value in &mut values {
                    *value = self.force(value)?;
                }
                targets.iter().zip(values).try_for_each(|(target, value)| self.assign(target, value))
            }
        }
    }

    /// Counts a template or macro that is entered.
    pub(crate) fn enter(&mut self) -> Outcome<()> {
        if self.frames.len() > 50 * DEPTH_LIMIT || self.depth >= DEPTH_LIMIT {
            return Err(Stop::new("macros, blocks or templates use each other without end"));
        }
        self.depth += 1;
        Ok(())
    }

    /// Counts a template or macro that is left.
    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn run_included(&mut self, origin: Origin) -> Outcome<Vec<Value>> {
        self.enter()?;
        let mut included = Evaluator::new(self.context, origin);
        included.depth = self.depth;
        included.frames = std::mem::take(&mut self.frames);
        included.push_frame();
        let pieces = included.run_pieces();
        included.pop_frame();
        self.frames = included.frames;
        self.leave();
        pieces
    }

    fn import(&mut self, template: &Expression) -> Outcome<Arc<Module>> {
        let name = self.evaluate(template)?;
        let origin = self.load(&name)?;
        self.enter()?;
        let mut imported = Evaluator::new(self.context, origin);
        imported.depth = self.depth;
        imported.frames = vec![Frame { variables: self.visible(), ..Frame::default() }];
        imported.push_frame();
        imported.run_pieces()?;
        self.leave();
        Ok(Arc::new(Module { variables: imported.visible() }))
    }

    fn load(&mut self, name: &Value) -> Outcome<Origin> {
        self.find_template(name)?.ok_or_else(|| self.template_missing(name))
    }

    fn template_missing(&self, name: &Value) -> Stop {
        let places: Vec<String> =
            self.context.scope.search_path().iter().map(|path| path.display().to_string()).collect();
        let places: Vec<String> = places.iter().map(|place| format!("'{place}'")).collect();
        let error = Error::new(format!("{} not found in search path: {}", name.repr(), places.join(", ")));
        Stop::Error(masked(error, [name]))
    }

    /// The template that a name means, or the first of several names that there is.
    fn find_template(&mut self, name: &Value) -> Outcome<Option<Origin>> {
        known(name)?;
        let names = match name {
            Value::List(names) | Value::Tuple(names) => names.to_vec(),
            other => vec![other.clone()],
        };
        for name in names {
            let name = self.force(&name)?;
            let name = crate::arguments::string(&name, "a template's name")?;
            let directory = self.origin.directory();
            if let Some(path) = self.context.find_file("templates", name, directory.as_deref()) {
                let source = read_source(&path)?;
                let unit = self.context.templates.included(&source)?;
                return Ok(Some(Origin { unit, written: Written::File(source, 0) }));
            }
        }
        Ok(None)
    }
}

/// The hidden variable that says which block is being run, for `super()`.
pub(crate) const BLOCK: &str = " block";

fn read_source(path: &std::path::Path) -> Result<Arc<diag::Source>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(format!("cannot read the template '{}'", path.display())).cause(error))?;
    Ok(diag::Source::new(path, text))
}
