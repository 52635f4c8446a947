/// A word of a line, quotes and backslashes removed, and its bytes in the line.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Splits a line as a POSIX shell splits words, except that `#` starts a comment inside a word too.
///
/// # Errors
///
/// The place of a quote that is not closed, or of a backslash at the end.
pub(crate) fn split(line: &str) -> Result<Vec<Word>, usize> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote: Option<(char, usize)> = None;
    let mut characters = line.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if let Some((mark, _)) = quote {
            let Some(word) = &mut word else { break };
            match character {
                _ if character == mark => quote = None,
                '\\' if mark == '"' && matches!(characters.peek(), Some((_, '"' | '\\'))) => {
                    word.text.extend(characters.next().map(|(_, escaped)| escaped));
                }
                _ => word.text.push(character),
            }
            continue;
        }
        if character == '#' {
            close(&mut words, &mut word, at);
            break;
        }
        if matches!(character, ' ' | '\t' | '\r' | '\n') {
            close(&mut words, &mut word, at);
            continue;
        }
        let word = word.get_or_insert_with(|| Word { text: String::new(), start: at, end: at });
        match character {
            '"' | '\'' => quote = Some((character, at)),
            '\\' => match characters.next() {
                Some((_, escaped)) => word.text.push(escaped),
                None => return Err(at),
            },
            _ => word.text.push(character),
        }
    }
    if let Some((_, at)) = quote {
        return Err(at);
    }
    close(&mut words, &mut word, line.trim_end().len());
    Ok(words)
}

fn close(words: &mut Vec<Word>, word: &mut Option<Word>, end: usize) {
    if let Some(word) = word.take() {
        words.push(Word { end: end.max(word.start), ..word });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell() {
        for (line, expected) in [
            ("a  b\tc", &["a", "b", "c"][..]),
            ("h x=\"two words\" y='a\\b' z=a\\ b", &["h", "x=two words", "y=a\\b", "z=a b"]),
            ("h x=a#b y=1", &["h", "x=a"]),
            ("h # c", &["h"]),
            ("h x='#' y=\"a\\\"b\\n\"", &["h", "x=#", "y=a\"b\\n"]),
            ("h x=''", &["h", "x="]),
            ("", &[]),
        ] {
            let words = split(line).map(|words| words.into_iter().map(|word| word.text).collect::<Vec<_>>());
            assert_eq!(words, Ok(expected.iter().map(|word| (*word).to_owned()).collect()), "{line}");
        }
        assert_eq!(split("h x='a").map(|_| ()), Err(4));
        assert_eq!(split("h \\").map(|_| ()), Err(2));
    }
}
