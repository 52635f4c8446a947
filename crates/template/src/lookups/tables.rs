//! Lookups in files of settings and of columns.

use std::path::PathBuf;

use diag::{Error, did_you_mean};
use value::Value;

use crate::arguments::{Arguments, flag, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::pattern::Pattern;

/// The options of a lookup: given by name, or as `name=value` behind the key of a term.
fn options(term: &str, arguments: &Arguments, known: &[&str]) -> Outcome<(String, Vec<(String, Value)>)> {
    let mut options: Vec<(String, Value)> =
        arguments.named.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let mut key = Vec::new();
    for word in shlex::split(term).ok_or_else(|| Stop::new(format!("the quotes in '{term}' do not match")))? {
        match word.split_once('=') {
            Some((name, value)) if known.contains(&name) => {
                options.push((name.to_owned(), Value::from(value)))
            }
            _ => key.push(word),
        }
    }
    if let Some((name, _)) = options.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        let error = Error::new(format!("there is no option '{name}'"));
        return Err(error.hint_some(did_you_mean(name, known.iter().copied())).into());
    }
    Ok((key.join(" "), options))
}

fn option(options: &[(String, Value)], name: &str) -> Option<Value> {
    options.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone())
}

fn content(evaluator: &Evaluator<'_>, name: &str) -> Outcome<String> {
    let path: PathBuf = evaluator
        .context
        .find_file("files", name, None)
        .ok_or_else(|| Error::new(format!("there is no file '{name}'")))?;
    let bytes = std::fs::read(&path)
        .map_err(|error| Error::new(format!("cannot read '{}'", path.display())).cause(error))?;
    let bytes = evaluator.context.scope.decrypt_file(bytes, &path)?;
    String::from_utf8(bytes).map_err(|_| Stop::new(format!("'{}' is not text", path.display())))
}

pub(super) fn ini(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let known = [
        "file",
        "type",
        "section",
        "re",
        "default",
        "encoding",
        "case_sensitive",
        "allow_no_value",
        "interpolation",
    ];
    let mut out = Vec::new();
    for term in &arguments.positional {
        let (key, options) = options(&text(term)?, &arguments, &known)?;
        let file = text_or(option(&options, "file"), "ansible.ini")?;
        let is_properties = text_or(option(&options, "type"), "ini")? == "properties";
        let section = text_or(option(&options, "section"), "global")?;
        let case_sensitive = flag(option(&options, "case_sensitive"), false)?;
        let is_pattern =
            option(&options, "re").is_some_and(|re| value::Convert::to_bool(&re).unwrap_or(false));
        let entries = settings(&content(evaluator, &file)?, is_properties);
        let in_section = |name: &str| is_properties || name == section;
        let fold = |key: &str| if case_sensitive { key.to_owned() } else { key.to_lowercase() };
        if is_pattern {
            let pattern = Pattern::new(&key, false, false)?;
            for (_, name, value) in entries.iter().filter(|(name, ..)| in_section(name)) {
                if pattern.matches_start(&fold(name))? {
                    out.push(Value::from(value.as_str()));
                }
            }
            continue;
        }
        let found =
            entries.iter().rev().find(|(name, entry, _)| in_section(name) && fold(entry) == fold(&key));
        out.push(match found {
            Some((_, _, value)) => Value::from(value.as_str()),
            None => option(&options, "default").unwrap_or_else(|| Value::from("")),
        });
    }
    Ok(out)
}

/// The section, key and value of every setting.
fn settings(text: &str, is_properties: bool) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut out: Vec<(String, String, String)> = Vec::new();
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        let name = bare.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        if let (Some((name, _)), false) = (name, is_properties) {
            section = name.to_owned();
        } else if line.starts_with([' ', '\t']) && !out.is_empty() && !is_properties {
            // A line that is indented goes on with the value before it.
            if let Some((.., value)) = out.last_mut() {
                value.push('\n');
                value.push_str(bare);
            }
        } else {
            let (key, value) = bare.find(['=', ':']).map_or((bare, ""), |at| (&bare[..at], &bare[at + 1..]));
            out.push((section.clone(), key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    out
}

pub(super) fn csvfile(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let known = ["file", "delimiter", "col", "keycol", "default", "encoding"];
    let mut out = Vec::new();
    for term in &arguments.positional {
        let (key, options) = options(&text(term)?, &arguments, &known)?;
        let file = text_or(option(&options, "file"), "ansible.csv")?;
        let delimiter = match text_or(option(&options, "delimiter"), "TAB")?.as_str() {
            "TAB" | "\\t" => '\t',
            other => other.chars().next().unwrap_or('\t'),
        };
        let column = |name: &str, default: usize| -> Outcome<usize> {
            option(&options, name).map_or(Ok(default), |column| {
                usize::try_from(crate::arguments::integer(&column, name)?)
                    .map_err(|_| Stop::new(format!("{name} must not be negative")))
            })
        };
        let (column, key_column) = (column("col", 1)?, column("keycol", 0)?);
        let rows = rows(&content(evaluator, &file)?, delimiter);
        let row = rows.iter().find(|row| row.get(key_column).is_some_and(|found| *found == key));
        match row.and_then(|row| row.get(column)) {
            Some(found) => out.push(Value::from(found.as_str())),
            None => out.extend(option(&options, "default")),
        }
    }
    Ok(out)
}

/// The rows of a file of columns; quotes hold delimiters and line breaks, two of them are one.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if is_quoted || cell.is_empty() => is_quoted = !is_quoted,
            character if character == delimiter && !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            character => cell.push(character),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}
