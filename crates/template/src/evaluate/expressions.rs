use std::sync::Arc;

use diag::Error;
use value::{Map, Text, Undefined, Value};

use super::access::slice;
use super::operators::{self, truth};
use super::{Evaluator, Function, attribute, is_secret, item, listed, mark_secret, masked};
use crate::arguments::{Arguments, items, known};
use crate::filters::{Filter, Reads};
use crate::functions;
use crate::jinja_tests::JinjaTest;
use crate::outcome::{NO_ELSE, Outcome, Stop};
use crate::syntax::*;

impl Evaluator<'_> {
    /// What an expression is. It may be undefined or unknown, and its items may be templates still.
    pub(crate) fn evaluate(&mut self, expression: &Expression) -> Outcome {
        let value = stacker::maybe_grow(128 << 10, 1 << 20, || self.evaluate_counted(expression))
            .map_err(|stop| stop.at(|| self.span(expression.place)))?;
        Ok(match value {
            Value::Undefined(mut undefined) if undefined.span.is_none() => {
                Arc::make_mut(&mut undefined).span = self.span(expression.place);
                Value::Undefined(undefined)
            }
            value => value,
        })
    }

    /// What an expression is, where it has to be there and known.
    fn evaluate_known(&mut self, expression: &Expression) -> Outcome {
        let value = self.evaluate(expression)?;
        known(&value)?;
        Ok(value)
    }

    /// Evaluates within what the rendering may do.
    fn evaluate_counted(&mut self, expression: &Expression) -> Outcome {
        let budget = &self.context.budget;
        budget.take(1)?;
        let value = self.evaluate_kind(expression)?;
        if let ExpressionKind::Filter(_) | ExpressionKind::Call { .. } | ExpressionKind::Binary(..) =
            expression.kind
        {
            budget.count(&value)?;
        }
        Ok(value)
    }

    fn evaluate_kind(&mut self, expression: &Expression) -> Outcome {
        match &expression.kind {
            ExpressionKind::Variable(name) => self.variable(name, expression.place),
            ExpressionKind::Constant(Value::String(text))
                if self.embedded_templates && text.contains("{{") =>
            {
                let origin = self.span(expression.place);
                self.context.render(&Text::trusted(text.as_str(), origin))
            }
            ExpressionKind::Constant(value) => Ok(value.clone()),
            ExpressionKind::Captured => Ok(self.captured.last().cloned().unwrap_or_default()),
            ExpressionKind::List(items) => Ok(Value::List(Arc::new(self.evaluate_all(items)?))),
            ExpressionKind::Tuple(items) => Ok(Value::Tuple(Arc::new(self.evaluate_all(items)?))),
            ExpressionKind::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.evaluate_known(key)?;
                    if let Value::List(_) | Value::Map(_) = key {
                        return Err(Stop::new(format!("a {} can't be the key of a dict", key.type_name())));
                    }
                    let value = self.evaluate(value)?;
                    map.insert(key, value);
                }
                Ok(Value::from(map))
            }
            ExpressionKind::Attribute(value, name) => {
                let value = self.evaluate(value)?;
                let found = attribute(&value, name)?;
                self.force(&found)
            }
            ExpressionKind::Item(value, key) => {
                let value = self.evaluate(value)?;
                if value.is_undefined() {
                    return Ok(value);
                }
                let key = self.evaluate(key)?;
                let found = item(&value, &key)?;
                self.force(&found)
            }
            ExpressionKind::Slice(node) => {
                let value = listed(self.evaluate(&node.value)?)?;
                let mut bound = |bound: &Option<Expression>| match bound {
                    Some(bound) => self.evaluate(bound),
                    None => Ok(Value::Null),
                };
                let (start, stop, step) = (bound(&node.start)?, bound(&node.stop)?, bound(&node.step)?);
                slice(&value, &start, &stop, &step)
            }
            ExpressionKind::Not(value) => match self.evaluate(value)? {
                Value::Unknown(unknown) => Ok(Value::Unknown(unknown)),
                value => Ok(Value::Bool(!truth(&value)?)),
            },
            ExpressionKind::Negate(value) => operators::negate(&self.evaluate(value)?),
            ExpressionKind::Binary(operator, left, right) => {
                let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
                self.binary(*operator, &left, &right)
            }
            ExpressionKind::And(left, right) => self.and_or(left, right, true),
            ExpressionKind::Or(left, right) => self.and_or(left, right, false),
            ExpressionKind::Compare(left, rest) => self.compared(left, rest),
            ExpressionKind::If { test, then, otherwise } => self.either(test, then, otherwise.as_deref()),
            ExpressionKind::Filter(applied) => self.filtered(applied, expression.place),
            ExpressionKind::Test(applied) => self.tested(applied, expression.place),
            ExpressionKind::Call { callee, arguments } => self.call(callee, arguments, expression.place),
        }
    }

    fn evaluate_all(&mut self, expressions: &[Expression]) -> Outcome<Vec<Value>> {
        expressions.iter().map(|expression| self.evaluate(expression)).collect()
    }

    /// A variable: the template's own, the scope's, or a function of Jinja or Ansible.
    pub(crate) fn variable(&mut self, name: &Name, place: Place) -> Outcome {
        if let Some(value) = self.local(name) {
            return Ok(value);
        }
        match self.context.variable(name) {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => {}
            // The error is about the variable's own template; say who needed it as well.
            Err(stop) => {
                let span = self.span(place);
                return Err(stop.map_error(|error| match span {
                    Some(span) if error.span().is_some() => {
                        error.related(&span, format!("'{name}' is used here"))
                    }
                    _ => error,
                }));
            }
        }
        if &**name == "omit" {
            return Ok(Value::Omit);
        }
        if let Some(function) = functions::find(name) {
            return Ok(Value::Object(Arc::new(Function(function))));
        }
        let mut undefined = Undefined::new(format!("'{name}' is undefined"));
        undefined.span = self.span(place);
        Ok(Value::from(undefined))
    }

    fn binary(&mut self, operator: BinaryOperator, left: &Value, right: &Value) -> Outcome {
        for side in [left, right] {
            if let Value::Undefined(undefined) = side {
                return Err(Stop::Undefined(undefined.clone()));
            }
        }
        for side in [left, right] {
            if let Value::Unknown(unknown) = side {
                return Ok(Value::Unknown(unknown.clone()));
            }
        }
        // Joining two lists needs none of their items; printing one needs all.
        let is_text = operator == BinaryOperator::Concatenate
            || (operator == BinaryOperator::Remainder && left.as_str().is_some());
        if !is_text {
            let secret = left.as_text().is_some_and(|text| text.is_secret())
                || right.as_text().is_some_and(|text| text.is_secret());
            let value = operators::binary(operator, left, right)?;
            return Ok(if secret { mark_secret(value, true) } else { value });
        }
        let (left, right) = (self.for_text(left)?, self.for_text(right)?);
        if let Some(unknown) = left.find_unknown().or_else(|| right.find_unknown()) {
            return Ok(Value::Unknown(unknown.clone()));
        }
        let secret = is_secret(&left) || is_secret(&right);
        Ok(mark_secret(operators::binary(operator, &left, &right)?, secret))
    }

    /// The value as it is printed: everything in it rendered, tuples still tuples.
    fn for_text(&mut self, value: &Value) -> Outcome {
        match value {
            Value::Omit => Ok(Value::Omit),
            other => self.rendered(other),
        }
    }

    /// `and` and `or`, with three truth values: what the known side decides alone is known.
    fn and_or(&mut self, left: &Expression, right: &Expression, is_and: bool) -> Outcome {
        let left = self.evaluate(left)?;
        if !matches!(left, Value::Unknown(_)) {
            return if truth(&left)? == is_and { self.evaluate(right) } else { Ok(left) };
        }
        // The left side may be there to keep the right one from being asked at all.
        match self.evaluate(right) {
            Ok(Value::Bool(right)) if right != is_and => Ok(Value::Bool(right)),
            _ => Ok(left),
        }
    }

    fn compared(&mut self, left: &Expression, rest: &[(Comparison, Expression)]) -> Outcome {
        let mut left = self.evaluate(left)?;
        let mut unknown = None;
        for (comparison, right) in rest {
            let right = self.evaluate(right)?;
            match self.comparison(*comparison, &left, &right)? {
                Value::Bool(true) => {}
                found @ Value::Unknown(_) => unknown = unknown.or(Some(found)),
                decided => return Ok(decided),
            }
            left = right;
        }
        Ok(unknown.unwrap_or(Value::Bool(true)))
    }

    /// One comparison: true, false or unknown.
    fn comparison(&mut self, comparison: Comparison, left: &Value, right: &Value) -> Outcome {
        for side in [left, right] {
            if let Value::Undefined(undefined) = side {
                return Err(Stop::Undefined(undefined.clone()));
            }
        }
        for side in [left, right] {
            if let Value::Unknown(unknown) = side {
                return Ok(Value::Unknown(unknown.clone()));
            }
        }
        let (left, right) = (self.settled(left)?, self.settled(right)?);
        let result = match comparison {
            Comparison::Equal => operators::equal(&left, &right),
            Comparison::NotEqual => operators::equal(&left, &right).map(|equal| !equal),
            Comparison::In => operators::contains(&right, &left),
            Comparison::NotIn => operators::contains(&right, &left).map(|contains| !contains),
            Comparison::Less => operators::order(&left, &right, "<").map(std::cmp::Ordering::is_lt),
            Comparison::LessOrEqual => operators::order(&left, &right, "<=").map(std::cmp::Ordering::is_le),
            Comparison::Greater => operators::order(&left, &right, ">").map(std::cmp::Ordering::is_gt),
            Comparison::GreaterOrEqual => {
                operators::order(&left, &right, ">=").map(std::cmp::Ordering::is_ge)
            }
        };
        match result {
            Ok(bool) => Ok(Value::Bool(bool)),
            Err(Stop::Unknown(unknown)) => Ok(Value::Unknown(unknown)),
            Err(other) => Err(other),
        }
    }

    /// The value with the templates in it rendered and tuples and objects kept, so that it can be compared.
    fn settled(&mut self, value: &Value) -> Outcome {
        match value {
            Value::List(_) | Value::Tuple(_) | Value::Map(_) => self.rendered(value),
            other => Ok(other.clone()),
        }
    }

    fn either(&mut self, test: &Expression, then: &Expression, otherwise: Option<&Expression>) -> Outcome {
        match self.evaluate(test)? {
            Value::Unknown(unknown) => {
                let otherwise = otherwise.map(|otherwise| self.evaluate(otherwise));
                match (self.evaluate(then), otherwise) {
                    (Ok(then), Some(Ok(otherwise)))
                        if then == otherwise && then.find_unknown().is_none() && !then.is_undefined() =>
                    {
                        Ok(then)
                    }
                    _ => Ok(Value::Unknown(unknown)),
                }
            }
            test if truth(&test)? => self.evaluate(then),
            _ => match otherwise {
                Some(otherwise) => self.evaluate(otherwise),
                None => Ok(Value::undefined(NO_ELSE)),
            },
        }
    }

    fn filtered(&mut self, applied: &Applied<Filter>, place: Place) -> Outcome {
        let Some(filter) = applied.found else {
            return Err(of_syntax(unknown_filter(&applied.name), self.origin.unit.kind).into());
        };
        let value = self.subject(&applied.value, filter.reads)?;
        let mut arguments = self.arguments(&applied.arguments)?;
        arguments.positional.insert(0, value);
        self.apply_filter(filter, arguments, place)
    }

    /// The value that a filter or test is applied to.
    fn subject(&mut self, value: &Expression, reads: Reads) -> Outcome {
        match self.evaluate(value) {
            Err(Stop::Sealed(vault, _)) if reads == Reads::Vaults => Ok(Value::Vaulted(vault)),
            value => value,
        }
    }

    /// Applies a filter; the first positional argument is the value.
    pub(crate) fn apply_filter(
        &mut self,
        filter: &'static Filter,
        arguments: Arguments,
        place: Place,
    ) -> Outcome {
        self.run_plugin(filter.reads, filter.run, arguments).map_err(|stop| match stop {
            Stop::Error(error) if !error.is_complete() => {
                Stop::Error(plugin_failed("filter", filter.name, error).at_some(self.span(place).as_ref()))
            }
            other => other,
        })
    }

    /// Prepares a filter's or test's arguments as it wants them, runs it, and marks what it makes.
    pub(crate) fn run_plugin(
        &mut self,
        reads: Reads,
        run: fn(&mut Evaluator<'_>, Arguments) -> Outcome,
        arguments: Arguments,
    ) -> Outcome {
        let is_secret_text = |value: &&Value| value.as_text().is_some_and(|text| text.is_secret());
        let secrets: Vec<Value> = arguments.values().filter(is_secret_text).cloned().collect();
        self.run_prepared(reads, run, arguments).map_err(|stop| match stop {
            Stop::Error(error) => masked(error, &secrets).into(),
            other => other,
        })
    }

    fn run_prepared(
        &mut self,
        reads: Reads,
        run: fn(&mut Evaluator<'_>, Arguments) -> Outcome,
        mut arguments: Arguments,
    ) -> Outcome {
        if reads == Reads::Anything {
            return run(self, arguments).or_else(Stop::into_value);
        }
        let missing = arguments.values().find(|value| value.is_undefined());
        let unknown = || arguments.values().find(|value| matches!(value, Value::Unknown(_)));
        if let Some(found) = missing.or_else(unknown) {
            return Ok(found.clone());
        }
        for value in arguments.values_mut() {
            *value = listed(std::mem::take(value))?;
        }
        if reads == Reads::Items {
            return run(self, arguments).or_else(Stop::into_value);
        }
        for value in arguments.values_mut() {
            if let Value::List(_) | Value::Tuple(_) | Value::Map(_) | Value::Object(_) = value {
                *value = match self.rendered(value) {
                    Ok(resolved) => resolved,
                    Err(stop) => return stop.into_value(),
                };
            }
        }
        if let Some(unknown) = arguments.values().find_map(Value::find_unknown) {
            return Ok(Value::Unknown(unknown.clone()));
        }
        if !arguments.values().any(is_secret) {
            return run(self, arguments).or_else(Stop::into_value);
        }
        let given = arguments.clone();
        match run(self, arguments).or_else(Stop::into_value) {
            Ok(value) => Ok(mark_secret(value, matches!(reads, Reads::Everything | Reads::Vaults))),
            Err(Stop::Error(error)) => Err(masked(error, given.values()).into()),
            Err(other) => Err(other),
        }
    }

    fn tested(&mut self, applied: &Applied<JinjaTest>, place: Place) -> Outcome {
        let Some(test) = applied.found else {
            return Err(of_syntax(unknown_test(&applied.name), self.origin.unit.kind).into());
        };
        let value = self.subject(&applied.value, test.reads)?;
        let mut arguments = self.arguments(&applied.arguments)?;
        arguments.positional.insert(0, value);
        self.apply_test(test, arguments, place)
    }

    /// Applies a test; the first positional argument is the value. True, false, undefined or unknown.
    pub(crate) fn apply_test(
        &mut self,
        test: &'static JinjaTest,
        arguments: Arguments,
        place: Place,
    ) -> Outcome {
        self.run_plugin(test.reads, test.run, arguments).map_err(|stop| match stop {
            Stop::Error(error) if !error.is_complete() => {
                Stop::Error(plugin_failed("test", test.name, error).at_some(self.span(place).as_ref()))
            }
            other => other,
        })
    }

    /// The arguments of a call, `*` and `**` spread out.
    pub(crate) fn arguments(&mut self, arguments: &[Argument]) -> Outcome<Arguments> {
        let mut evaluated = Arguments::default();
        for argument in arguments {
            match argument {
                Argument::Positional(expression) => {
                    let value = self.evaluate(expression)?;
                    evaluated.positional.push(self.given(expression, value));
                }
                Argument::Named(name, expression) => {
                    let value = self.evaluate(expression)?;
                    let value = self.given(expression, value);
                    evaluated.named.push((Arc::clone(name), value));
                }
                Argument::Spread(value) => evaluated.positional.extend(items(&self.evaluate(value)?)?),
                Argument::SpreadNamed(value) => {
                    let value = self.evaluate_known(value)?;
                    let Some(map) = value.as_map() else {
                        return Err(Stop::new(format!(
                            "'**' needs a dict, not a value of type '{}'",
                            value.type_name()
                        )));
                    };
                    for (name, value) in map {
                        let Some(name) = name.as_text() else {
                            return Err(Error::new("names of arguments must be strings").into());
                        };
                        evaluated.named.push((name.shared(), self.force(value)?));
                    }
                }
            }
        }
        Ok(evaluated)
    }
}

/// An error that says which filter or test it is of; those that have a collection are named with it.
fn plugin_failed(kind: &str, name: &str, error: Error) -> Error {
    let collection = if name.contains('.') { "" } else { "ansible.builtin." };
    error.context(format!("The {kind} plugin '{collection}{name}' failed")).complete()
}
