//! Values checked against a specification of arguments, in the words that content knows.

use value::{Convert, Map, Value};

/// What is wrong with `given` by a specification: a mapping from each option's name to what is said of it.
pub(crate) fn problems(spec: &Map, given: &Map) -> Vec<String> {
    let mut found = Found::default();
    check(spec, given, &Map::new(), &mut Vec::new(), &mut found);
    let Found { mut problems, mut unsupported, supported } = found;
    if !unsupported.is_empty() {
        unsupported.sort();
        let supported = supported.join(", ");
        problems.push(format!("{}. Supported parameters include: {supported}.", unsupported.join(", ")));
    }
    problems
}

#[derive(Default)]
struct Found {
    problems: Vec<String>,
    unsupported: Vec<String>,
    supported: Vec<String>,
}

/// Checks one level. `rules` is the option that this level stands under, with what it says of its options together.
fn check(spec: &Map, given: &Map, rules: &Map, path: &mut Vec<String>, found: &mut Found) {
    let place = match path.as_slice() {
        [] => String::new(),
        path => format!(" found in {}", path.join(" -> ")),
    };
    let options: Vec<(String, Map)> = spec
        .iter()
        .map(|(name, option)| (name.to_string(), option.as_map().cloned().unwrap_or_default()))
        .collect();
    let mut values = Map::new();
    for (name, value) in given {
        let name = name.to_string();
        let canonical = options
            .iter()
            .find(|(known, option)| *known == name || texts(option, "aliases").contains(&name))
            .map(|(known, _)| known.clone());
        match canonical {
            Some(canonical) => {
                values.insert(canonical.into(), value.clone());
            }
            None => {
                let full = path.iter().cloned().chain([name]).collect::<Vec<_>>().join(".");
                if found.unsupported.is_empty() {
                    found.supported = supported(&options);
                }
                found.unsupported.push(full);
            }
        }
    }
    let said = |problem: String| format!("{problem}{place}");
    let present = |name: &str| values.get(name).is_some();
    for group in groups(rules, "mutually_exclusive") {
        if group.iter().filter(|name| present(name)).count() > 1 {
            found.problems.push(said(format!("parameters are mutually exclusive: {}", group.join("|"))));
        }
    }
    let mut missing: Vec<&str> = options
        .iter()
        .filter(|(name, option)| option.get("required").is_some_and(truth) && !present(name))
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        missing.sort_unstable();
        found.problems.push(said(format!("missing required arguments: {}", missing.join(", "))));
    }
    for (name, option) in &options {
        if let Some(value) = values.get(name.as_str()).cloned()
            && let Some(converted) = typed(name, option, &value, &place, &mut found.problems)
        {
            values.insert(name.as_str().into(), converted);
        }
    }
    for (name, option) in &options {
        if let Some(value) = values.get(name.as_str()) {
            chosen(name, option, value, &place, &mut found.problems);
        }
    }
    together(rules, &values, &place, &mut found.problems);
    for (name, option) in &options {
        let Some(inner) = option.get("options").and_then(Value::as_map) else { continue };
        let levels = match values.get(name.as_str()) {
            Some(Value::Map(map)) => vec![map.as_ref().clone()],
            Some(list) => {
                list.as_list().unwrap_or_default().iter().filter_map(|item| item.as_map().cloned()).collect()
            }
            None => Vec::new(),
        };
        path.push(name.clone());
        levels.iter().for_each(|level| check(inner, level, option, path, found));
        path.pop();
    }
}

/// The value as the option's type has it; nothing if it is not of that type, which is noted.
fn typed(name: &str, option: &Map, value: &Value, place: &str, problems: &mut Vec<String>) -> Option<Value> {
    let required = option.get("required").is_some_and(truth);
    if matches!(value, Value::Unknown(_)) || value.is_null() && !required && option.get("default").is_none() {
        return None;
    }
    let kind = option.get("type").and_then(Value::as_str).unwrap_or("str");
    let converted = match convert(value, kind) {
        Ok(converted) => converted,
        Err(cause) => {
            let given = value.type_name();
            problems.push(format!(
                "argument '{name}' is of type {given}{place} and we were unable to convert to {kind}: {cause}"
            ));
            return None;
        }
    };
    let (Some(elements), Some(items)) = (option.get("elements").and_then(Value::as_str), converted.as_list())
    else {
        return Some(converted);
    };
    let mut all = Vec::new();
    for item in items {
        match convert(item, elements) {
            Ok(item) => all.push(item),
            Err(cause) => problems.push(format!(
                "Elements value for option '{name}'{place} is of type {} and we were unable to convert to \
                 {elements}: {cause}",
                item.type_name()
            )),
        }
    }
    Some(Value::list(all))
}

/// The value as a type, or why it is not of that type.
fn convert(value: &Value, kind: &str) -> Result<Value, String> {
    let class = || format!("<class '{}'> cannot be converted to a {kind}", value.type_name());
    match (kind, value) {
        (_, Value::Unknown(_)) | ("raw" | "jsonarg", _) => Ok(value.clone()),
        ("int", Value::Int(_) | Value::BigInt(_) | Value::Bool(_)) => Ok(value.clone()),
        ("int", _) => {
            value.to_i64().map(Value::Int).map_err(|_| format!("\"{}\" cannot be converted to an int", value.repr()))
        }
        ("float", Value::Null) => Err(class()),
        ("float", _) => value.to_f64().map(Value::Float).map_err(|_| class()),
        ("bool", Value::Bool(_)) => Ok(value.clone()),
        ("bool", Value::String(_) | Value::Int(_) | Value::Float(_)) => {
            value.to_bool().map(Value::Bool).map_err(|_| {
                format!("The value '{value}' is not a valid boolean. Valid booleans include: yes, no, true, false, 1, 0")
            })
        }
        ("list", Value::List(_) | Value::Tuple(_)) => Ok(value.clone()),
        ("list", Value::String(text)) => Ok(Value::list(text.split(',').map(Value::from))),
        ("list", Value::Int(_) | Value::Float(_)) => Ok(Value::list([value.to_string()])),
        ("dict", Value::Map(_)) => Ok(value.clone()),
        ("dict", Value::String(text)) => mapping(text)
            .ok_or_else(|| "dictionary requested, could not parse JSON or key=value".to_owned()),
        ("bool" | "list" | "dict", _) => Err(class()),
        _ => Ok(value.clone()),
    }
}

/// Text that stands for a mapping: JSON, or `key=value` with commas or white space between.
fn mapping(text: &str) -> Option<Value> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str::<Value>(text).ok().filter(|value| value.as_map().is_some());
    }
    let parts = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    let pairs: Option<Vec<(&str, &str)>> = parts.map(|part| part.split_once('=')).collect();
    let pairs = pairs.filter(|pairs| !pairs.is_empty())?;
    Some(Value::map(pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)))))
}

/// Notes a value that is none of the option's choices.
fn chosen(name: &str, option: &Map, value: &Value, place: &str, problems: &mut Vec<String>) {
    let Some(choices) = option.get("choices") else { return };
    let choices: Vec<Value> = match choices {
        Value::Map(map) => map.keys().cloned().collect(),
        choices => choices.as_list().unwrap_or_default().to_vec(),
    };
    let known = |item: &Value| {
        matches!(item, Value::Unknown(_))
            || choices.contains(item)
            || choices.iter().any(|choice| choice.to_string() == item.to_string())
    };
    let words = || choices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match value.as_list() {
        Some(items) => {
            let wrong: Vec<String> =
                items.iter().filter(|item| !known(item)).map(ToString::to_string).collect();
            if !wrong.is_empty() {
                let wrong = wrong.join(", ");
                problems.push(format!(
                    "value of {name} must be one or more of: {}. Got no match for: {wrong}{place}",
                    words()
                ));
            }
        }
        None if value.is_null() || known(value) => {}
        None => problems.push(format!("value of {name} must be one of: {}, got: {value}{place}", words())),
    }
}

/// Notes what options need of each other.
fn together(rules: &Map, values: &Map, place: &str, problems: &mut Vec<String>) {
    let present = |name: &str| values.get(name).is_some_and(|value| !value.is_null());
    for group in groups(rules, "required_together") {
        let count = group.iter().filter(|name| present(name)).count();
        if count > 0 && count < group.len() {
            problems.push(format!("parameters are required together: {}{place}", group.join(", ")));
        }
    }
    for group in groups(rules, "required_one_of") {
        if !group.iter().any(|name| present(name)) {
            problems.push(format!("one of the following is required: {}{place}", group.join(", ")));
        }
    }
    for rule in rules.get("required_if").and_then(Value::as_list).unwrap_or_default() {
        let [name, wanted, needed, rest @ ..] = rule.as_list().unwrap_or_default() else { continue };
        let name = name.to_string();
        if values.get(name.as_str()) != Some(wanted) {
            continue;
        }
        let needed: Vec<String> =
            needed.as_list().unwrap_or_default().iter().map(ToString::to_string).collect();
        let missing: Vec<&str> = needed.iter().map(String::as_str).filter(|name| !present(name)).collect();
        let any = rest.first().is_some_and(truth);
        if if any { missing.len() == needed.len() && !needed.is_empty() } else { !missing.is_empty() } {
            let which = if any { "any" } else { "all" };
            problems.push(format!(
                "{name} is {wanted} but {which} of the following are missing: {}{place}",
                missing.join(", ")
            ));
        }
    }
    for (name, needed) in rules.get("required_by").and_then(Value::as_map).unwrap_or(&Map::new()) {
        let name = name.to_string();
        let needed = needed.as_list().map_or_else(
            || vec![needed.to_string()],
            |names| names.iter().map(ToString::to_string).collect(),
        );
        let missing: Vec<String> = needed.into_iter().filter(|name| !present(name)).collect();
        if present(&name) && !missing.is_empty() {
            problems
                .push(format!("missing parameter(s) required by '{name}': {}{place}", missing.join(", ")));
        }
    }
}

/// The names of options, with their other names.
fn supported(options: &[(String, Map)]) -> Vec<String> {
    let mut names: Vec<String> = options
        .iter()
        .map(|(name, option)| match texts(option, "aliases").as_slice() {
            [] => name.clone(),
            aliases => format!("{name} ({})", aliases.join(", ")),
        })
        .collect();
    names.sort();
    names
}

fn texts(option: &Map, key: &str) -> Vec<String> {
    let listed = option.get(key).and_then(Value::as_list).unwrap_or_default();
    listed.iter().map(ToString::to_string).collect()
}

/// Groups of names; one group may stand without a list around it.
fn groups(rules: &Map, key: &str) -> Vec<Vec<String>> {
    let listed = rules.get(key).and_then(Value::as_list).unwrap_or_default();
    if !listed.is_empty() && listed.iter().all(|item| item.as_str().is_some()) {
        return vec![texts(rules, key)];
    }
    let names = |group: &Value| group.as_list().unwrap_or_default().iter().map(ToString::to_string).collect();
    listed.iter().map(names).collect()
}

fn truth(value: &Value) -> bool {
    value.to_bool().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(json: &str) -> Map {
        serde_json::from_str::<Value>(json).unwrap().as_map().cloned().unwrap()
    }

    #[test]
    fn every_kind_of_problem_is_told() {
        let spec = map(
            r#"{"a": {"type": "int", "required": true}, "b": {"type": "bool"}, "c": {"type": "list", "elements": "int"},
                "d": {"type": "dict", "options": {"x": {"required": true}, "y": {"choices": ["p", "q"]}},
                      "mutually_exclusive": [["x", "y"]], "required_if": [["y", "p", ["x"]]]},
                "f": {"choices": ["u", "v"], "aliases": ["ff"]}}"#,
        );
        assert_eq!(problems(&spec, &map(r#"{"a": "5", "b": "yes", "c": "1,2", "ff": "u"}"#)), [""; 0]);
        let given = map(r#"{"b": 7, "c": [1, "q"], "d": {"y": "p", "k": 3}, "f": "w", "z": null}"#);
        assert_eq!(
            problems(&spec, &given),
            [
                "missing required arguments: a",
                "argument 'b' is of type int and we were unable to convert to bool: The value '7' is not a valid boolean. \
                 Valid booleans include: yes, no, true, false, 1, 0",
                "Elements value for option 'c' is of type str and we were unable to convert to int: \"'q'\" cannot be \
                 converted to an int",
                "value of f must be one of: u, v, got: w",
                "missing required arguments: x found in d",
                "y is p but all of the following are missing: x found in d",
                "d.k, z. Supported parameters include: a, b, c, d, f (ff).",
            ]
        );
    }
}
