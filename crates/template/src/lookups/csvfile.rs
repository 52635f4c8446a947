//! Values from files of rows and columns.

use value::Value;

use super::inline::{Term, content};
use crate::arguments::{Arguments, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

const OPTIONS: &[&str] = &["file", "delimiter", "col", "keycol", "default", "encoding"];

pub(super) fn csvfile(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    if arguments.positional.is_empty() {
        return Err(Stop::new("Search key is required but was not found"));
    }
    let mut out = Vec::new();
    for term in &arguments.positional {
        let term = Term::read(term, &arguments, OPTIONS)?;
        if term.key.is_empty() {
            return Err(Stop::new("Search key is required but was not found"));
        }
        let file = text_or(term.option("file"), "ansible.csv")?;
        let delimiter = delimiter(&text_or(term.option("delimiter"), "TAB")?)?;
        let (column, key_column) = (term.number("col", 1)?, term.number("keycol", 0)?);
        let content = content(evaluator, &file, &text_or(term.option("encoding"), "utf-8")?)?;
        let rows = rows(&content, delimiter, false);
        let row = rows.iter().find(|row| row.get(key_column).is_some_and(|found| *found == term.key));
        match (row, term.option("default")) {
            (Some(row), _) => out.push(Value::from(
                row.get(column)
                    .ok_or_else(|| Stop::new(format!("the row of '{}' has no column {column}", term.key)))?
                    .as_str(),
            )),
            (None, Some(Value::List(items))) => out.extend(items.iter().cloned()),
            (None, default) => out.extend(default),
        }
    }
    Ok(out)
}

fn delimiter(written: &str) -> Outcome<char> {
    let mut characters = written.chars();
    match (written, characters.next(), characters.next()) {
        ("TAB", ..) => Ok('\t'),
        (_, Some(delimiter), None) => Ok(delimiter),
        _ => Err(Stop::new("\"delimiter\" must be a 1-character string")),
    }
}

/// The rows of a file of columns; quotes hold delimiters and line breaks, two of them are one. Blanks before a column
/// may be skipped.
pub(crate) fn rows(text: &str, delimiter: char, skips_blanks: bool) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if is_quoted || cell.is_empty() => is_quoted = !is_quoted,
            character if character == delimiter && !is_quoted => row.push(std::mem::take(&mut cell)),
            ' ' if skips_blanks && !is_quoted && cell.is_empty() => {}
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
