//! Where a statement of the debugger puts something: `task.args['name']`, `task_vars['list'][0]`.

use std::sync::Arc;

use diag::{Error, Result};
use value::Value;

/// What can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// `task.args`.
    Arguments,
    /// `task_vars`.
    Variables,
}

/// A place below one of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'t> {
    pub(super) root: Root,
    /// The expressions in square brackets.
    pub(super) keys: Vec<&'t str>,
}

impl Place<'_> {
    /// Reads a place.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn parse(text: &str) -> Result<Place<'_>> {
        let wrong = || {
            Error::new(format!("SyntaxError: '{}' can't be assigned to", text.trim()))
                .hint("task.args[KEY] and task_vars[KEY] can")
        };
        let text = text.trim();
        let (root, mut rest) = match (text.strip_prefix("task.args"), text.strip_prefix("task_vars")) {
            (Some(rest), _) => (Root::Arguments, rest),
            (None, Some(rest)) => (Root::Variables, rest),
            (None, None) => return Err(wrong()),
        };
        let mut keys = Vec::new();
        while !rest.trim_start().is_empty() {
            let inner = rest.trim_start().strip_prefix('[').ok_or_else(wrong)?;
            let end = top_level(inner).find(|(_, character)| *character == ']').ok_or_else(wrong)?.0;
            keys.push(inner[..end].trim());
            rest = &inner[end + 1..];
        }
        Ok(Place { root, keys })
    }
}

/// The two sides of an assignment, if the statement is one.
pub(super) fn assignment(statement: &str) -> Option<(&str, &str)> {
    let (at, _) = top_level(statement).find(|(_, character)| *character == '=')?;
    let (target, value) = (&statement[..at], &statement[at + 1..]);
    let compares = value.starts_with('=') || target.ends_with(['!', '<', '>']);
    (!compares).then(|| (target.trim(), value.trim()))
}

/// The characters that are neither in quotes nor in brackets, closing brackets without an opening one among them.
fn top_level(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut depth = 0usize;
    text.char_indices().filter(move |(_, character)| {
        if let Some(open) = quote {
            if !escaped && *character == open {
                quote = None;
            }
            escaped = *character == '\\' && !escaped;
            return false;
        }
        match character {
            '\'' | '"' => quote = Some(*character),
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' if depth > 0 => depth -= 1,
            _ => return depth == 0,
        }
        false
    })
}

/// `whole` with `value` at a path below it; without a value, with nothing there.
///
/// # Errors
/// The path leads nowhere.
pub(super) fn changed(whole: Value, path: &[Value], value: Option<Value>) -> Result<Value> {
    let Some((key, rest)) = path.split_first() else {
        return value.ok_or_else(|| Error::new("this can't be taken away"));
    };
    let missing = || Error::new(format!("KeyError: {}", key.repr()));
    match whole {
        Value::Map(mut map) => {
            let entries = Arc::make_mut(&mut map);
            match (value, rest.is_empty()) {
                (None, true) => drop(entries.shift_remove(key).ok_or_else(missing)?),
                (Some(value), true) => drop(entries.insert(key.clone(), value)),
                (value, false) => {
                    let inner = entries.get_mut(key).ok_or_else(missing)?;
                    *inner = changed(std::mem::take(inner), rest, value)?;
                }
            }
            Ok(Value::Map(map))
        }
        Value::List(mut list) => {
            let items = Arc::make_mut(&mut list);
            let index = key.as_i64().ok_or_else(missing)?;
            let index = if index < 0 { index + items.len() as i64 } else { index };
            let index =
                usize::try_from(index).ok().filter(|index| *index < items.len()).ok_or_else(missing)?;
            match (value, rest.is_empty()) {
                (None, true) => drop(items.remove(index)),
                (value, _) => items[index] = changed(std::mem::take(&mut items[index]), rest, value)?,
            }
            Ok(Value::List(list))
        }
        other => Err(Error::new(format!("TypeError: {} has no items", other.type_name()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_an_assignment_if_it_has_an_equals_sign_of_its_own() {
        assert_eq!(assignment(r#"task.args["a=b"] = [1]"#), Some((r#"task.args["a=b"]"#, "[1]")));
        assert_eq!(assignment("a == b"), None);
        assert_eq!(assignment("f(a=1)"), None);
        assert_eq!(assignment("a != b"), None);
    }

    #[test]
    fn places_have_keys_in_brackets() {
        let place = Place::parse(r#"task.args["a]"][x[0]]"#).unwrap();
        assert_eq!(place, Place { root: Root::Arguments, keys: vec![r#""a]""#, "x[0]"] });
        assert_eq!(Place::parse("task_vars [1]").unwrap().keys, ["1"]);
        for wrong in ["x", "task.name", "task.args[", "task.args.x", "task_vars]"] {
            assert!(Place::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_change_at_any_depth() {
        let whole = Value::map([("a", Value::list([1, 2]))]);
        let path = ["a".into(), Value::Int(-1)];
        assert_eq!(
            changed(whole.clone(), &path, Some(3.into())).unwrap(),
            Value::map([("a", Value::list([1, 3]))])
        );
        assert_eq!(changed(whole.clone(), &path, None).unwrap(), Value::map([("a", Value::list([1]))]));
        assert_eq!(changed(whole.clone(), &path[..1], None).unwrap(), Value::Map(Arc::default()));
        assert!(changed(whole.clone(), &["b".into(), 0.into()], None).is_err());
        assert!(changed(whole, &[], None).is_err());
    }
}
