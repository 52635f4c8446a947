use std::borrow::Cow;

use diag::{Error, Result};
use minijinja::ErrorKind;
use minijinja::machinery::{Span, Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

/// What a backslash in a string of an expression means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Backslashes {
    /// Itself inside `{{ }}`, where YAML has had its turn already; Python's escapes inside `{% %}`.
    Plain,
    /// Python's escapes everywhere: template files and conditions.
    Escape,
}

/// A template's text with the parser's gaps patched, and the way back to places in the original.
pub(crate) struct Prepared<'a> {
    pub(crate) written: &'a str,
    pub(crate) text: Cow<'a, str>,
    /// (place in the patched text, place in the original) after each patch, ascending.
    patches: Vec<(usize, usize)>,
}

impl Prepared<'_> {
    /// The place in the original text of a place in the patched one.
    pub(crate) fn original(&self, offset: usize) -> usize {
        let index = self.patches.partition_point(|(patched, _)| *patched <= offset);
        let original = match index.checked_sub(1).and_then(|index| self.patches.get(index)) {
            Some((patched, original)) => original + (offset - patched),
            None => offset,
        };
        // The parser's own errors may point into the middle of a character.
        self.written.floor_char_boundary(original)
    }
}

/// A replacement of a range of the original text.
struct Patch {
    start: usize,
    end: usize,
    text: String,
}

/// Rewrites what the parser does not read as Jinja does: backslashes in strings, unary plus, and tuples without
/// parentheses in `{{ a, b }}`, `{% for x in a, b %}` and `a[b, c]`.
pub(crate) fn prepare<'a>(
    text: &'a str,
    is_expression: bool,
    syntax: &SyntaxConfig,
    backslashes: Backslashes,
) -> Result<Prepared<'a>> {
    if !text.contains(['\\', '+', ',']) {
        return Ok(Prepared { written: text, text: Cow::Borrowed(text), patches: Vec::new() });
    }
    let mut patches = Patcher::new(text, backslashes, is_expression).run(syntax)?;
    if patches.is_empty() {
        return Ok(Prepared { written: text, text: Cow::Borrowed(text), patches: Vec::new() });
    }
    patches.sort_by_key(|patch| (patch.start, patch.end));
    let mut patched = String::with_capacity(text.len() + patches.len() * 4);
    let mut places = Vec::with_capacity(patches.len());
    let mut at = 0;
    for patch in patches {
        patched.push_str(text.get(at..patch.start).unwrap_or_default());
        patched.push_str(&patch.text);
        places.push((patched.len(), patch.end));
        at = patch.end;
    }
    patched.push_str(text.get(at..).unwrap_or_default());
    Ok(Prepared { written: text, text: Cow::Owned(patched), patches: places })
}

/// A pair of brackets that is open, or the whole of a `{{ }}` or of a loop's items.
struct Open {
    kind: OpenKind,
    start: usize,
    /// Whether a comma stands directly in it.
    has_comma: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenKind {
    Output,
    LoopItems,
    Subscript,
    Other,
}

struct Patcher<'a> {
    text: &'a str,
    backslashes: Backslashes,
    patches: Vec<Patch>,
    open: Vec<Open>,
    in_output: bool,
    in_loop_head: bool,
    /// Whether an operand has just ended, so that `[` subscripts it and `+` adds to it.
    after_operand: bool,
    /// Whether the next word is that of a statement or test, and no operand.
    before_word: bool,
    last_end: usize,
}

impl<'a> Patcher<'a> {
    fn new(text: &'a str, backslashes: Backslashes, is_expression: bool) -> Patcher<'a> {
        let mut patcher = Patcher {
            text,
            backslashes,
            patches: Vec::new(),
            open: Vec::new(),
            in_output: false,
            in_loop_head: false,
            after_operand: false,
            before_word: false,
            last_end: 0,
        };
        if is_expression {
            patcher.begin(OpenKind::Output, 0);
        }
        patcher
    }

    fn run(mut self, syntax: &SyntaxConfig) -> Result<Vec<Patch>> {
        let is_expression = !self.open.is_empty();
        let mut tokens = Tokenizer::new(self.text, "", is_expression, syntax.clone());
        loop {
            match tokens.next_token() {
                Ok(Some((token, span))) => self.token(&token, span),
                Ok(None) => break,
                // The tokenizer has passed the string already; only its idea of escapes failed.
                Err(error) if error.kind() == ErrorKind::BadEscape => self.bad_escape()?,
                // The parser will say what is wrong, with its place.
                Err(_) => break,
            }
        }
        if is_expression {
            self.end(self.last_end);
        }
        Ok(self.patches)
    }

    fn begin(&mut self, kind: OpenKind, start: usize) {
        self.open.push(Open { kind, start, has_comma: false });
        self.after_operand = false;
    }

    /// Closes the innermost, and puts parentheses around it if it is a bare tuple.
    fn end(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        if open.has_comma && open.kind != OpenKind::Other {
            self.patches.push(Patch { start: open.start, end: open.start, text: "(".into() });
            self.patches.push(Patch { start: end, end, text: ")".into() });
        }
    }

    fn token(&mut self, token: &Token<'_>, span: Span) {
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        let mut operand = false;
        match token {
            Token::VariableStart => {
                self.in_output = true;
                self.begin(OpenKind::Output, end);
            }
            Token::VariableEnd | Token::BlockEnd => {
                while !self.open.is_empty() {
                    self.end(self.last_end);
                }
                self.in_output = false;
                self.in_loop_head = false;
            }
            Token::Ident("for") if self.open.is_empty() => self.in_loop_head = true,
            Token::Ident("in") if self.in_loop_head && self.open.is_empty() => {
                self.in_loop_head = false;
                self.begin(OpenKind::LoopItems, end);
            }
            Token::Ident("if" | "recursive")
                if self.open.last().is_some_and(|open| open.kind == OpenKind::LoopItems) =>
            {
                self.end(self.last_end);
            }
            Token::ParenOpen | Token::BraceOpen => self.begin(OpenKind::Other, end),
            Token::BracketOpen => {
                let kind = if self.after_operand { OpenKind::Subscript } else { OpenKind::Other };
                self.begin(kind, end);
            }
            Token::ParenClose | Token::BraceClose | Token::BracketClose => {
                self.end(start);
                operand = true;
            }
            Token::Comma => {
                if let Some(open) = self.open.last_mut() {
                    open.has_comma = true;
                }
            }
            Token::Plus if !self.after_operand && !self.at_block_edge(start) => {
                self.patches.push(Patch { start, end, text: " ".into() });
            }
            Token::Str(_) | Token::String(_) => {
                self.string(start, end);
                operand = true;
            }
            Token::Ident(name) => {
                let is_operator =
                    matches!(*name, "in" | "and" | "or" | "not" | "if" | "else" | "elif" | "is" | "import");
                operand = !is_operator && !self.before_word;
            }
            Token::Int(_) | Token::Int128(_) | Token::Float(_) => operand = true,
            _ => {}
        }
        self.before_word = match token {
            Token::BlockStart | Token::Ident("is") => true,
            // `is not odd`.
            Token::Ident("not") => self.before_word,
            _ => false,
        };
        self.after_operand = operand;
        self.last_end = end;
    }

    /// Whether what precedes is the start of a tag, as in `{%+ if`.
    fn at_block_edge(&self, start: usize) -> bool {
        self.text.get(..start).is_some_and(|before| before.ends_with(['%', '{', '#']))
    }

    /// Rewrites a string with backslashes so that the parser reads what Jinja reads.
    fn string(&mut self, start: usize, end: usize) {
        let Some(literal) = self.text.get(start..end) else { return };
        if !literal.contains('\\') || literal.len() < 2 {
            return;
        }
        let (quote, content) = (&literal[..1], &literal[1..literal.len() - 1]);
        let content = if self.in_output && self.backslashes == Backslashes::Plain {
            Cow::Borrowed(content)
        } else {
            Cow::Owned(unescape(content))
        };
        let escaped = content.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
        self.patches.push(Patch { start, end, text: format!("{quote}{escaped}{quote}") });
    }

    fn bad_escape(&mut self) -> Result<()> {
        let rest = self.text.get(self.last_end..).unwrap_or_default();
        let start = self.last_end + rest.len() - rest.trim_start().len();
        let bytes = self.text.as_bytes();
        let quote = bytes.get(start).copied().unwrap_or_default();
        let mut end = start + 1;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 1,
                _ if byte == quote => {
                    self.string(start, end + 1);
                    self.last_end = end + 1;
                    self.after_operand = true;
                    return Ok(());
                }
                _ => {}
            }
            end += 1;
        }
        Err(Error::new("a string does not end"))
    }
}

/// A string's content with Python's escapes replaced; what is no escape stays as it is.
pub(crate) fn unescape(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(character) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let after = &rest[character.len_utf8()..];
        let (replacement, used) = match character {
            '\n' => (Some(None), 0),
            '\\' | '\'' | '"' => (Some(Some(character)), 0),
            'a' => (Some(Some('\x07')), 0),
            'b' => (Some(Some('\x08')), 0),
            'f' => (Some(Some('\x0c')), 0),
            'n' => (Some(Some('\n')), 0),
            'r' => (Some(Some('\r')), 0),
            't' => (Some(Some('\t')), 0),
            'v' => (Some(Some('\x0b')), 0),
            'x' => (digits(after, 2, 16), 2),
            'u' => (digits(after, 4, 16), 4),
            'U' => (digits(after, 8, 16), 8),
            '0'..='7' => {
                let length =
                    1 + after.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                (digits(rest, length, 8), length - 1)
            }
            _ => (None, 0),
        };
        match replacement {
            Some(replacement) => {
                out.extend(replacement);
                rest = &after[used..];
            }
            None => {
                out.push('\\');
                out.push(character);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn digits(text: &str, length: usize, radix: u32) -> Option<Option<char>> {
    let digits = text.get(..length)?;
    if !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let number = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(number).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(text: &str) -> String {
        prepare(text, false, &SyntaxConfig::default(), Backslashes::Plain).unwrap().text.into_owned()
    }

    #[test]
    fn gaps_of_the_parser_are_patched() {
        let cases = [
            ("{{ 1, 2 }}", "{{( 1, 2) }}"),
            ("{{ f(1, 2) }}", "{{ f(1, 2) }}"),
            ("{% for x in a, b %}", "{% for x in( a, b) %}"),
            ("{% for k, v in a if b, c %}", "{% for k, v in a if b, c %}"),
            ("{% for x in [1, 2] %}", "{% for x in [1, 2] %}"),
            ("{{ a[1, 2] }}", "{{ a[(1, 2)] }}"),
            ("{{ [1, 2] }}", "{{ [1, 2] }}"),
            ("{{ +x }}", "{{  x }}"),
            ("{{ a + b }}", "{{ a + b }}"),
            ("{%+ if a %}", "{%+ if a %}"),
            ("{% include ['a', 'b'] %}", "{% include ['a', 'b'] %}"),
            ("{{ a is not subset [1, 2] }}", "{{ a is not subset [1, 2] }}"),
            (r"{{ 'a\nb' }}", r"{{ 'a\\nb' }}"),
            (r"{% set a = 'a\nb' %}", "{% set a = 'a\nb' %}"),
            (r"{{ 'C:\users' }}", r"{{ 'C:\\users' }}"),
            (r"{{ 'it\'s' }}", r"{{ 'it\\\'s' }}"),
        ];
        for (text, expected) in cases {
            assert_eq!(prepared(text), expected, "{text}");
        }
    }

    #[test]
    fn places_lead_back_to_the_original() {
        let prepared =
            prepare(r"{{ 'a\nb' ~ x }}", false, &SyntaxConfig::default(), Backslashes::Plain).unwrap();
        let at = prepared.text.find('x').unwrap();
        assert_eq!(prepared.original(at), r"{{ 'a\nb' ~ x }}".find('x').unwrap());
    }

    #[test]
    fn escapes_are_those_of_python() {
        assert_eq!(unescape(r"\d\.\/ \x41\u00e9\101\0"), "\\d\\.\\/ A\u{e9}A\0");
        assert_eq!(unescape(r"\u12 \xz"), r"\u12 \xz");
    }
}
