//! Values of states as words for people.

use value::Value;

/// The longest value that is shown whole.
const LONGEST: usize = 200;

/// Texts of files and the like may hold what would move the cursor of a terminal or change its colours: it is shown as
/// `^[`, as `cat -v` does.
pub(super) fn visible(text: &str) -> String {
    if !text.chars().any(|character| character.is_control() && character != '\t') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\t' => out.push('\t'),
            '\u{7f}' => out.push_str("^?"),
            // The code of the letter that is typed together with Ctrl.
            '\0'..='\x1f' => out.extend(['^', char::from(character as u8 + b'@')]),
            other if other.is_control() => out.push_str(&other.escape_unicode().to_string()),
            other => out.push(other),
        }
    }
    out
}

/// A value of a state on one line.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Null | Value::Omit | Value::Undefined(_) => "none".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Unknown(unknown) => format!("unknown: {unknown}"),
        Value::List(items) | Value::Tuple(items) if items.is_empty() => "none".into(),
        Value::List(items) | Value::Tuple(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Map(map) => {
            let known =
                map.iter().map(|(key, value)| (key, words(value))).filter(|(_, value)| value != "none");
            let told: Vec<String> = known.map(|(key, value)| format!("{key} {value}")).collect();
            if told.is_empty() { "none".into() } else { cut(&visible(&told.join(", ")), LONGEST) }
        }
        Value::Bytes(bytes) => visible(&String::from_utf8_lossy(bytes)),
        Value::String(text) if text.is_empty() => "''".into(),
        other => cut(&visible(&other.to_string()), LONGEST),
    }
}

/// The beginning of a long text, and how much follows.
pub(super) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => {
            format!("{} ... {} more characters", &text[..end], grouped(text[end..].chars().count()))
        }
    }
}

/// A number with its digits in groups: `1,234,567`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So many of a thing: `1 line`, `2 lines`.
pub(super) fn count(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_move_the_cursor_is_made_visible() {
        assert_eq!(visible("a\x1b[31mb\r\tc\u{9b}"), "a^[[31mb^M\tc\\u{9b}");
    }

    #[test]
    fn long_values_are_cut_and_numbers_grouped() {
        assert_eq!(cut("äbcd", 2), "äb ... 2 more characters");
        assert_eq!(cut("äb", 2), "äb");
        assert_eq!(
            ["1", "12", "1,234", "1,234,567"],
            [1, 12, 1_234, 1_234_567].map(grouped).each_ref().map(String::as_str)
        );
        assert_eq!([count(1, "line"), count(0, "line")], ["1 line", "0 lines"]);
    }

    #[test]
    fn values_are_told_in_words() {
        let list = Value::list([Value::from("a"), Value::Null]);
        assert_eq!(words(&list), "a, none");
        assert_eq!(words(&Value::from("")), "''");
        assert_eq!(
            words(&Value::map([("priority", Value::from(50)), ("others", Value::Null)])),
            "priority 50"
        );
        assert_eq!(words(&Value::from(true)), "yes");
    }
}
