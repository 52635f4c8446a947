use system::{Error, Result};

/// The words of a command line, as Python's `shlex.split` finds them: at white space outside of quotes. No variable,
/// pattern or comment means anything.
///
/// # Errors
/// A quote is not closed, or a backslash ends the line.
pub fn split_words(text: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some((word, after)) = first_word(rest)? {
        words.push(word);
        rest = after;
    }
    Ok(words)
}

/// The first word of a command line, without its quotes, and what follows it, as it was written; nothing if there is
/// no word.
///
/// # Errors
/// A quote is not closed, or a backslash ends the line.
pub fn first_word(text: &str) -> Result<Option<(String, &str)>> {
    let text = text.trim_start_matches(WHITE_SPACE);
    if text.is_empty() {
        return Ok(None);
    }
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (None, character) if WHITE_SPACE.contains(&character) => return Ok(Some((word, &text[at..]))),
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            (None | Some('"'), '\\') => {
                let Some((_, escaped)) = characters.next() else {
                    return Err(Error::failed(format!("a backslash at the end escapes nothing: {text}")));
                };
                if quote.is_some() && !matches!(escaped, '"' | '\\') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            (_, character) => word.push(character),
        }
    }
    match quote {
        Some(quote) => Err(Error::failed(format!("the quote {quote} is not closed: {text}"))),
        None => Ok(Some((word, ""))),
    }
}

const WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_python() {
        for (line, words) in [
            ("echo a  b\n", vec!["echo", "a", "b"]),
            (r#"echo "a b" 'c "d' e'f'"g""#, vec!["echo", "a b", "c \"d", "efg"]),
            (r#"a\ b "\$x \"y\" \\" '\n' \$"#, vec!["a b", r#"\$x "y" \"#, r"\n", "$"]),
            ("echo # a", vec!["echo", "#", "a"]),
            ("'' \"\"", vec!["", ""]),
            (" \t\n", vec![]),
        ] {
            assert_eq!(split_words(line).unwrap(), words, "{line}");
        }
    }

    #[test]
    fn what_is_not_closed_is_an_error() {
        for line in ["echo 'a", "echo \"a", "echo \\"] {
            assert!(split_words(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_rest_is_as_it_was_written() {
        assert_eq!(first_word(" 'a b'c  \"d\" $e").unwrap(), Some(("a bc".into(), "  \"d\" $e")));
    }
}
