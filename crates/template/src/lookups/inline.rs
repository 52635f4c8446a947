//! Options that are written into a term, as in `lookup('csvfile', 'key file=people.csv col=2')`.

use std::path::PathBuf;

use diag::{Error, did_you_mean};
use value::Value;

use crate::arguments::{Arguments, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// A term without its options, and the options: those given by name, then those in the term.
pub(super) struct Term {
    /// What is left of the term; quotes in it are part of it.
    pub(super) key: String,
    options: Vec<(String, Value)>,
}

impl Term {
    /// Takes a term apart.
    ///
    /// # Errors
    /// An option is none of the known ones.
    pub(super) fn read(term: &Value, arguments: &Arguments, known: &[&str]) -> Outcome<Term> {
        let mut options: Vec<(String, Value)> =
            arguments.named.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let by_name = options.len();
        let term = text(term)?;
        let mut key = Vec::new();
        for word in words(&term) {
            match word.split_once('=') {
                Some((name, value)) if !name.ends_with('\\') => {
                    options.push((name.to_owned(), Value::string(unescaped(unquoted(value)))));
                }
                _ => key.push(word),
            }
        }
        if let Some((name, _)) =
            options.iter().skip(by_name).find(|(name, _)| !known.contains(&name.as_str()))
        {
            let error = Error::new(format!("'{name}' is not a valid option"));
            return Err(error.hint_some(did_you_mean(name, known.iter().copied())).into());
        }
        Ok(Term { key: key.join(" "), options })
    }

    /// An option, if it is given; the term's own before one given by name.
    pub(super) fn option(&self, name: &str) -> Option<Value> {
        self.options.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone())
    }

    /// An option that is yes or no, and no where it is left out.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.option(name).is_some_and(|value| value::Convert::to_bool(&value).unwrap_or(false))
    }

    /// An option that is a number and not negative.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn number(&self, name: &str, default: usize) -> Outcome<usize> {
        let Some(value) = self.option(name) else { return Ok(default) };
        value::Convert::to_i64(&value)
            .ok()
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| Stop::new(format!("option '{name}' has an invalid value: {}", value.repr())))
    }
}

/// The words between blanks; blanks in quotes part nothing, and the quotes stay.
fn words(term: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (None, None);
    for (at, character) in term.char_indices() {
        match (character, quote) {
            ('"' | '\'', None) => {
                quote = Some(character);
                start = start.or(Some(at));
            }
            (character, Some(open)) if character == open => quote = None,
            (character, None) if character.is_whitespace() && character != '\x1a' => {
                words.extend(start.take().and_then(|start: usize| term.get(start..at)));
            }
            _ => start = start.or(Some(at)),
        }
    }
    words.extend(start.and_then(|start| term.get(start..)));
    words
}

fn unquoted(value: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

/// A value with what backslashes stand for.
fn unescaped(value: &str) -> String {
    let mut out = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('\\') => out.push('\\'),
            Some('x') => {
                let digits: String = characters.by_ref().take(2).collect();
                out.extend(u8::from_str_radix(&digits, 16).ok().map(char::from));
            }
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// What is in a file among the playbook's files, its vault opened, as text in an encoding.
pub(super) fn content(evaluator: &Evaluator<'_>, name: &str, encoding: &str) -> Outcome<String> {
    let path: PathBuf = evaluator
        .context
        .find_file("files", name, None)
        .ok_or_else(|| Error::new(format!("there is no file '{name}'")).cause("No such file or directory"))?;
    let bytes = std::fs::read(&path)
        .map_err(|error| Error::new(format!("cannot read '{}'", path.display())).cause(error))?;
    let bytes = evaluator.context.scope.decrypt_file(bytes, &path)?;
    crate::filters::encodings::decoded(bytes, encoding)
        .map_err(|_| Stop::new(format!("'{}' is no text in the encoding '{encoding}'", path.display())))
}
