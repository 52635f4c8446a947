use std::sync::Arc;
use std::sync::atomic::Ordering;

use diag::Error;
use value::{Map, Value};

use super::loop_object::Loop;
use super::macro_object::{Function, Home, Macro, Method, downcast};
use super::statements::BLOCK;
use super::{Cycler, Evaluator, Frame, Joiner, Pieces, attribute, methods, mutation};
use crate::arguments::Arguments;
use crate::functions;
use crate::outcome::{Outcome, Stop};
use crate::syntax::{Argument, Expression, ExpressionKind, Name, Place};

impl Evaluator<'_> {
    /// A call: of a function, a macro, a method, `super()` or `loop()`.
    pub(crate) fn call(&mut self, callee: &Expression, arguments: &[Argument], place: Place) -> Outcome {
        match &callee.kind {
            ExpressionKind::Variable(name) => {
                if &**name == "super" && self.frame_of(BLOCK).is_some() {
                    return self.call_super();
                }
                if self.frame_of(name).is_none()
                    && let Some(function) = functions::find(name)
                {
                    let arguments = self.lookup_arguments(function, arguments)?;
                    return self.call_function(function, arguments, place);
                }
            }
            ExpressionKind::Attribute(value, name) => {
                if let ExpressionKind::Variable(variable) = &value.kind
                    && &**variable == "self"
                    && self.blocks.contains_key(name)
                {
                    let mut pieces = Pieces::default();
                    self.run_block(name, 0, &mut pieces)?;
                    return self.joined(pieces.into_values());
                }
                return self.call_method(value, name, arguments, place);
            }
            _ => {}
        }
        let callee = self.evaluate(callee)?;
        let arguments = self.arguments(arguments)?;
        self.call_value(&callee, arguments, place)
    }

    /// The arguments of a function; templates written out in a lookup's terms are rendered.
    fn lookup_arguments(
        &mut self,
        function: &functions::Function,
        arguments: &[Argument],
    ) -> Outcome<Arguments> {
        if !function.embedded_templates {
            return self.arguments(arguments);
        }
        let before = std::mem::replace(&mut self.embedded_templates, true);
        let evaluated = self.arguments(arguments);
        self.embedded_templates = before;
        let mut evaluated = evaluated?;
        // The name of the lookup is none of its terms.
        if let Some(Argument::Positional(Expression { kind: ExpressionKind::Constant(name), .. })) =
            arguments.first()
            && let Some(first) = evaluated.positional.first_mut()
        {
            *first = name.clone();
        }
        Ok(evaluated)
    }

    fn call_function(
        &mut self,
        function: &'static functions::Function,
        arguments: Arguments,
        place: Place,
    ) -> Outcome {
        (function.run)(self, arguments).map_err(|stop| match stop {
            Stop::Error(error) if error.span().is_none() => {
                Stop::Error(error.at_some(self.span(place).as_ref()))
            }
            other => other,
        })
    }

    fn call_super(&mut self) -> Outcome {
        let Some(block) = self.local(BLOCK) else { return Ok(Value::Null) };
        let [name, level] = block.as_list().unwrap_or_default() else { return Ok(Value::Null) };
        let (Some(name), Some(level)) = (name.as_text(), level.as_i64()) else { return Ok(Value::Null) };
        let mut pieces = Pieces::default();
        self.run_block(&name.shared(), usize::try_from(level).unwrap_or(0) + 1, &mut pieces)?;
        self.joined(pieces.into_values())
    }

    /// Calls a macro with the body of a call block as its `caller`.
    pub(crate) fn call_with_caller(&mut self, call: &Expression, caller: Value) -> Outcome {
        let ExpressionKind::Call { callee, arguments } = &call.kind else {
            return Err(Stop::new("a call block needs a call"));
        };
        let callee = self.evaluate(callee)?;
        let mut arguments = self.arguments(arguments)?;
        arguments.named.push(("caller".into(), caller));
        self.call_value(&callee, arguments, call.place)
    }

    /// Calls what can be called.
    pub(crate) fn call_value(&mut self, callee: &Value, arguments: Arguments, place: Place) -> Outcome {
        if let Value::Undefined(_) | Value::Unknown(_) = callee {
            return Ok(callee.clone());
        }
        if let Some(function) = downcast::<Function>(callee) {
            return self.call_function(function.0, arguments, place);
        }
        if let Some(this) = downcast::<Macro>(callee) {
            return self.call_macro(this, arguments);
        }
        if let Some(method) = downcast::<Method>(callee) {
            return self.method(&method.value, &method.name, arguments);
        }
        if let Some(joiner) = downcast::<Joiner>(callee) {
            return Ok(joiner.next());
        }
        if let Some(turn) = downcast::<Loop>(callee) {
            return self.call_loop(turn, arguments);
        }
        Err(Error::new(format!("'{}' object is not callable", callee.type_name()))
            .advice("only functions, macros and methods are called: leave the parentheses out")
            .into())
    }

    fn call_loop(&mut self, turn: &Loop, mut arguments: Arguments) -> Outcome {
        if !turn.state.declaration.recursive {
            return Err(Error::new("the loop is not recursive")
                .hint("write {% for ... recursive %} to call loop() in it")
                .into());
        }
        let items = arguments.first()?;
        let mut pieces = Pieces::default();
        self.run_loop(&turn.state.declaration, &items, turn.state.depth + 1, &mut pieces)?;
        self.joined(pieces.into_values())
    }

    fn call_macro(&mut self, this: &Macro, arguments: Arguments) -> Outcome {
        self.enter()?;
        let frames = self.frames.len();
        let parent = match &this.home {
            Home::Frame(number) => Some((*number).min(frames.saturating_sub(1))),
            Home::Module(module) => {
                self.push(Frame {
                    variables: module.variables.clone(),
                    module: Some(Arc::clone(module)),
                    ..Frame::default()
                });
                Some(frames)
            }
        };
        self.push(Frame { parent, ..Frame::default() });
        let before = std::mem::replace(&mut self.origin, this.origin.clone());
        let mut pieces = Pieces::default();
        let done = self
            .bind_parameters(this, arguments)
            .and_then(|()| self.body(&this.declaration.body, &mut pieces));
        self.origin = before;
        self.frames.truncate(frames);
        self.leave();
        done?;
        self.joined(pieces.into_values())
    }

    fn bind_parameters(&mut self, this: &Macro, mut arguments: Arguments) -> Outcome<()> {
        let declaration = &this.declaration;
        let caller = arguments.take("caller");
        let mut positional = std::mem::take(&mut arguments.positional).into_iter();
        for (name, default) in &declaration.parameters {
            let value = match (positional.next(), arguments.take(name)) {
                (Some(_), Some(_)) => {
                    return Err(Stop::new(format!(
                        "macro '{}' got argument '{name}' twice",
                        declaration.name
                    )));
                }
                (Some(value), None) | (None, Some(value)) => value,
                (None, None) => match default {
                    Some(default) => self.evaluate(default)?,
                    None => Value::undefined(format!("parameter '{name}' was not provided")),
                },
            };
            self.set(name, value);
        }
        let rest: Vec<Value> = positional.collect();
        if declaration.takes_rest {
            self.set(&"varargs".into(), Value::Tuple(Arc::new(rest)));
        } else if !rest.is_empty() {
            let (name, count) = (&declaration.name, declaration.parameters.len());
            return Err(Stop::new(format!("macro '{name}' takes not more than {count} argument(s)")));
        }
        if declaration.takes_named_rest {
            let rest: Map =
                arguments.named.into_iter().map(|(name, value)| (Value::string(name), value)).collect();
            self.set(&"kwargs".into(), Value::from(rest));
        } else if let Some((name, _)) = arguments.named.first() {
            return Err(Stop::new(format!("macro '{}' takes no argument '{name}'", declaration.name)));
        }
        if let Some(caller) = caller {
            self.set(&"caller".into(), caller);
        }
        Ok(())
    }

    fn call_method(
        &mut self,
        value: &Expression,
        name: &Name,
        arguments: &[Argument],
        place: Place,
    ) -> Outcome {
        if mutation::is_mutating(name)
            && let Some(slot) = self.slot(value)?
        {
            let arguments = self.arguments(arguments)?;
            match self.change(&slot, |value| mutation::mutate(value, name, &arguments)) {
                Some(Some(result)) => return result,
                // Neither a list nor a dict, or not there: what the method means then is said below.
                Some(None) | None => {
                    let value = self.evaluate(value)?;
                    return self.called(&value, name, arguments, place);
                }
            }
        }
        let value = self.evaluate(value)?;
        if let Value::Undefined(_) | Value::Unknown(_) = value {
            return Ok(value);
        }
        let arguments = self.arguments(arguments)?;
        self.called(&value, name, arguments, place)
    }

    /// Calls the method of a value, or what a dict or an object has under the name.
    fn called(&mut self, value: &Value, name: &Name, arguments: Arguments, place: Place) -> Outcome {
        if let Value::Undefined(_) | Value::Unknown(_) = value {
            return Ok(value.clone());
        }
        if let Some(turn) = downcast::<Loop>(value) {
            match &**name {
                "cycle" => {
                    let items = arguments.positional;
                    return items
                        .get(turn.index % items.len().max(1))
                        .cloned()
                        .ok_or_else(|| Stop::new("no items for cycling given"));
                }
                "changed" => {
                    return Ok(Value::Bool(turn.changed(Value::List(Arc::new(arguments.positional)))));
                }
                _ => {}
            }
        }
        if let Some(cycler) = downcast::<Cycler>(value) {
            match &**name {
                "next" => return Ok(cycler.next()),
                "reset" => {
                    cycler.at.store(0, Ordering::Relaxed);
                    return Ok(Value::Null);
                }
                _ => {}
            }
        }
        if methods::exists(value, name) {
            return self.method(value, name, arguments);
        }
        // A list or dict that has no slot, such as a filter's result: the change is seen by nobody, the result is.
        if mutation::is_mutating(name) {
            let mut copy = value.clone();
            if let Some(result) = mutation::mutate(&mut copy, name, &arguments) {
                return result;
            }
        }
        let callee = attribute(value, name)?;
        let callee = self.force(&callee)?;
        self.call_value(&callee, arguments, place)
    }

    fn method(&mut self, value: &Value, name: &str, arguments: Arguments) -> Outcome {
        let reads = methods::reads(value, name);
        let mut all = arguments;
        all.positional.insert(0, value.clone());
        let name: Name = name.into();
        self.run_method(reads, &name, all)
    }
}
