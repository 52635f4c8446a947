//! Settings in sections as dicts, and dicts as such.

use std::fmt::Write;

use value::{Map, Value};

use crate::arguments::{Arguments, known, required};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::settings_file::{DEFAULT, Reading, SettingsFile};

pub(super) fn from_ini(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["obj"])?;
    let value = required(value, "obj")?;
    known(&value)?;
    let Some(text) = value.as_str() else {
        return Err(Stop::new(format!("from_ini requires a str, got <class '{}'>", value.type_name())));
    };
    let reading = Reading { case_sensitive: true, allow_no_value: false, interpolation: false };
    let file = SettingsFile::read(text, "<???>", reading)
        .map_err(|stop| stop.map_error(|error| error.context("from_ini failed to parse given string")))?;
    let mut sections = Map::new();
    let is_default = |section: &&str| *section == DEFAULT;
    for section in file.sections().filter(|name| !is_default(name)).chain(file.sections().filter(is_default))
    {
        let mut entries = Map::new();
        for key in file.keys(section) {
            let value = file.get(section, key)?.flatten().map_or(Value::Null, Value::string);
            entries.insert(Value::from(key), value);
        }
        sections.insert(Value::from(section), Value::from(entries));
    }
    Ok(Value::from(sections))
}

pub(super) fn to_ini(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["obj"])?;
    let value = required(value, "obj")?;
    let Some(sections) = value.as_map() else {
        return Err(Stop::new(format!("to_ini requires a dict, got <class '{}'>", value.type_name())));
    };
    if sections.is_empty() {
        return Err(Stop::new("to_ini received an empty dict. An empty dict cannot be converted."));
    }
    let mut parts = Vec::with_capacity(sections.len());
    for (section, entries) in sections.iter() {
        let Some(entries) = entries.as_map() else {
            return Err(Stop::new(format!(
                "to_ini failed to parse given dict: the section '{section}' must be a dict, not a value of type '{}'",
                entries.type_name()
            )));
        };
        let mut part = format!("[{section}]\n");
        for (key, value) in entries.iter() {
            // Line breaks go on in lines that are indented.
            let value = value.to_string().replace('\n', "\n\t");
            writeln!(part, "{key} = {value}").map_err(|error| Stop::new(error.to_string()))?;
        }
        parts.push(part);
    }
    Ok(Value::string(parts.join("\n")))
}
