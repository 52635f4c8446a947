use system::{Error, Result};

use super::{PythonRegex, RegexMatch};

/// What a match is replaced by, as Python's `re` means it: text with `\1`, `\g<name>` and escapes such as `\n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonReplacement(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    Group(usize),
}

impl PythonReplacement {
    /// Reads a replacement for matches of `regex`.
    ///
    /// # Errors
    /// It names a group that the expression does not have, or an escape that does not exist.
    pub fn new(text: &str, regex: &PythonRegex) -> Result<PythonReplacement> {
        // Playbooks look for Python's words.
        let wrong = |what: &str, rest: &str| {
            let position = text.chars().count() - rest.chars().count();
            Error::failed(format!("{what} at position {position}"))
        };
        let group = |name: &str, rest: &str| {
            let what = match name.parse::<usize>() {
                Ok(number) => format!("invalid group reference {number}"),
                Err(_) => format!("unknown group name '{name}'"),
            };
            regex.group(name).map(Part::Group).ok_or_else(|| wrong(&what, rest))
        };
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\\') {
            literal.extend_from_slice(before.as_bytes());
            let escape = &rest[before.len()..];
            let Some(escaped) = after.chars().next() else {
                return Err(wrong("bad escape (end of pattern)", escape));
            };
            rest = &after[escaped.len_utf8()..];
            let found = match escaped {
                'g' => {
                    let name = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
                    let (name, behind) = name.ok_or_else(|| wrong("missing <", rest))?;
                    rest = behind;
                    group(name, &escape[3..])?
                }
                '0'..='9' => {
                    let digits = &after[..number_length(after)];
                    rest = &after[digits.len()..];
                    if digits.starts_with('0') || digits.len() == 3 {
                        let code = u32::from_str_radix(digits, 8).ok().and_then(char::from_u32);
                        let code = code.ok_or_else(|| {
                            wrong(&format!(r"octal escape value \{digits} outside of range 0-0o377"), escape)
                        })?;
                        literal.extend_from_slice(code.encode_utf8(&mut [0; 4]).as_bytes());
                        continue;
                    }
                    group(digits, after)?
                }
                _ => {
                    match control(escaped) {
                        Some(byte) => literal.push(byte),
                        None if escaped.is_ascii_alphabetic() => {
                            return Err(wrong(&format!(r"bad escape \{escaped}"), escape));
                        }
                        None => literal.extend_from_slice(format!(r"\{escaped}").as_bytes()),
                    }
                    continue;
                }
            };
            parts.push(Part::Literal(std::mem::take(&mut literal)));
            parts.push(found);
        }
        literal.extend_from_slice(rest.as_bytes());
        parts.push(Part::Literal(literal));
        Ok(PythonReplacement(parts))
    }

    /// Appends what this match is replaced by.
    pub fn expand(&self, found: &RegexMatch<'_>, out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::Group(group) => out.extend_from_slice(found.group(*group)),
            }
        }
    }
}

/// The byte that an escape stands for.
fn control(escaped: char) -> Option<u8> {
    Some(match escaped {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        _ => return None,
    })
}

/// How many digits at the start belong together: up to three octal ones after a zero or all of them octal, else up to two.
fn number_length(text: &str) -> usize {
    let count = |is_digit: fn(&u8) -> bool, most| text.bytes().take(most).take_while(is_digit).count();
    let octal = count(|byte| matches!(byte, b'0'..=b'7'), 3);
    if text.starts_with('0') || octal == 3 { octal } else { count(u8::is_ascii_digit, 2) }
}
