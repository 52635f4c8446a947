use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use diag::Error;
use fancy_regex::{Captures, Regex, RegexBuilder};

use crate::outcome::{Outcome, Stop};

/// So many compiled patterns are kept by each thread.
const CACHE_LIMIT: usize = 512;

thread_local! {
    static CACHE: RefCell<HashMap<(String, bool, bool), Arc<Pattern>>> = RefCell::default();
}

/// A regular expression as Python reads it.
pub(crate) struct Pattern {
    regex: Regex,
    written: String,
}

/// The error of a pattern that is none.
fn refused(written: &str, error: &fancy_regex::Error) -> Error {
    let told = error.to_string();
    if told.contains("without closing parenthesis") || told.contains("unclosed group") {
        return Error::new("missing ), unterminated subpattern")
            .cause(format!("in '{written}'"))
            .advice("close the bracket, or write a backslash before it if it stands for itself");
    }
    if told.contains("repeat") {
        return Error::new("nothing to repeat")
            .cause(format!("in '{written}'"))
            .advice("write a backslash before '*', '+' or '?' if it stands for itself");
    }
    Error::new(format!("'{written}' is not a regular expression")).cause(told)
}

impl Pattern {
    /// The compiled pattern.
    pub(crate) fn new(written: &str, ignore_case: bool, multiline: bool) -> Outcome<Arc<Pattern>> {
        let key = (written.to_owned(), ignore_case, multiline);
        if let Some(pattern) = CACHE.with_borrow(|cache| cache.get(&key).cloned()) {
            return Ok(pattern);
        }
        let regex = RegexBuilder::new(&translated(written, multiline))
            .case_insensitive(ignore_case)
            .multi_line(multiline)
            .build()
            .map_err(|error| refused(written, &error))?;
        let pattern = Arc::new(Pattern { regex, written: written.to_owned() });
        CACHE.with_borrow_mut(|cache| {
            if cache.len() >= CACHE_LIMIT {
                cache.clear();
            }
            cache.insert(key, Arc::clone(&pattern));
        });
        Ok(pattern)
    }

    fn failed(&self, error: &fancy_regex::Error) -> Stop {
        Stop::Error(Error::new(format!("cannot match '{}'", self.written)).cause(error))
    }

    /// The first match.
    pub(crate) fn search<'t>(&self, text: &'t str) -> Outcome<Option<Captures<'t, str>>> {
        self.regex.captures(text).map_err(|error| self.failed(&error))
    }

    /// Whether the text begins with a match.
    pub(crate) fn matches_start(&self, text: &str) -> Outcome<bool> {
        // A match elsewhere may hide one at the start only if there is none there: the first match is the leftmost.
        Ok(self.search(text)?.and_then(|captures| captures.get(0)).is_some_and(|found| found.start() == 0))
    }

    /// Whether all of the text is a match.
    pub(crate) fn matches_all(&self, text: &str) -> Outcome<bool> {
        let whole = Pattern::new(&format!("(?:{})\\Z", self.written), false, false)?;
        whole.matches_start(text)
    }

    /// All matches that do not overlap; empty ones may follow directly on others, as in Python.
    pub(crate) fn all<'t>(&self, text: &'t str) -> Outcome<Vec<Captures<'t, str>>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at <= text.len() {
            let Some(captures) =
                self.regex.captures_from_pos(text, at).map_err(|error| self.failed(&error))?
            else {
                break;
            };
            let Some(whole) = captures.get(0) else { break };
            at = whole.end();
            if whole.start() == whole.end() {
                at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            }
            found.push(captures);
        }
        Ok(found)
    }

    /// How many groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.regex.captures_len().saturating_sub(1)
    }
}

/// A group's text; empty where the group took no part in the match.
pub(crate) fn group<'t>(captures: &Captures<'t, str>, index: usize) -> &'t str {
    captures.get(index).map_or("", |found| found.as_str())
}

/// The pattern in the words of the regex library where Python means something else by them: `$` also matches before a
/// line break at the end, `\Z` only at the very end, braces and brackets that quantify or nest nothing are text.
fn translated(written: &str, multiline: bool) -> String {
    let mut out = String::with_capacity(written.len() + 8);
    let mut characters = written.char_indices().peekable();
    let mut in_class = false;
    while let Some((at, character)) = characters.next() {
        let rest = written.get(at + character.len_utf8()..).unwrap_or_default();
        match character {
            '\\' => match characters.next() {
                Some((_, 'Z')) if !in_class => out.push_str("\\z"),
                Some((
                    _,
                    letter @ ('<' | '>' | '_' | '"' | '\'' | '/' | ' ' | '%' | '@' | '!' | ',' | ';' | ':'
                    | '=' | '`'),
                )) => {
                    if letter == ' ' {
                        out.push_str("\\x20")
                    } else {
                        out.push(letter)
                    }
                }
                Some((_, letter)) => {
                    out.push('\\');
                    out.push(letter);
                }
                None => out.push('\\'),
            },
            '[' if in_class => out.push_str("\\["),
            '&' | '~' | '-' if in_class && rest.starts_with(character) => {
                out.push('\\');
                out.push(character);
            }
            '[' => {
                in_class = true;
                out.push('[');
                if let Some((_, negation)) = characters.next_if(|(_, next)| *next == '^') {
                    out.push(negation);
                }
                if characters.next_if(|(_, next)| *next == ']').is_some() {
                    out.push_str("\\]");
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '$' if !in_class && !multiline => out.push_str("(?=\\n?\\z)"),
            '{' if !in_class && !is_quantifier(rest) => out.push_str("\\{"),
            '{' if !in_class && rest.starts_with(',') => out.push_str("{0"),
            '}' if !in_class && !closes_quantifier(&out) => out.push_str("\\}"),
            _ => out.push(character),
        }
    }
    out
}

/// Whether what follows a brace makes it a count.
fn is_quantifier(rest: &str) -> bool {
    let Some((count, _)) = rest.split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(least) && is_number(most) && count.bytes().any(|byte| byte.is_ascii_digit())
}

fn closes_quantifier(out: &str) -> bool {
    let bare = out.trim_end_matches(|character: char| character.is_ascii_digit() || character == ',');
    bare.ends_with('{') && !bare.ends_with("\\{")
}

/// A replacement of Python's `re.sub` with its groups filled in.
pub(crate) fn expanded(template: &str, captures: &Captures<'_, str>) -> Outcome<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(letter) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let after = &rest[letter.len_utf8()..];
        match letter {
            'g' if after.starts_with('<') => {
                let Some((name, after)) = after[1..].split_once('>') else {
                    return Err(Stop::new("missing '>' in the name of a group"));
                };
                out.push_str(named_group(name, captures)?);
                rest = after;
            }
            '1'..='9' => {
                let second = after.chars().next().filter(char::is_ascii_digit);
                let two = format!("{letter}{}", second.map(String::from).unwrap_or_default());
                let length =
                    if second.is_some() && two.parse().is_ok_and(|index: usize| index < captures.len()) {
                        2
                    } else {
                        1
                    };
                out.push_str(named_group(&rest[..length], captures)?);
                rest = &rest[length..];
            }
            _ => {
                out.push_str(&crate::syntax::unescape(&format!("\\{letter}")));
                rest = after;
            }
        }
    }
    Ok(out + rest)
}

/// The text of the group with this name or number.
pub(crate) fn named_group<'t>(name: &str, captures: &Captures<'t, str>) -> Outcome<&'t str> {
    let missing = || Stop::new(format!("there is no group '{name}' in the pattern"));
    match name.parse::<usize>() {
        Ok(index) if index < captures.len() => Ok(group(captures, index)),
        Ok(_) => Err(missing()),
        Err(_) => match captures.name(name) {
            Some(found) => Ok(found.as_str()),
            None => Ok(""),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_patterns_are_translated() {
        let cases = [
            ("^a$", "a\n", true),
            ("a\\Z", "a\n", false),
            ("{{ x }}", "{{ x }}", true),
            ("a{2}", "aa", true),
            ("a{,2}b", "b", true),
            ("[[]", "[", true),
            ("[]a]", "]", true),
            ("[a&&b]", "&", true),
            ("\\/\\<\\_", "/<_", true),
            ("(?P<n>a)(?P=n)", "aa", true),
            ("(?<!x)a", "xa", false),
            ("(?i)A", "a", true),
        ];
        for (pattern, text, expected) in cases {
            let found = Pattern::new(pattern, false, false)
                .and_then(|pattern| pattern.search(text).map(|it| it.is_some()));
            assert_eq!(found.ok(), Some(expected), "{pattern}");
        }
    }
}
