use std::sync::Arc;

use diag::{Error, Position, Source, Span};

use crate::libyaml::Problem;

/// How many lines back a quote that was left open is looked for.
const QUOTE_LINES: usize = 30;

/// The error for what libyaml could not read: its words in ours, the place, and what is likely meant.
pub(crate) fn explain(source: &Arc<Source>, offset: usize, problem: Problem) -> Error {
    let text = source.text();
    let at = (problem.at + offset).min(text.len());
    let context =
        problem.context.as_ref().map(|(what, start)| (what.as_str(), (start + offset).min(text.len())));
    let place = Place::new(source, at);
    let span = place.span();

    let tab = place.starts_with('\t') || place.indent().contains('\t');
    let message = problem.message.as_str();
    if tab
        && (message.contains("cannot start any token")
            || message.contains("tab")
            || message.contains("indent"))
    {
        return Error::new("a tab can't be used for indentation").at(&span).hint("indent with spaces");
    }
    if (message.contains("unexpected end of stream") || message.contains("unexpected document indicator"))
        && let Some((_, start)) = context.filter(|(what, _)| what.contains("quoted scalar"))
    {
        return Error::new("a quoted text is not closed").at(&character(source, start)).label("opened here").hint(
                "close the quote at the end of the value; inside single quotes write '' for a quote, inside double \
                 quotes write \\\"",
            );
    }
    let mut error = Error::new(translate(message));
    match context {
        // The line is at fault, and libyaml notices only after it.
        Some((_, start)) if message == "could not find expected ':'" => {
            let end = start + source.text()[start..].lines().next().map_or(0, str::len);
            error = error.at(&Span::new(source, start, end));
        }
        Some((what, start)) if source.position(start).line != place.line => {
            error = error.at(&span).related(&character(source, start), structure(what));
        }
        _ => error = error.at(&span),
    }
    if let Some(quote) = place.quote_left_open() {
        return error
            .related(&quote, "is this quote closed?")
            .hint("close each quote on the line it is opened on");
    }
    match advice(message, &place, context) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// The place of the one character that starts here.
pub(crate) fn character(source: &Arc<Source>, at: usize) -> Span {
    let length = source.text().get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Span::new(source, at, at + length)
}

/// libyaml's messages, where ours say more.
fn translate(message: &str) -> String {
    match message {
        "mapping values are not allowed in this context" => "a ': ' can't stand here".into(),
        "could not find expected ':'" => "this line is neither a key nor part of the value before it".into(),
        "did not find expected key" => "a key, or the end of this mapping, was expected here".into(),
        "did not find expected '-' indicator" => "a '-' was expected here".into(),
        "did not find expected ',' or '}'" => "a ',' or '}' was expected here".into(),
        "did not find expected ',' or ']'" => "a ',' or ']' was expected here".into(),
        "found character that cannot start any token" => "a value can't start with this character".into(),
        "did not find expected <document start>" => "something stands after the end of the document".into(),
        "control characters are not allowed" => "a control character can't stand in YAML".into(),
        "found unknown escape character" => "there is no such escape in double quotes".into(),
        "did not find expected alphabetic or numeric character" => {
            "the name of an anchor or alias was expected here".into()
        }
        "did not find expected node content" => "a value was expected here".into(),
        other => other.into(),
    }
}

/// What libyaml was reading, such as `while parsing a block mapping`, in words for the place where it starts.
fn structure(context: &str) -> &'static str {
    match context {
        "while parsing a block collection" => "the list starts here",
        "while parsing a block mapping" => "the mapping starts here",
        "while parsing a flow sequence" => "the list is opened here",
        "while parsing a flow mapping" => "the mapping is opened here",
        _ => "reading what starts here",
    }
}

/// What the writer most likely did, judged by the lines around the place.
fn advice(message: &str, place: &Place<'_>, context: Option<(&str, usize)>) -> Option<String> {
    let quoted_context = context.is_some_and(|(what, _)| what.contains("quoted scalar"));
    if message == "found unknown escape character"
        || message.contains("did not find expected hexdecimal number")
    {
        return Some("use single quotes, in which a backslash means itself".into());
    }
    for line in [place.line(), place.line_before()] {
        if let Some(value) = value_of(line) {
            if value.starts_with("{{") || value.starts_with("{%") {
                return Some(
                    "a value that starts with a template must be put in quotes: \"{{ ... }}\"".into(),
                );
            }
            if let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))
                && goes_on_after_quotes(value, quote)
                && !quoted_context
            {
                return Some(format!(
                    "a value that starts with a quote must end with it: put the whole value between other quotes, \
                         or write {} inside",
                    if quote == '"' { "\\\"" } else { "''" }
                ));
            }
        }
    }
    if message == "mapping values are not allowed in this context" {
        let line = place.line();
        let before = value_of(line).unwrap_or(line);
        if (before.contains(": ") || before.ends_with(':')) && value_of(line).is_some() {
            return Some("put the value in quotes if the ': ' belongs to it".into());
        }
        return Some(
            "check the indentation: keys of one mapping start in the same column, and a value may not stand before \
             them on the line above"
                .into(),
        );
    }
    if message == "found character that cannot start any token" {
        return Some("put a value that starts with '%', '@' or '`' in quotes".into());
    }
    if message.contains("expected key")
        || message.contains("expected '-'")
        || message.contains("expected ':'")
    {
        return Some("check the indentation: what belongs together starts in the same column".into());
    }
    if message.contains("expected ',' or") {
        return Some(
            "a bracket is not closed, or a value with a bracket or comma in it must be put in quotes".into(),
        );
    }
    if message.contains("expected alphabetic or numeric") {
        return Some("put a value that starts with '*' or '&' in quotes".into());
    }
    None
}

/// What stands after `key: ` or `- ` on a line.
fn value_of(line: &str) -> Option<&str> {
    let mut rest = line.trim();
    let mut found = false;
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start();
        found = true;
    }
    if !rest.starts_with(['"', '\'', '{', '['])
        && let Some((_, value)) = rest.split_once(": ")
    {
        return Some(value.trim());
    }
    found.then_some(rest)
}

/// What stands behind the quoted text that a value starts with; `None` where its quote is not closed.
fn after_quoted(value: &str, quote: char) -> Option<&str> {
    let mut characters = value.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        let doubled = character == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'');
        if quote == '"' && character == '\\' || quote == '\'' && doubled {
            characters.next();
        } else if character == quote {
            return Some(&value[at + 1..]);
        }
    }
    None
}

/// Whether a value that starts with a quote goes on behind the closing one.
fn goes_on_after_quotes(value: &str, quote: char) -> bool {
    after_quoted(value, quote).is_some_and(|rest| {
        let rest = rest.trim_start();
        !rest.is_empty() && !rest.starts_with(['#', ':'])
    })
}

/// A place and the lines around it.
struct Place<'a> {
    source: &'a Arc<Source>,
    at: usize,
    line: usize,
}

impl<'a> Place<'a> {
    fn new(source: &'a Arc<Source>, at: usize) -> Place<'a> {
        // At the end of the text the last written line is the one to show.
        let end = source.text().trim_end().len();
        let at = if at >= source.text().len() { end } else { at };
        Place { source, at, line: source.position(at).line }
    }

    fn span(&self) -> Span {
        character(self.source, self.at)
    }

    fn starts_with(&self, character: char) -> bool {
        self.source.text().get(self.at..).is_some_and(|rest| rest.starts_with(character))
    }

    fn line(&self) -> &'a str {
        self.source.line(self.line)
    }

    fn line_before(&self) -> &'a str {
        if self.line > 1 { self.source.line(self.line - 1) } else { "" }
    }

    /// A quote before this place that is not closed on its line, if what follows looks as if it should have been: the
    /// text then ran on up to the next quote, and the error is noticed there.
    fn quote_left_open(&self) -> Option<Span> {
        if !self.source.text().get(..self.at)?.trim_end().ends_with(['"', '\''])
            && !self.line().contains(['"', '\''])
        {
            return None;
        }
        let first = self.line.saturating_sub(QUOTE_LINES).max(1);
        (first..self.line).rev().find_map(|number| {
            let line = self.source.line(number);
            let value = value_of(line)?;
            let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            if after_quoted(value, quote).is_some() {
                return None;
            }
            let column = line[..line.rfind(value)?].chars().count() + 1;
            let start = self.source.offset(Position { line: number, column });
            Some(character(self.source, start))
        })
    }

    fn indent(&self) -> &'a str {
        let line = self.line();
        &line[..line.len() - line.trim_start().len()]
    }
}
