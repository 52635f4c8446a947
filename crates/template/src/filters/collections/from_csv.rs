//! Rows of text as dicts.

use std::sync::Arc;

use value::{Map, Value};

use crate::arguments::{Arguments, flag, items, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::lookups::csv_rows;
use crate::outcome::{Outcome, Stop};

pub(super) fn from_csv(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let parameters = ["content", "dialect", "fieldnames", "delimiter", "skipinitialspace", "strict"];
    let [content, dialect, names, delimiter, skips_blanks, _] = arguments.bind(parameters)?;
    let content = text(&required(content, "content")?)?;
    let usual = match text_or(dialect, "excel")?.as_str() {
        "excel" | "unix" => ',',
        "excel-tab" => '\t',
        other => {
            return Err(Stop::new(format!("Dialect '{other}' is not supported by your version of python.")));
        }
    };
    let delimiter = text_or(delimiter, &usual.to_string())?;
    let mut characters = delimiter.chars();
    let (Some(delimiter), None) = (characters.next(), characters.next()) else {
        return Err(Stop::new("\"delimiter\" must be a 1-character string"));
    };
    let rows = csv_rows(&content, delimiter, flag(skips_blanks, false)?);
    let mut rows = rows.into_iter().filter(|row| !row.iter().all(String::is_empty) || row.len() > 1);
    let names: Vec<Value> = match names {
        None | Some(Value::Null) => rows.next().unwrap_or_default().into_iter().map(Value::string).collect(),
        Some(names) => items(&names)?,
    };
    Ok(Value::List(Arc::new(rows.map(|row| dict(&names, row)).collect())))
}

/// A row with its names. What has no value is null, and what has no name is a list under null.
fn dict(names: &[Value], row: Vec<String>) -> Value {
    let mut cells = row.into_iter().map(Value::string);
    let mut dict: Map = names.iter().map(|name| (name.clone(), cells.next().unwrap_or_default())).collect();
    let rest: Vec<Value> = cells.collect();
    if !rest.is_empty() {
        dict.insert(Value::Null, Value::List(Arc::new(rest)));
    }
    Value::from(dict)
}
