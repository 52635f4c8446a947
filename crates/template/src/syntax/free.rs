use std::collections::BTreeSet;

use value::Value;

use super::tree::*;

/// The variables that a template uses and does not set itself: its own loop variables, macros' parameters and the like
/// are left out, and so are the names of functions. Names in `lookup('vars', 'x')` count where they are written out.
pub(crate) fn free_names(unit: &Unit) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    stacker::maybe_grow(1 << 20, 4 << 20, || body_names(&unit.body, &mut names));
    names
}

/// Adds the free names of a body.
pub(crate) fn body_names(body: &Body, names: &mut BTreeSet<String>) {
    Walk { names, bound: Vec::new() }.body(body);
}

struct Walk<'a> {
    names: &'a mut BTreeSet<String>,
    bound: Vec<Name>,
}

impl Walk<'_> {
    /// Walks a body; what it binds ends with it.
    fn scoped(&mut self, bind: impl FnOnce(&mut Self), body: &Body) {
        let depth = self.bound.len();
        bind(self);
        self.body(body);
        self.bound.truncate(depth);
    }

    fn body(&mut self, body: &Body) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Text(_) | StatementKind::Continue | StatementKind::Break => {}
            StatementKind::Output(expression) | StatementKind::Do(expression) => self.expression(expression),
            StatementKind::For(node) => {
                self.expression(&node.items);
                self.scoped(
                    |walk| {
                        walk.bind(&node.target);
                        walk.bound.push("loop".into());
                        node.filter.iter().for_each(|filter| walk.expression(filter));
                    },
                    &node.body,
                );
                self.scoped(|_| {}, &node.otherwise);
            }
            StatementKind::If { test, then, otherwise } => {
                self.expression(test);
                // What only one branch sets may still be needed from outside afterwards.
                self.scoped(|_| {}, then);
                self.scoped(|_| {}, otherwise);
            }
            StatementKind::With { assignments, body } => {
                let depth = self.bound.len();
                for (target, value) in assignments {
                    self.expression(value);
                    self.bind(target);
                }
                self.body(body);
                self.bound.truncate(depth);
            }
            StatementKind::Set { target, value } => {
                self.expression(value);
                self.bind(target);
            }
            StatementKind::SetBlock { target, filter, body } => {
                filter.iter().for_each(|filter| self.expression(filter));
                self.scoped(|_| {}, body);
                self.bind(target);
            }
            StatementKind::FilterBlock { filter, body } => {
                self.expression(filter);
                self.scoped(|_| {}, body);
            }
            StatementKind::Block(block) => self.scoped(|_| {}, &block.body),
            StatementKind::Group(body) => self.scoped(|_| {}, body),
            StatementKind::Import { template, name } => {
                self.expression(template);
                self.bind(name);
            }
            StatementKind::FromImport { template, names } => {
                self.expression(template);
                self.bound.extend(names.iter().map(|(_, alias)| Name::clone(alias)));
            }
            StatementKind::Extends(template) | StatementKind::Include { template, .. } => {
                self.expression(template)
            }
            StatementKind::Macro(declaration) => {
                self.bound.push(Name::clone(&declaration.name));
                self.declaration(declaration);
            }
            StatementKind::CallBlock { call, body } => {
                self.expression(call);
                self.declaration(body);
            }
        }
    }

    fn declaration(&mut self, declaration: &Macro) {
        for (_, default) in &declaration.parameters {
            default.iter().for_each(|default| self.expression(default));
        }
        self.scoped(
            |walk| walk.bound.extend(declaration.parameters.iter().map(|(name, _)| Name::clone(name))),
            &declaration.body,
        );
    }

    fn bind(&mut self, target: &Target) {
        match target {
            Target::Name(name) => self.bound.push(Name::clone(name)),
            Target::Attribute(expression, _) => self.expression(expression),
            Target::Tuple(targets, _) => targets.iter().for_each(|target| self.bind(target)),
        }
    }

    fn name(&mut self, name: &str) {
        if !self.bound.iter().any(|bound| **bound == *name) {
            self.names.insert(name.to_owned());
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        arguments.iter().for_each(|argument| self.expression(argument.expression()));
    }

    fn expression(&mut self, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::Variable(name) => self.name(name),
            ExpressionKind::Constant(_) | ExpressionKind::Captured => {}
            ExpressionKind::List(items) | ExpressionKind::Tuple(items) => {
                items.iter().for_each(|item| self.expression(item));
            }
            ExpressionKind::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.expression(key);
                self.expression(value);
            }),
            ExpressionKind::Attribute(value, _)
            | ExpressionKind::Not(value)
            | ExpressionKind::Negate(value) => {
                self.expression(value);
            }
            ExpressionKind::Item(left, right)
            | ExpressionKind::Binary(_, left, right)
            | ExpressionKind::And(left, right)
            | ExpressionKind::Or(left, right) => {
                self.expression(left);
                self.expression(right);
            }
            ExpressionKind::Slice(slice) => {
                self.expression(&slice.value);
                [&slice.start, &slice.stop, &slice.step]
                    .into_iter()
                    .flatten()
                    .for_each(|part| self.expression(part));
            }
            ExpressionKind::Compare(left, rest) => {
                self.expression(left);
                rest.iter().for_each(|(_, right)| self.expression(right));
            }
            ExpressionKind::If { test, then, otherwise } => {
                self.expression(test);
                self.expression(then);
                otherwise.iter().for_each(|otherwise| self.expression(otherwise));
            }
            ExpressionKind::Filter(applied) => {
                self.expression(&applied.value);
                self.arguments(&applied.arguments);
            }
            ExpressionKind::Test(applied) => {
                self.expression(&applied.value);
                self.arguments(&applied.arguments);
            }
            ExpressionKind::Call { callee, arguments } => {
                match &callee.kind {
                    ExpressionKind::Variable(name) => {
                        if !crate::functions::exists(name) {
                            self.name(name);
                        }
                        self.looked_up(name, arguments);
                    }
                    _ => self.expression(callee),
                }
                self.arguments(arguments);
            }
        }
    }

    /// The names that `lookup('vars', 'a', 'b')` asks for.
    fn looked_up(&mut self, function: &str, arguments: &[Argument]) {
        let constant = |argument: &Argument| match argument {
            Argument::Positional(Expression {
                kind: ExpressionKind::Constant(Value::String(text)), ..
            }) => Some(text.to_string()),
            _ => None,
        };
        if !matches!(function, "lookup" | "query" | "q") {
            return;
        }
        let mut arguments = arguments.iter();
        let kind = arguments.next().and_then(constant);
        if matches!(kind.as_deref(), Some("vars" | "ansible.builtin.vars")) {
            arguments.filter_map(constant).for_each(|name| self.name(&name));
        }
    }
}
