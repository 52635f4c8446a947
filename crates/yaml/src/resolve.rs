use crate::tag::Tag;

/// The type of a plain scalar, by how it looks: YAML 1.1 as PyYAML has it.
pub(crate) fn resolve(text: &str) -> Tag {
    let Some(first) = text.bytes().next() else { return Tag::Null };
    match first {
        b'~' if text == "~" => Tag::Null,
        b'=' if text == "=" => Tag::DefaultValue,
        b'<' if text == "<<" => Tag::Merge,
        b'n' | b'N' if matches!(text, "null" | "Null" | "NULL") => Tag::Null,
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if is_bool(text) => Tag::Bool,
        b'-' | b'+' | b'.' | b'0'..=b'9' => {
            if is_float(text) {
                Tag::Float
            } else if is_int(text) {
                Tag::Int
            } else if is_timestamp(text) {
                Tag::Timestamp
            } else {
                Tag::Str
            }
        }
        _ => Tag::Str,
    }
}

fn is_bool(text: &str) -> bool {
    ["yes", "no", "true", "false", "on", "off"].iter().any(|word| {
        text == *word
            || text.bytes().all(|byte| byte.is_ascii_uppercase()) && text.eq_ignore_ascii_case(word)
            || text.as_bytes()[0].is_ascii_uppercase()
                && text[1..] == word[1..]
                && text.eq_ignore_ascii_case(word)
    })
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(allowed)
}

fn digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// One digit, then digits and underscores.
fn is_digits(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && all(text, digit_or_underscore)
}

/// `:` and a number below 60, at least once.
fn is_sixties(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|text| {
        text.split(':').all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
    })
}

fn is_int(text: &str) -> bool {
    let text = unsigned(text);
    let some = |text: &str, allowed: fn(u8) -> bool| !text.is_empty() && all(text, allowed);
    if let Some(binary) = text.strip_prefix("0b") {
        return some(binary, |byte| matches!(byte, b'0' | b'1' | b'_'));
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return some(hexadecimal, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    if let Some(octal) = text.strip_prefix('0') {
        return all(octal, |byte| matches!(byte, b'0'..=b'7' | b'_'));
    }
    let (digits, sixties) = text.split_at(text.find(':').unwrap_or(text.len()));
    is_digits(digits) && (sixties.is_empty() || is_sixties(sixties))
}

fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if matches!(unsigned(text), ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let Some((whole, fraction)) = text.split_once('.') else { return false };
    if whole.is_empty() {
        let (digits, exponent) = split_exponent(fraction);
        return is_digits(digits) && is_exponent(exponent);
    }
    let whole = unsigned(whole);
    if let Some(colon) = whole.find(':') {
        return is_digits(&whole[..colon])
            && is_sixties(&whole[colon..])
            && all(fraction, digit_or_underscore);
    }
    let (digits, exponent) = split_exponent(fraction);
    is_digits(whole) && all(digits, digit_or_underscore) && is_exponent(exponent)
}

fn split_exponent(text: &str) -> (&str, &str) {
    text.split_at(text.find(['e', 'E']).unwrap_or(text.len()))
}

/// Nothing, or an exponent, whose sign YAML 1.1 demands.
fn is_exponent(text: &str) -> bool {
    match text.as_bytes() {
        [] => true,
        [b'e' | b'E', b'-' | b'+', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// A day, which needs two digits each, or a day and time.
fn is_timestamp(text: &str) -> bool {
    crate::timestamp::Fields::parse(text)
        .is_some_and(|fields| fields.time.is_some() || text.len() == "2026-11-20".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_get_the_types_that_pyyaml_gives_them() {
        let table = include_str!("../tests/resolve.txt");
        let mut seen = 0;
        for line in table.lines() {
            let (expected, text) = line.split_once(' ').unwrap_or((line, ""));
            let tag = match resolve(text) {
                Tag::DefaultValue => "value".to_owned(),
                tag => format!("{tag:?}").to_lowercase(),
            };
            assert_eq!(tag, expected, "{text:?}");
            seen += 1;
        }
        assert!(seen > 200, "the table was not read");
    }
}
