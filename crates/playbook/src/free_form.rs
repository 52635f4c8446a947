//! Arguments written as text: `src=a dest="b c"`.

use std::ops::Range;

use diag::{Error, Result};
use value::{Text, Value};
use yaml::{Node, NodeKind};

use crate::names::{self, COMMAND_OPTIONS};
use crate::{Argument, Arguments};

/// Reads the text of an action that is written as one string.
///
/// The text is split at white space outside of quotes and of template delimiters. What has an equals sign is an
/// argument, the rest is free-form text, kept exactly as written but for backslashes that stand alone at the end of a
/// line, which join it with the next one; in a command's text only its options are arguments.
///
/// # Errors
/// A quote or a template is not closed, or there is text without an equals sign where the action takes none.
pub(crate) fn parse(node: &Node, text: &Text, canonical: &str) -> Result<Arguments> {
    let mut arguments = Arguments::none(&node.span);
    let command = names::takes_command(canonical);
    let mut kept = Kept::default();
    let mut end_of_last = 0;
    let tokens = split(text).map_err(|message| {
        let error = Error::new(message).at(&node.span);
        if command {
            error.hint("write the command under 'cmd:', where its text is taken as it is")
        } else {
            error
        }
    })?;
    for token in tokens {
        kept.space(&text[end_of_last..token.start]);
        end_of_last = token.end;
        let Some(written) = kept.continued(&text[token.clone()]) else { continue };
        let option =
            split_option(written).filter(|(name, _)| !command || COMMAND_OPTIONS.contains(&name.as_str()));
        match option {
            Some((name, value)) => {
                kept.leave_out();
                arguments.named.retain(|argument| *argument.name != *name);
                let place = place(node, text, &token);
                arguments.named.push(Argument {
                    name: derived(text, name, &place),
                    span: place.clone(),
                    value: Node {
                        kind: NodeKind::Scalar(Value::String(derived(text, value, &place))),
                        span: place,
                    },
                });
            }
            None => kept.add(written),
        }
    }
    let kept = kept.end(&text[end_of_last..]);
    // A text of nothing but such backslashes stays what it is.
    let kept = if kept.is_empty() && arguments.named.is_empty() { text.to_string() } else { kept };
    let kept = if command { kept.as_str() } else { kept.trim() };
    if !kept.trim().is_empty() {
        let free_form = Node {
            kind: NodeKind::Scalar(Value::String(derived(text, kept.to_owned(), &node.span))),
            ..node.clone()
        };
        let whole = text.is_template() && arguments.named.is_empty();
        if names::takes_free_form(canonical) && !(whole && names::takes_any_name(canonical)) {
            arguments.free_form = Some(free_form);
        } else if whole {
            arguments.splat = Some(free_form);
        } else {
            // It fails when it runs, where a rescue or 'ignore_errors' may expect it.
            arguments.free_form = Some(free_form);
        }
    }
    Ok(arguments)
}

/// The free-form text, as far as it was read.
#[derive(Default)]
struct Kept {
    text: String,
    last: Last,
    /// The white space before the token that comes next.
    space: String,
}

/// What stands before a token.
#[derive(Clone, Copy, Default)]
enum Last {
    /// Text, or nothing.
    #[default]
    Text,
    /// A backslash that joins two lines.
    Backslash,
    /// An option, which is no part of the text.
    Option,
}

impl Kept {
    /// Takes the white space before the next token.
    fn space(&mut self, space: &str) {
        let goes_on = matches!(self.last, Last::Backslash);
        let space = space.strip_prefix('\n').filter(|_| goes_on).unwrap_or(space);
        match self.last {
            Last::Text => self.space = space.to_owned(),
            // Two lines that become one have at least one space between them.
            Last::Backslash if space.starts_with(' ') => self.space.push_str(&space[1..]),
            Last::Backslash => self.space.push_str(space),
            Last::Option if self.text.is_empty() => self.space.clear(),
            Last::Option if self.text.ends_with('\n') => {
                self.space = space.rsplit('\n').next().unwrap_or_default().to_owned();
            }
            Last::Option => self.space = " ".to_owned(),
        }
    }

    /// What is left of a token without backslashes that join lines, if anything is.
    fn continued<'t>(&mut self, token: &'t str) -> Option<&'t str> {
        let mut rest = token;
        while let Some(after) = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\ ")) {
            rest = after;
        }
        if rest.is_empty() || rest == "\\" {
            self.last = Last::Backslash;
            return None;
        }
        Some(rest)
    }

    /// Takes a token.
    fn add(&mut self, token: &str) {
        self.text.push_str(&self.space);
        self.text.push_str(token);
        self.last = Last::Text;
    }

    /// Passes over an option: the white space around it goes with it, but for line breaks before it.
    fn leave_out(&mut self) {
        if let (Last::Text, Some(at)) = (self.last, self.space.rfind('\n')) {
            self.text.push_str(&self.space[..=at]);
        }
        self.last = Last::Option;
    }

    /// The whole text. `space` is what stands after the last token.
    fn end(mut self, space: &str) -> String {
        if let Last::Text = self.last {
            self.text.push_str(space);
        }
        self.text
    }
}

/// The pairs of a text such as `a=1 b="two words" c={{ d }}`, quotes removed; `None` stands for a word without `=`.
///
/// # Errors
/// What is wrong: a quote or a template is not closed.
pub fn pairs(text: &str) -> std::result::Result<Vec<Option<(String, String)>>, String> {
    let tokens = split(text).map_err(|message| message.to_string())?;
    Ok(tokens.into_iter().map(|token| split_option(&text[token])).collect())
}

/// Text made of `text`: a template only if that one may be.
fn derived(text: &Text, part: String, span: &diag::Span) -> Text {
    if text.is_trusted() && !text.is_secret() {
        Text::trusted(part, Some(span.clone()))
    } else {
        text.with_text(part)
    }
}

/// Where a token is written, as exactly as can be said: in folded or escaped text that is the whole text.
fn place(node: &Node, text: &str, token: &Range<usize>) -> diag::Span {
    let written = node.span.text();
    let quoted = usize::from(written.starts_with(['"', '\'']));
    match written.get(quoted..quoted + text.len()) {
        Some(same) if same == text => node.span.part(quoted + token.start, quoted + token.end),
        _ => node.span.clone(),
    }
}

/// The name and value of `name=value`, if it is one.
fn split_option(token: &str) -> Option<(String, String)> {
    let decoded = decode_escapes(token);
    let mut equals = None;
    let mut before = '\0';
    for (at, character) in decoded.char_indices() {
        if character == '=' && before != '\\' {
            equals = Some(at);
            break;
        }
        before = character;
    }
    let equals = equals?;
    let name = decoded[..equals].trim().to_owned();
    let value = decoded[equals + 1..].trim();
    Some((name, unquote(value).replace("\\=", "=")))
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
            && !value.ends_with(&format!("\\{quote}"))
        {
            return inner;
        }
    }
    value
}

/// Python's escapes in strings, but for octal ones, which would take the groups of a regular expression for
/// characters; any other backslash stays.
fn decode_escapes(token: &str) -> String {
    let mut decoded = String::new();
    let mut rest = token;
    while let Some(at) = rest.find('\\') {
        decoded.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let (character, length) = match escape.chars().next() {
            Some('x') => hexadecimal(escape, 2),
            Some('u') => hexadecimal(escape, 4),
            Some('U') => hexadecimal(escape, 8),
            Some(simple) => {
                let character = match simple {
                    '\\' | '\'' | '"' => Some(simple),
                    'a' => Some('\x07'),
                    'b' => Some('\x08'),
                    'f' => Some('\x0c'),
                    'n' => Some('\n'),
                    'r' => Some('\r'),
                    't' => Some('\t'),
                    'v' => Some('\x0b'),
                    _ => None,
                };
                (character, 1)
            }
            None => (None, 0),
        };
        match character {
            Some(character) => {
                decoded.push(character);
                rest = &escape[length..];
            }
            None => {
                decoded.push('\\');
                rest = escape;
            }
        }
    }
    decoded + rest
}

fn hexadecimal(escape: &str, digits: usize) -> (Option<char>, usize) {
    let character = escape
        .get(1..1 + digits)
        .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .and_then(char::from_u32);
    (character, 1 + digits)
}

/// The tokens of the text: split at white space outside of quotes and template delimiters.
pub(crate) fn split(text: &str) -> Result<Vec<Range<usize>>, &'static str> {
    const DELIMITERS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let mut tokens = Vec::new();
    let mut start: Option<usize> = None;
    let mut quote: Option<u8> = None;
    let mut closings: Vec<&str> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let rest = &bytes[at..];
        let mut length = 1;
        if byte.is_ascii_whitespace() && quote.is_none() && closings.is_empty() {
            tokens.extend(start.take().map(|start| start..at));
            at += 1;
            continue;
        }
        start.get_or_insert(at);
        if rest.starts_with(b"\\\n") && start == Some(at) && quote.is_none() && closings.is_empty() {
            // A line that goes on: the backslash stands alone.
        } else if byte == b'\\' && closings.is_empty() {
            length = 2.min(rest.len());
        } else if let Some(closing) = closings.last().filter(|closing| rest.starts_with(closing.as_bytes())) {
            length = closing.len();
            closings.pop();
        } else if let Some((opening, closing)) =
            DELIMITERS.iter().find(|(opening, _)| rest.starts_with(opening.as_bytes()))
        {
            length = opening.len();
            closings.push(closing);
        } else if closings.is_empty() && quote == Some(byte) {
            quote = None;
        } else if closings.is_empty() && quote.is_none() && matches!(byte, b'"' | b'\'') {
            quote = Some(byte);
        }
        at += length;
    }
    if quote.is_some() {
        return Err("a quote is not closed");
    }
    if !closings.is_empty() {
        return Err("a template is not closed");
    }
    tokens.extend(start.map(|start| start..at));
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use diag::Source;

    use super::*;

    fn read(text: &str, action: &str) -> (Vec<(String, String)>, Option<String>) {
        let source = Source::new("test", text);
        let span = diag::Span::new(&source, 0, text.len());
        let text = Text::trusted(text, Some(span.clone()));
        let node = Node { kind: NodeKind::Scalar(Value::String(text.clone())), span };
        let arguments = parse(&node, &text, action).unwrap();
        let named = arguments
            .named
            .iter()
            .map(|argument| (argument.name.to_string(), argument.value.as_str().unwrap().to_owned()))
            .collect();
        (named, arguments.free_form.map(|node| node.as_str().unwrap().to_owned()))
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn quotes_templates_and_escapes_hold_a_token_together() {
        let (arguments, rest) =
            read(r#"src=a dest="b c" mode='0644' owner={{ x | d('a b') }} line=a\tb x=1\=2"#, "copy");
        assert_eq!(
            arguments,
            named(&[
                ("src", "a"),
                ("dest", "b c"),
                ("mode", "0644"),
                ("owner", "{{ x | d('a b') }}"),
                ("line", "a\tb"),
                ("x", "1=2")
            ])
        );
        assert_eq!(rest, None);
    }

    #[test]
    fn a_command_keeps_its_text_and_gives_only_its_options() {
        let (arguments, rest) =
            read("FOO=bar  echo \"a  creates=b\" | tr a b creates=/tmp/x chdir=/", "shell");
        assert_eq!(arguments, named(&[("creates", "/tmp/x"), ("chdir", "/")]));
        assert_eq!(rest.as_deref(), Some("FOO=bar  echo \"a  creates=b\" | tr a b"));
    }

    #[test]
    fn lines_of_a_command_are_joined_by_a_backslash_of_its_own() {
        let text = |text: &str| read(text, "shell").1.unwrap();
        assert_eq!(text("echo a \\\n\"b\" \\\n  | tr\necho  c\n"), "echo a \"b\"  | tr\necho  c\n");
        assert_eq!(text("echo a    \\\n  c"), "echo a     c");
        assert_eq!(text("echo a \\\n \\\n b \\\n"), "echo a b");
        assert_eq!(text("echo a\\\nb; echo 'x \\\ny' \\\\\n"), "echo a\\\nb; echo 'x \\\ny' \\\\\n");
        assert_eq!(text("  echo a  "), "  echo a  ");
    }

    #[test]
    fn options_of_a_command_take_their_white_space_along() {
        let text = |text: &str| read(text, "shell").1.unwrap();
        assert_eq!(text("chdir=/tmp\necho a \\\n  b creates=/x\n\necho e\n"), "echo a  b echo e\n");
        assert_eq!(text("echo a creates=/x | cat chdir=/tmp\n"), "echo a | cat");
        assert_eq!(text("echo a\ncreates=/x\n  echo b"), "echo a\n  echo b");
    }

    #[test]
    fn the_place_of_a_token_is_exact_in_plain_text() {
        let source = Source::new("test", "- copy: src=a dest=b");
        let span = diag::Span::new(&source, 8, 20);
        let text = Text::trusted("src=a dest=b", Some(span.clone()));
        let node = Node { kind: NodeKind::Scalar(Value::String(text.clone())), span };
        let arguments = parse(&node, &text, "copy").unwrap();
        assert_eq!(arguments.named[1].span.to_string(), "test:1:15");
    }

    #[test]
    fn odd_text_is_an_error_or_an_argument_but_never_a_panic() {
        for text in [
            "=",
            "\\",
            "a=\\",
            "é=\\é ü",
            "a=\"",
            "a='\"'",
            "\\ü\\ ",
            "a=\\x",
            "a=\\xé0",
            "a=\\777",
            "{{",
            "a={# #}#}",
            "\u{a0}=\u{a0}",
        ] {
            let source = Source::new("test", text);
            let span = diag::Span::new(&source, 0, text.len());
            let node = Node { kind: NodeKind::Scalar(Value::string(text)), span };
            for action in ["copy", "shell"] {
                if let Ok(arguments) = parse(&node, &Text::new(text), action) {
                    let parts = arguments.named.len() + usize::from(arguments.free_form.is_some());
                    assert!(parts > 0, "{text:?} is lost");
                }
            }
        }
    }
}
