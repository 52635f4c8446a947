/// Splits a configuration line as OpenSSH does: at white space and at the `=` after the keyword, with `"` and `'` around
/// words, `\` before a quote, a space or itself, and a comment from a `#` that begins a word. `None` if a quote is open.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let (keyword, rest) = keyword(line);
    if keyword.is_empty() {
        return Some(Vec::new());
    }
    let mut words = vec![keyword.to_owned()];
    words.extend(arguments(rest)?);
    Some(words)
}

/// The keyword of a line, and the text of its arguments.
pub(super) fn keyword(line: &str) -> (&str, &str) {
    let line = line.trim_matches([' ', '\t', '\r', '\x0c']);
    if line.starts_with('#') {
        return ("", "");
    }
    // The keyword itself may be quoted.
    if let Some((keyword, rest)) = line.strip_prefix('"').and_then(|line| line.split_once('"')) {
        return (keyword, after_separator(rest));
    }
    let end = line.find([' ', '\t', '=']).unwrap_or(line.len());
    (&line[..end], after_separator(&line[end..]))
}

fn after_separator(rest: &str) -> &str {
    let rest = rest.trim_start();
    rest.strip_prefix('=').unwrap_or(rest).trim_start()
}

fn arguments(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        while characters.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        match characters.peek() {
            None | Some('#') => return Some(words),
            Some(_) => {}
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(&c) = characters.peek() {
            match (c, quote) {
                (' ' | '\t', None) => break,
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('\\', _) => {
                    let mut ahead = characters.clone();
                    ahead.next();
                    match ahead.peek() {
                        Some(next)
                            if matches!(next, '\'' | '"' | '\\') || (*next == ' ' && quote.is_none()) =>
                        {
                            word.push(*next);
                            characters.next();
                        }
                        _ => word.push('\\'),
                    }
                }
                (c, _) => word.push(c),
            }
            characters.next();
        }
        if quote.is_some() {
            return None;
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_in_openssh() {
        let cases: [(&str, &[&str]); 11] = [
            ("", &[]),
            ("  # comment", &[]),
            ("Host a b", &["Host", "a", "b"]),
            ("\tPort = 22 # why", &["Port", "22"]),
            ("Port=22", &["Port", "22"]),
            ("User\t= x", &["User", "x"]),
            ("IdentityFile \"~/my key\"", &["IdentityFile", "~/my key"]),
            ("IdentityFile ~/my\\ key", &["IdentityFile", "~/my key"]),
            ("User a#b", &["User", "a#b"]),
            ("User 'a\\'b'", &["User", "a'b"]),
            ("User a\\b", &["User", "a\\b"]),
        ];
        for (line, expected) in cases {
            assert_eq!(split(line).unwrap(), expected, "{line}");
        }
        assert_eq!(split("User \"open"), None);
    }
}
