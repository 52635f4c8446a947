use std::sync::Arc;

use value::{BigInt, Map, Value};

/// Deeper nesting is no literal.
const MAX_DEPTH: usize = 50;

/// The value of a Python literal: a number, string, list, tuple, dict, set, `True`, `False` or `None`, perhaps with a
/// comment behind it. `None` if the text is none; in an INI inventory it then is a string.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { rest: text.trim_start_matches([' ', '\t']) };
    let value = parser.value(0)?;
    parser.skip_blanks();
    (parser.rest.is_empty() || parser.rest.starts_with('#')).then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_blanks();
        match self.rest.chars().next()? {
            '[' => {
                self.take("[");
                Some(Value::List(Arc::new(self.items("]", depth)?.0)))
            }
            '(' => {
                self.take("(");
                let (mut items, comma) = self.items(")", depth)?;
                if items.len() == 1 && !comma { items.pop() } else { Some(Value::List(Arc::new(items))) }
            }
            '{' => {
                self.take("{");
                self.braces(depth)
            }
            '+' | '-' | '.' | '0'..='9' => self.number(),
            _ if self.at_string() => self.strings(),
            _ => self.word(),
        }
    }

    /// Items up to the closing token, and whether a comma follows the last.
    fn items(&mut self, close: &str, depth: usize) -> Option<(Vec<Value>, bool)> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.value(depth + 1)?);
            comma = self.take(",");
        }
        Some((items, comma))
    }

    /// A dict, or a set, which is kept as a list.
    fn braces(&mut self, depth: usize) -> Option<Value> {
        if self.take("}") {
            return Some(Value::from(Map::new()));
        }
        let first = self.value(depth + 1)?;
        if !self.take(":") {
            let mut items = vec![first];
            if self.take(",") {
                items.extend(self.items("}", depth)?.0);
            } else if !self.take("}") {
                return None;
            }
            let mut unique: Vec<Value> = Vec::new();
            for item in items {
                if !unique.contains(&item) {
                    unique.push(item);
                }
            }
            return Some(Value::List(Arc::new(unique)));
        }
        let mut map = Map::new();
        let mut key = first;
        loop {
            if matches!(key, Value::List(_) | Value::Map(_)) {
                return None;
            }
            map.insert(key, self.value(depth + 1)?);
            let comma = self.take(",");
            if self.take("}") {
                return Some(Value::from(map));
            }
            if !comma {
                return None;
            }
            key = self.value(depth + 1)?;
            if !self.take(":") {
                return None;
            }
        }
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find(|character: char| !character.is_alphanumeric() && character != '_');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            "set" => {
                self.rest = rest;
                return (self.take("(") && self.take(")")).then(|| Value::List(Arc::default()));
            }
            _ => return None,
        };
        self.rest = rest;
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let negative = self.rest.starts_with('-');
        if negative || self.rest.starts_with('+') {
            self.rest = &self.rest[1..];
            self.skip_blanks();
        }
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            let signed_exponent = matches!(byte, b'+' | b'-')
                && end > 0
                && matches!(bytes[end - 1], b'e' | b'E')
                && !self.rest.starts_with("0x")
                && !self.rest.starts_with("0X");
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || signed_exponent) {
                break;
            }
            end += 1;
        }
        let (text, rest) = self.rest.split_at(end);
        // What has no counterpart stays text: imaginary numbers, and the ellipsis.
        let imaginary = text.strip_suffix(['j', 'J']).is_some_and(|digits| number(digits, false).is_some());
        let value = match text {
            "..." if !negative => Value::from("..."),
            _ if imaginary => Value::from(format!("{}{text}", if negative { "-" } else { "" })),
            _ => number(text, negative)?,
        };
        self.rest = rest;
        Some(value)
    }

    fn at_string(&self) -> bool {
        let prefix = self.rest.find(['"', '\'']).map_or("", |at| &self.rest[..at]);
        self.rest.starts_with(['"', '\'']) || is_string_prefix(prefix)
    }

    /// Strings side by side are one.
    fn strings(&mut self) -> Option<Value> {
        let mut text = String::new();
        let mut bytes = None;
        loop {
            let is_bytes = self.string(&mut text)?;
            if *bytes.get_or_insert(is_bytes) != is_bytes {
                return None;
            }
            self.skip_blanks();
            if !self.at_string() {
                break;
            }
        }
        if bytes == Some(true) {
            // Each character stands for a byte here.
            let bytes: Option<Vec<u8>> =
                text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
            // An inventory holds no bytes: they become text.
            return Some(Value::from(String::from_utf8_lossy(&bytes?).into_owned()));
        }
        Some(Value::from(text))
    }

    /// Reads one string, and says whether it is of bytes.
    fn string(&mut self, text: &mut String) -> Option<bool> {
        let at = self.rest.find(['"', '\''])?;
        let prefix = self.rest[..at].to_ascii_lowercase();
        let (raw, bytes) = (prefix.contains('r'), prefix.contains('b'));
        let quoted = &self.rest[at..];
        let mark = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|mark| quoted.starts_with(mark))?;
        let mut rest = &quoted[mark.len()..];
        loop {
            if let Some(after) = rest.strip_prefix(mark) {
                self.rest = after;
                return Some(bytes);
            }
            let mut characters = rest.chars();
            match characters.next()? {
                '\n' if mark.len() == 1 => return None,
                '\\' if raw => {
                    text.push('\\');
                    text.push(characters.next()?);
                    rest = characters.as_str();
                }
                '\\' => rest = escape(&rest[1..], text, bytes)?,
                character if bytes && !character.is_ascii() => return None,
                character => {
                    text.push(character);
                    rest = characters.as_str();
                }
            }
        }
    }
}

fn is_string_prefix(prefix: &str) -> bool {
    matches!(prefix.to_ascii_lowercase().as_str(), "r" | "b" | "u" | "br" | "rb")
}

/// Reads what stands after a backslash, and gives what stands after that.
fn escape<'a>(rest: &'a str, text: &mut String, bytes: bool) -> Option<&'a str> {
    let mut characters = rest.chars();
    let character = characters.next()?;
    let after = characters.as_str();
    let code = |length: usize| -> Option<(char, &'a str)> {
        let digits = after.get(..length)?;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
        Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, &after[length..]))
    };
    let plain = match character {
        '\n' => return Some(after),
        '\\' | '\'' | '"' => character,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => {
            let length = rest.bytes().take(3).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
            text.push(char::from_u32(u32::from_str_radix(&rest[..length], 8).ok()?)?);
            return Some(&rest[length..]);
        }
        'x' => {
            let (character, after) = code(2)?;
            text.push(character);
            return Some(after);
        }
        'u' | 'U' if !bytes => {
            let (character, after) = code(if character == 'u' { 4 } else { 8 })?;
            text.push(character);
            return Some(after);
        }
        // A character by its name; nobody writes that in an inventory.
        'N' if !bytes => return None,
        other => {
            text.push('\\');
            other
        }
    };
    text.push(plain);
    Some(after)
}

fn number(text: &str, negative: bool) -> Option<Value> {
    let lower = text.to_ascii_lowercase();
    let based = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find_map(|(prefix, radix)| {
        lower.strip_prefix(prefix).map(|digits| (digits.strip_prefix('_').unwrap_or(digits), radix))
    });
    if let Some((digits, radix)) = based {
        return integer(digits, radix, negative);
    }
    if lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        // Python refuses the octal numbers of old.
        if lower.starts_with('0') && lower.bytes().any(|byte| !matches!(byte, b'0' | b'_')) {
            return None;
        }
        return integer(&lower, 10, negative);
    }
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let digits = mantissa.replace('.', "");
    grouped(&digits, 10).then_some(())?;
    grouped(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), 10).then_some(())?;
    let number: f64 = lower.replace('_', "").parse().ok()?;
    Some(Value::Float(if negative { -number } else { number }))
}

fn integer(digits: &str, radix: u32, negative: bool) -> Option<Value> {
    (grouped(digits, radix) && digits.len() <= 4300).then_some(())?;
    let number = BigInt::parse_bytes(digits.replace('_', "").as_bytes(), radix)?;
    Some(Value::integer(if negative { -number } else { number }))
}

/// Digits, with single underscores between them at most.
fn grouped(digits: &str, radix: u32) -> bool {
    digits.split('_').all(|group| !group.is_empty() && group.chars().all(|digit| digit.is_digit(radix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_those_of_python() {
        for (text, expected) in [
            ("5", "5"),
            ("5 # five", "5"),
            ("-5", "-5"),
            ("- 5", "-5"),
            ("1_000", "1000"),
            ("0x1f", "31"),
            ("0o17", "15"),
            ("0b11", "3"),
            ("00", "0"),
            ("1e3", "1000.0"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("1.5E-3", "0.0015"),
            ("18446744073709551616", "18446744073709551616"),
            ("True", "True"),
            ("None", "None"),
            ("'a' \"b\"", "'ab'"),
            ("'a\\tb\\x41\\101\\u00e9\\q'", "'a\\tbAAé\\\\q'"),
            ("r'a\\b'", "'a\\\\b'"),
            ("b'x\\x41'", "'xA'"),
            ("\"\"\" x \"\"\"", "' x '"),
            ("[1, 'x', [True,],]", "[1, 'x', [True]]"),
            ("(1,)", "[1]"),
            ("(1)", "1"),
            ("[..., 1j, set(), {1, 2}]", "['...', '1j', [], [1, 2]]"),
            ("()", "[]"),
            ("{'a': 1, 2: [None]}", "{'a': 1, 2: [None]}"),
            ("{}", "{}"),
            ("{'a', 'a', 'b'}", "['a', 'b']"),
        ] {
            assert_eq!(parse(text).map(|value| value.repr()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "foo",
            "true",
            "0644",
            "1 2",
            "1+2",
            "[1,",
            "'unclosed",
            "5x",
            "1__0",
            "1_",
            "_1",
            "0x",
            "--5",
            "foo # bar",
            "{'a': 1, 'b'}",
            "{[1]: 2}",
            "10.0.0.1",
            "[,]",
            "b'é'",
            "'a' b'b'",
            "1e",
            "é",
            "{{ x }}",
            "f'x'",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse(&"[".repeat(10_000)).is_none());
    }
}
