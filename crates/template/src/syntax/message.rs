//! What the parser says, in the words that Jinja has for it.

use std::borrow::Cow;

/// The words of Jinja for what minijinja says; `found` is the piece of the template that it says it about, which starts
/// at `start`.
pub(crate) fn in_jinjas_words(said: &str, found: &str, start: usize) -> String {
    if let Some(tag) = said.strip_prefix("unknown statement ") {
        return format!("Encountered unknown tag '{tag}'.");
    }
    match said {
        "unexpected character" | "unexpected end of string" => {
            let character = found.chars().next().unwrap_or(' ');
            return format!("unexpected char {} at {start}", value::string_repr(&character.to_string()));
        }
        "non-keyword arg after keyword arg" => return "invalid syntax for function call expression".into(),
        "unexpected end of input, expected end of block" => return "Unexpected end of template.".into(),
        "unexpected end of input, expected end of variable block" => {
            return "unexpected end of template, expected 'end of print statement'.".into();
        }
        _ if said.starts_with("unknown ") && said.ends_with(", expected statement") => {
            return "tag name expected".into();
        }
        _ => {}
    }
    let Some(rest) = said.strip_prefix("unexpected ") else { return said.to_owned() };
    match rest.split_once(", expected ") {
        Some((_, "identifier or integer")) => "expected name or number".into(),
        Some((_, "expression")) | None => {
            let token = rest.split_once(", ").map_or(rest, |(token, _)| token);
            format!("unexpected '{}'", token_name(token, found))
        }
        // The lexer of Jinja finds brackets that have no other half before its parser sees them.
        Some((token @ ("'}'" | "')'" | "']'"), "end of variable block" | "end of block")) => {
            format!("unexpected {token}")
        }
        Some((token @ ("'}'" | "')'" | "']'"), wanted @ ("')'" | "']'"))) => {
            format!("unexpected {token}, expected {wanted}")
        }
        Some((token, wanted)) => {
            format!("expected token '{}', got '{}'", token_name(wanted, "name"), token_name(token, found))
        }
    }
}

/// What Jinja calls a kind of token; a name is told itself.
fn token_name<'a>(token: &'a str, found: &'a str) -> Cow<'a, str> {
    match token {
        "end of variable block" => "end of print statement".into(),
        "end of block" => "end of statement block".into(),
        "end of input" => "end of template".into(),
        "identifier" => found.into(),
        other => other.trim_matches(['\'', '`']).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_sound_as_they_do_in_jinja() {
        for (said, found, expected) in [
            ("unexpected end of variable block", "}}", "unexpected 'end of print statement'"),
            (
                "unexpected identifier, expected end of variable block",
                "b",
                "expected token 'end of print statement', got 'b'",
            ),
            (
                "unexpected end of block, expected in",
                "%}",
                "expected token 'in', got 'end of statement block'",
            ),
            ("unknown statement sorry", "sorry", "Encountered unknown tag 'sorry'."),
            ("unexpected character", "@", "unexpected char '@' at 5"),
            ("unexpected end of input, expected expression", "", "unexpected 'end of template'"),
            ("unknown end of block, expected statement", "%}", "tag name expected"),
            ("unexpected '}', expected end of variable block", "}", "unexpected '}'"),
            ("nested too deeply", "", "nested too deeply"),
        ] {
            assert_eq!(in_jinjas_words(said, found, 5), expected, "{said}");
        }
    }
}
