use diag::{Error, did_you_mean};

use super::lower::of_syntax;
use super::tree::*;
use crate::filters::short_name;

/// Finds the first filter, test or lookup that does not exist, where it is sure to be reached: in a branch that may not be
/// taken it is an error only when it is.
pub(crate) fn check(unit: &Unit) -> Option<(Error, Place)> {
    let (error, place) = stacker::maybe_grow(1 << 20, 4 << 20, || body(&unit.body))?;
    Some((of_syntax(error, unit.kind), place))
}

type Found = Option<(Error, Place)>;

fn body(statements: &Body) -> Found {
    statements.iter().find_map(statement)
}

fn statement(statement: &Statement) -> Found {
    match &statement.kind {
        StatementKind::Output(it) | StatementKind::Do(it) | StatementKind::Set { value: it, .. } => {
            expression(it)
        }
        StatementKind::For(node) => expression(&node.items),
        StatementKind::If { test, .. } => expression(test),
        StatementKind::With { assignments, body: inner } => {
            assignments.iter().find_map(|(_, value)| expression(value)).or_else(|| body(inner))
        }
        StatementKind::SetBlock { filter, body: inner, .. } => {
            filter.as_ref().and_then(expression).or_else(|| body(inner))
        }
        StatementKind::FilterBlock { filter, body: inner } => expression(filter).or_else(|| body(inner)),
        StatementKind::Group(inner) => body(inner),
        _ => None,
    }
}

fn expression(node: &Expression) -> Found {
    match &node.kind {
        ExpressionKind::Filter(applied) => expression(&applied.value)
            .or_else(|| applied.found.is_none().then(|| (unknown_filter(&applied.name), node.place)))
            .or_else(|| arguments(&applied.arguments)),
        ExpressionKind::Test(applied) => expression(&applied.value)
            .or_else(|| applied.found.is_none().then(|| (unknown_test(&applied.name), node.place)))
            .or_else(|| arguments(&applied.arguments)),
        ExpressionKind::Call { callee, arguments: given } => {
            expression(callee).or_else(|| lookup(callee, given)).or_else(|| arguments(given))
        }
        ExpressionKind::List(items) | ExpressionKind::Tuple(items) => items.iter().find_map(expression),
        ExpressionKind::Map(entries) => {
            entries.iter().find_map(|(key, value)| expression(key).or_else(|| expression(value)))
        }
        ExpressionKind::Attribute(value, _) | ExpressionKind::Not(value) | ExpressionKind::Negate(value) => {
            expression(value)
        }
        ExpressionKind::Item(left, right) | ExpressionKind::Binary(_, left, right) => {
            expression(left).or_else(|| expression(right))
        }
        ExpressionKind::And(left, _) | ExpressionKind::Or(left, _) => expression(left),
        ExpressionKind::Compare(left, rest) => {
            expression(left).or_else(|| rest.first().and_then(|(_, right)| expression(right)))
        }
        ExpressionKind::If { test, .. } => expression(test),
        ExpressionKind::Slice(slice) => expression(&slice.value),
        ExpressionKind::Variable(_) | ExpressionKind::Constant(_) | ExpressionKind::Captured => None,
    }
}

fn arguments(arguments: &[Argument]) -> Found {
    arguments.iter().find_map(|argument| expression(argument.expression()))
}

fn lookup(callee: &Expression, arguments: &[Argument]) -> Found {
    let ExpressionKind::Variable(name) = &callee.kind else { return None };
    if !matches!(&**name, "lookup" | "query" | "q") {
        return None;
    }
    let Some(Argument::Positional(Expression { kind: ExpressionKind::Constant(name), place })) =
        arguments.first()
    else {
        return None;
    };
    let name = name.as_str()?;
    crate::lookups::find(name).is_none().then(|| (crate::lookups::unknown(name), *place))
}

/// The error that a filter which does not exist is.
pub(crate) fn unknown_filter(name: &str) -> Error {
    let near = did_you_mean(short_name(name), crate::filters::FILTERS.iter().map(|filter| filter.name));
    Error::new(format!("No filter named '{name}'.")).advice(near.unwrap_or_else(|| of_others("filters")))
}

/// The error that a test which does not exist is.
pub(crate) fn unknown_test(name: &str) -> Error {
    let near = did_you_mean(short_name(name), crate::jinja_tests::TESTS.iter().map(|test| test.name));
    Error::new(format!("No test named '{name}'.")).advice(near.unwrap_or_else(|| of_others("tests")))
}

fn of_others(kind: &str) -> String {
    format!(
        "there are the {kind} of Jinja and ansible.builtin, and some of other collections; Python is not run"
    )
}
