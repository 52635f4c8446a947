use std::borrow::Cow;

use system::{Error, Result};

use crate::{PythonRegex, RegexFlags};

/// Which fragments `assemble` takes of those in a directory, and what it puts between them.
#[derive(Clone, Debug, Default)]
pub struct Fragments<'a> {
    /// What their names have to match.
    pub pattern: Option<PythonRegex>,
    /// What stands between them, `\n` and the like not yet replaced.
    pub delimiter: Option<&'a str>,
    /// Whether names that start with a dot are left out.
    pub ignore_hidden: bool,
}

impl<'a> Fragments<'a> {
    /// As the arguments say.
    ///
    /// # Errors
    /// The pattern is not a regular expression.
    pub fn new(
        pattern: Option<&str>,
        delimiter: Option<&'a str>,
        ignore_hidden: bool,
    ) -> Result<Fragments<'a>> {
        // Playbooks look for these words.
        let read = |pattern: &str| {
            PythonRegex::new(pattern, RegexFlags::default())
                .map_err(|error| Error::failed(format!("Invalid Regexp ({error}) in \"{pattern}\"")))
        };
        let pattern = pattern.map(read).transpose()?;
        Ok(Fragments { pattern, delimiter, ignore_hidden })
    }

    /// Whether a file of this name is one of them.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn takes(&self, name: &str) -> Result<bool> {
        if self.ignore_hidden && name.starts_with('.') {
            return Ok(false);
        }
        self.pattern.as_ref().map_or(Ok(true), |pattern| pattern.is_match(name.as_bytes()))
    }

    /// The whole, made of the fragments in the order given. Each starts on a line of its own, as does what stands between.
    pub fn assemble(&self, fragments: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
        let delimiter = self.delimiter.filter(|delimiter| !delimiter.is_empty()).map(unescape);
        let mut whole: Vec<u8> = Vec::new();
        let (mut is_first, mut ends_line) = (true, true);
        for fragment in fragments {
            if !ends_line {
                whole.push(b'\n');
            }
            if let Some(delimiter) = delimiter.as_ref().filter(|_| !is_first) {
                whole.extend(delimiter.as_bytes());
                if !delimiter.ends_with('\n') {
                    whole.push(b'\n');
                }
            }
            ends_line = fragment.ends_with(b"\n");
            whole.extend(fragment);
            is_first = false;
        }
        whole
    }
}

/// `\n`, `\t`, `\r`, `\\` mean what they mean in Python.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(quoted @ ('\\' | '\'' | '"')) => out.push(quoted),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fragment_starts_a_line() {
        let whole = |delimiter, parts: &[&str]| {
            let fragments = Fragments::new(None, delimiter, false).unwrap();
            String::from_utf8(fragments.assemble(parts.iter().map(|part| part.as_bytes().to_vec()))).unwrap()
        };
        assert_eq!(whole(None, &["a", "b\n", "c"]), "a\nb\nc");
        assert_eq!(whole(Some("--\\n--"), &["a\n", "b"]), "a\n--\n--\nb");
        assert_eq!(whole(Some("#\n"), &["a", "b"]), "a\n#\nb");
        assert_eq!(whole(Some("#"), &[]), "");
    }

    #[test]
    fn names_choose() {
        let fragments = Fragments::new(Some("^[a-z.]+$"), None, true).unwrap();
        assert!(fragments.takes("abc").unwrap());
        assert!(!fragments.takes("a1").unwrap());
        assert!(!fragments.takes(".a").unwrap());
    }
}
