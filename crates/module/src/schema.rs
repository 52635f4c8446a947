use std::sync::Arc;

use diag::did_you_mean;
use serde_json::Value as Json;
use value::{Convert, Map, Value};

use crate::{Argument, Arguments};

/// The shape of arguments, read off the struct that declares them.
#[derive(Clone, Debug)]
pub struct Schema {
    name: Arc<str>,
    root: Arc<Json>,
}

/// Something wrong with arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Keys and indices that lead to the place, outermost first; for a missing argument none.
    pub path: Vec<String>,
    /// Whether the place is the key itself and not what stands under it.
    pub at_key: bool,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Schema {
    /// The shape of these arguments.
    pub fn of<A: Arguments>() -> Schema {
        Schema { name: A::NAME.into(), root: Arc::new(schemars::schema_for!(A).to_value()) }
    }

    /// The same shape for a task that writes the module's name in another way; messages use the name.
    pub fn written_as(&self, name: &str) -> Schema {
        Schema { name: name.into(), root: Arc::clone(&self.root) }
    }

    /// The struct's doc comment.
    pub fn description(&self) -> &str {
        self.root.get("description").and_then(Json::as_str).unwrap_or_default()
    }

    fn properties(&self) -> impl Iterator<Item = (&String, &Json)> {
        self.root.get("properties").and_then(Json::as_object).into_iter().flatten()
    }

    fn is_required(&self, name: &str) -> bool {
        self.root
            .get("required")
            .and_then(Json::as_array)
            .is_some_and(|names| names.iter().any(|found| found == name))
    }

    /// Whether arguments of any other name are allowed, as for `set_fact`.
    pub fn is_open(&self) -> bool {
        self.root.get("additionalProperties") != Some(&Json::Bool(false))
    }

    /// The proper name of an argument that may be written by another.
    pub fn canonical<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let found = self
            .properties()
            .find(|(property, schema)| *property == name || aliases(schema).any(|alias| alias == name));
        found.map(|(property, _)| property.as_str())
    }

    /// Whether there is nothing wrong with the names: unknown ones and missing ones are problems. Needs no values, so
    /// it can be asked before anything runs.
    pub fn check_names<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<Problem> {
        let names: Vec<&str> = names.into_iter().collect();
        let mut problems: Vec<Problem> = names
            .iter()
            .filter(|name| self.canonical(name).is_none() && !self.is_open())
            .map(|name| self.unknown(name))
            .collect();
        let given: Vec<&str> = names.iter().filter_map(|name| self.canonical(name)).collect();
        for (name, schema) in self.properties() {
            if self.is_required(name) && !given.contains(&name.as_str()) {
                let others: Vec<&str> = aliases(schema).collect();
                let hint = if others.is_empty() {
                    format!("add '{name}: ...' to the arguments")
                } else {
                    format!(
                        "add '{name}: ...' to the arguments; it may also be written as '{}'",
                        others.join("', '")
                    )
                };
                problems.push(Problem {
                    path: Vec::new(),
                    at_key: true,
                    message: format!("the module '{}' needs the argument '{name}'", self.name),
                    hint: Some(hint),
                });
            }
        }
        problems
    }

    fn unknown(&self, name: &str) -> Problem {
        let known: Vec<&str> = self
            .properties()
            .flat_map(|(property, schema)| std::iter::once(property.as_str()).chain(aliases(schema)))
            .collect();
        let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
            let names: Vec<&str> = self.properties().map(|(name, _)| name.as_str()).collect();
            if names.is_empty() {
                "it takes no arguments".into()
            } else {
                format!("it takes: {}", names.join(", "))
            }
        });
        Problem {
            path: vec![name.to_owned()],
            at_key: true,
            message: format!("the module '{}' has no argument '{name}'", self.name),
            hint: Some(hint),
        }
    }

    /// The arguments under their proper names and with proper types: `yes` becomes true, text that is a number becomes
    /// one where a number is wanted and the other way round, text with commas becomes a list where a list is wanted.
    ///
    /// # Errors
    /// Everything that is wrong, most important first, in the words that playbooks may look for.
    pub fn normalise(&self, arguments: &Map) -> Result<Map, Vec<Problem>> {
        let mut normal = Map::new();
        let mut unfit = Vec::new();
        let mut unsupported: Vec<&str> = Vec::new();
        for (key, value) in arguments {
            let Some(name) = key.as_str() else {
                unfit.push(problem(&[], format!("{key:?} is no name of an argument")));
                continue;
            };
            let Some(canonical) = self.canonical(name) else {
                unsupported.push(name);
                normal.insert(key.clone(), value.clone());
                continue;
            };
            if value.is_null() {
                continue;
            }
            let Some(schema) = self.property(canonical) else { continue };
            match self.fit(schema, value, &mut vec![name.to_owned()]) {
                Ok(value) => {
                    normal.insert(canonical.into(), value);
                }
                Err(problem) => unfit.push(problem),
            }
        }
        let mut problems: Vec<Problem> = self.missing(arguments).into_iter().chain(unfit).collect();
        if !self.is_open() {
            problems.extend(self.unsupported(unsupported));
        }
        if problems.is_empty() { Ok(normal) } else { Err(problems) }
    }

    fn property(&self, canonical: &str) -> Option<&Json> {
        self.properties().find(|(property, _)| *property == canonical).map(|(_, schema)| schema)
    }

    fn missing(&self, arguments: &Map) -> Option<Problem> {
        // Nothing is a value too where any is allowed.
        let is_anything =
            |name: &str| self.property(name).is_some_and(|schema| types(self.resolve(schema)).is_empty());
        let given: Vec<&str> = arguments
            .iter()
            .filter_map(|(key, value)| Some((self.canonical(key.as_str()?)?, value)))
            .filter(|(name, value)| !value.is_null() || is_anything(name))
            .map(|(name, _)| name)
            .collect();
        let mut names: Vec<&str> = self
            .properties()
            .map(|(name, _)| name.as_str())
            .filter(|name| self.is_required(name) && !given.contains(name))
            .collect();
        names.sort_unstable();
        let message = format!("missing required arguments: {}", names.join(", "));
        (!names.is_empty()).then(|| Problem { at_key: true, ..problem(&[], message) })
    }

    fn unsupported(&self, mut names: Vec<&str>) -> Option<Problem> {
        names.sort_unstable();
        let first = names.first()?;
        let mut supported: Vec<&str> = self.properties().map(|(name, _)| name.as_str()).collect();
        supported.sort_unstable();
        let mut others: Vec<&str> = self.properties().flat_map(|(_, schema)| aliases(schema)).collect();
        others.sort_unstable();
        let others = if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
        Some(Problem {
            path: vec![(*first).to_owned()],
            at_key: true,
            message: format!(
                "Unsupported parameters for ({}) module: {}. Supported parameters include: {}{others}.",
                self.name,
                names.join(", "),
                supported.join(", ")
            ),
            hint: did_you_mean(first, supported),
        })
    }

    /// What is wrong with one argument's value.
    pub fn check_value(&self, name: &str, value: &Value) -> Option<Problem> {
        let canonical = self.canonical(name)?;
        let schema = self.property(canonical)?;
        if value.is_null() { None } else { self.fit(schema, value, &mut vec![name.to_owned()]).err() }
    }

    fn resolve<'a>(&'a self, schema: &'a Json) -> &'a Json {
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(schema, |target| self.resolve(target));
        }
        // An optional argument of a named type: either that type or null.
        let choices = schema.get("anyOf").and_then(Json::as_array);
        match choices
            .and_then(|choices| choices.iter().find(|choice| choice.get("type") != Some(&Json::from("null"))))
        {
            Some(choice) => self.resolve(choice),
            None => schema,
        }
    }

    fn fit(&self, schema: &Json, value: &Value, path: &mut Vec<String>) -> Result<Value, Problem> {
        if matches!(value, Value::Unknown(_)) {
            return Ok(value.clone());
        }
        let schema = self.resolve(schema);
        let choices = choices(schema);
        if !choices.is_empty() {
            return self.fit_choice(&choices, value, path);
        }
        let fitted = match types(schema).as_slice() {
            ["boolean"] => value.to_bool().map(Value::Bool).map_err(|_| ("bool", no_bool(value))),
            ["integer"] => value.to_i64().map(Value::Int).map_err(|_| ("int", no_int(value))),
            ["number"] => value.to_f64().map(Value::Float).map_err(|_| ("float", no_such(value, "float"))),
            ["string"] => match value {
                Value::String(_) => Ok(value.clone()),
                // A collection becomes the text that Python prints for it.
                Value::List(_) | Value::Tuple(_) | Value::Map(_) => Ok(Value::from(value.to_string())),
                other => other.to_text().map(Value::from).map_err(|_| ("str", no_such(value, "str"))),
            },
            ["array"] => return self.fit_list(schema, value, path),
            ["object"] => return self.fit_map(schema, value, path),
            _ => Ok(value.clone()),
        };
        fitted.map_err(|(wanted, reason)| self.unfit(value, wanted, &reason, path))
    }

    /// The problem that a value can't be made what is wanted.
    fn unfit(&self, value: &Value, wanted: &str, reason: &str, path: &[String]) -> Problem {
        let what = match path {
            [] | [_] => format!("argument '{}'", self.option(path)),
            _ => format!("Elements value for option '{}'", self.option(path)),
        };
        let message = format!(
            "{what} is of type {} and we were unable to convert to {wanted}: {reason}",
            value.type_name()
        );
        let hint = Some(match wanted {
            "bool" => "write true or false".to_owned(),
            "int" => "write a whole number".to_owned(),
            "float" => "write a number".to_owned(),
            "list" => "write it as a list: [a, b]".to_owned(),
            "dict" => "write it as 'key: value' lines".to_owned(),
            other => format!("write it as {other}"),
        });
        Problem { hint, ..problem(path, message) }
    }

    /// The proper name of the argument that a path starts with.
    fn option<'a>(&'a self, path: &'a [String]) -> &'a str {
        path.first().map_or("", |name| self.canonical(name).unwrap_or(name))
    }

    fn fit_list(&self, schema: &Json, value: &Value, path: &mut Vec<String>) -> Result<Value, Problem> {
        let items: Vec<Value> = match value {
            Value::List(items) | Value::Tuple(items) => items.to_vec(),
            Value::String(text) if text.trim().is_empty() => Vec::new(),
            Value::String(text) => {
                text.split(',').map(|item| Value::String(text.with_text(item.trim()))).collect()
            }
            Value::Map(_) if schema.pointer("/items/type") != Some(&Json::from("object")) => {
                return Err(self.unfit(value, "list", &no_such(value, "list"), path));
            }
            other => vec![other.clone()],
        };
        let Some(item_schema) = schema.get("items") else { return Ok(Value::List(Arc::new(items))) };
        let mut fitted = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            path.push(index.to_string());
            fitted.push(self.fit(item_schema, item, path)?);
            path.pop();
        }
        Ok(Value::List(Arc::new(fitted)))
    }

    fn fit_map(&self, schema: &Json, value: &Value, path: &mut Vec<String>) -> Result<Value, Problem> {
        let map = match value {
            Value::Map(map) => (**map).clone(),
            Value::String(text) => parse_pairs(text).ok_or_else(|| {
                self.unfit(value, "dict", "dictionary requested, could not parse JSON or key=value", path)
            })?,
            other => return Err(self.unfit(other, "dict", &no_such(other, "dict"), path)),
        };
        let values = schema.get("additionalProperties").filter(|schema| schema.is_object());
        let mut fitted = Map::with_capacity(map.len());
        for (key, value) in map {
            let named = schema.get("properties").and_then(|properties| properties.get(key.as_str()?));
            let value = match named.or(values) {
                Some(schema) => {
                    path.push(key.to_string());
                    let value = self.fit(schema, &value, path)?;
                    path.pop();
                    value
                }
                None => value,
            };
            fitted.insert(key, value);
        }
        Ok(fitted.into())
    }

    fn fit_choice(&self, choices: &[&str], value: &Value, path: &[String]) -> Result<Value, Problem> {
        let written = match value {
            // YAML reads some words as truth values: `state: on`, `enabled: no`.
            Value::Bool(bool) => {
                let words = if *bool { ["yes", "true", "on"] } else { ["no", "false", "off"] };
                words
                    .into_iter()
                    .find(|word| choices.contains(word))
                    .map_or_else(|| value.to_string(), str::to_owned)
            }
            other => other.to_string(),
        };
        if choices.contains(&written.as_str()) {
            return Ok(Value::from(written));
        }
        let (option, choice) = (self.option(path), choices.join(", "));
        let message = match path {
            [] | [_] => format!("value of {option} must be one of: {choice}, got: {written}"),
            _ => format!("value of {option} must be one or more of: {choice}. Got no match for: {written}"),
        };
        let near = did_you_mean(&written, choices.iter().copied());
        let hint = near.or_else(|| Some(format!("write one of: {choice}")));
        Err(Problem { hint, ..problem(path, message) })
    }

    pub(crate) fn arguments(&self) -> Vec<Argument> {
        self.properties()
            .map(|(name, schema)| {
                let resolved = self.resolve(schema);
                let text =
                    |schema: &Json| schema.get("description").and_then(Json::as_str).map(str::to_owned);
                Argument {
                    name: name.clone(),
                    aliases: aliases(schema).map(str::to_owned).collect(),
                    description: text(schema).or_else(|| text(resolved)).unwrap_or_default(),
                    kind: kind(self, resolved),
                    choices: choices(resolved).into_iter().map(str::to_owned).collect(),
                    default: schema.get("default").filter(|default| !default.is_null()).map(Json::to_string),
                    required: self.is_required(name),
                }
            })
            .collect()
    }
}

fn aliases(schema: &Json) -> impl Iterator<Item = &str> {
    schema.get("aliases").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

/// The JSON types of a schema, null left out.
fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(name)) => vec![name],
        Some(Json::Array(names)) => {
            names.iter().filter_map(Json::as_str).filter(|name| *name != "null").collect()
        }
        _ => Vec::new(),
    }
}

/// The words of an enum, with or without descriptions of their own.
fn choices(schema: &Json) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let described = schema.get("oneOf").and_then(Json::as_array).into_iter().flatten();
    let described = described.flat_map(|choice| {
        let constant = choice.get("const").and_then(Json::as_str);
        let listed =
            choice.get("enum").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        constant.into_iter().chain(listed)
    });
    listed.chain(described).collect()
}

fn kind(schema: &Schema, resolved: &Json) -> String {
    if !choices(resolved).is_empty() {
        return "one word of a list".into();
    }
    match types(resolved).as_slice() {
        ["boolean"] => "yes or no".into(),
        ["integer"] => "an integer".into(),
        ["number"] => "a number".into(),
        ["string"] => "text".into(),
        ["array"] => match resolved.get("items") {
            Some(items) => format!("a list of {}", kind(schema, schema.resolve(items))),
            None => "a list".into(),
        },
        ["object"] => "a mapping".into(),
        ["string", "integer"] => "text or an integer".into(),
        _ => "anything".into(),
    }
}

fn no_such(value: &Value, wanted: &str) -> String {
    format!("<class '{}'> cannot be converted to a {wanted}", value.type_name())
}

fn no_bool(value: &Value) -> String {
    match value {
        Value::String(_) | Value::Int(_) | Value::Float(_) => format!(
            "The value {} is not a valid boolean. Valid booleans include: 0, 1, '0', '1', 'f', 'false', 'n', \
             'no', 'off', 'on', 't', 'true', 'y', 'yes'",
            value.repr()
        ),
        other => no_such(other, "bool"),
    }
}

fn no_int(value: &Value) -> String {
    format!("\"{}\" cannot be converted to an int", value.repr())
}

/// `a=1 b="two words"`, or a JSON object.
fn parse_pairs(text: &str) -> Option<Map> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str::<Value>(text).ok()?.as_map().cloned();
    }
    let words = shlex::split(&text.replace(',', " "))?;
    words
        .iter()
        .map(|word| word.split_once('=').map(|(key, value)| (Value::from(key), Value::from(value))))
        .collect()
}

fn problem(path: &[String], message: String) -> Problem {
    Problem { path: path.to_vec(), at_key: false, message, hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;
    use schemars::JsonSchema;
    use serde::Deserialize;

    /// Makes examples. For tests.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Example {
        /// Where.
        #[schemars(extend("aliases" = ["dest", "name"]))]
        path: String,
        /// What.
        #[serde(default)]
        state: State,
        /// Whether below it too.
        #[serde(default)]
        recurse: bool,
        /// Permissions.
        mode: Option<Mode>,
        /// Names.
        #[serde(default)]
        names: Vec<String>,
        /// How often.
        times: Option<u32>,
        /// Variables.
        #[serde(default)]
        variables: std::collections::BTreeMap<String, String>,
    }

    #[derive(Deserialize, JsonSchema, Default)]
    #[serde(rename_all = "lowercase")]
    #[allow(dead_code)]
    enum State {
        /// It is there.
        #[default]
        Present,
        /// It is not there.
        Absent,
    }

    impl Arguments for Example {
        const NAME: &'static str = "example";
        const EXAMPLES: &'static str = "- example:\n    path: /x\n";
    }

    fn normalise(entries: Vec<(&str, Value)>) -> Result<Map, Vec<Problem>> {
        let map = entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
        Schema::of::<Example>().normalise(&map)
    }

    #[test]
    fn loose_spellings_become_proper_types() {
        let map = normalise(vec![
            ("dest", Value::Int(5)),
            ("recurse", "yes".into()),
            ("names", "a, b".into()),
            ("times", "3".into()),
            ("mode", Value::Int(420)),
            ("state", "absent".into()),
            ("variables", "a=1 b='x y'".into()),
        ])
        .unwrap();
        let get = |key: &str| map.get(key).cloned().unwrap();
        assert_eq!(get("path"), Value::from("5"));
        assert_eq!(get("recurse"), Value::Bool(true));
        assert_eq!(get("names"), Value::list(["a", "b"]));
        assert_eq!(get("times"), Value::Int(3));
        assert_eq!(get("mode"), Value::Int(420));
        assert_eq!(get("variables"), Value::map([("a", "1"), ("b", "x y")]));
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_place() {
        let problems =
            normalise(vec![("sate", "absent".into()), ("state", "abesnt".into()), ("times", "many".into())])
                .unwrap_err();
        let told: Vec<(String, String, Option<String>)> = problems
            .into_iter()
            .map(|problem| (problem.path.join("."), problem.message, problem.hint))
            .collect();
        let expect = |path: &str, message: &str, hint: Option<&str>| {
            (path.into(), message.into(), hint.map(Into::into))
        };
        assert_eq!(
            told,
            [
                expect("", "missing required arguments: path", None),
                expect(
                    "state",
                    "value of state must be one of: present, absent, got: abesnt",
                    Some("did you mean 'absent'?")
                ),
                expect(
                    "times",
                    "argument 'times' is of type str and we were unable to convert to int: \"'many'\" cannot be \
                     converted to an int",
                    Some("write a whole number")
                ),
                expect(
                    "sate",
                    "Unsupported parameters for (example) module: sate. Supported parameters include: mode, names, \
                     path, recurse, state, times, variables (dest, name).",
                    Some("did you mean 'state'?")
                ),
            ]
        );
    }

    #[test]
    fn the_manual_is_the_struct() {
        let manual = crate::Manual::of::<Example>();
        assert_eq!(manual.description, "Makes examples. For tests.");
        let arguments = manual.arguments();
        let state = arguments.iter().find(|argument| argument.name == "state").unwrap();
        assert_eq!((state.choices.join(","), state.default.as_deref()), ("present,absent".into(), None));
        assert_eq!((arguments[0].aliases.join(","), arguments[0].required), ("dest,name".into(), true));
    }
}
