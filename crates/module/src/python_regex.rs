use std::ops::Range;

use fancy_regex::{BytesMode, Regex, RegexBuilder, RegexInput};
use system::{Error, Result};

use crate::PythonReplacement;
use crate::python_pattern;

/// A regular expression as Python's `re` means it, for playbooks are written for that.
#[derive(Clone, Debug)]
pub struct PythonRegex {
    pattern: String,
    regex: Regex,
    bytes: bool,
    multi_line: bool,
}

/// How a [`PythonRegex`] is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegexFlags {
    /// `^` and `$` match at every line.
    pub multi_line: bool,
    /// `.` matches the end of a line too.
    pub dot_matches_all: bool,
    /// What is searched are bytes and not text: `.` matches any byte, and `\w`, `\s` and `\d` know ASCII alone.
    pub bytes: bool,
}

/// Where a [`PythonRegex`] matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexMatch<'t> {
    text: &'t [u8],
    /// The whole match, then the groups; `None` for a group that took no part.
    groups: Vec<Option<Range<usize>>>,
}

/// How much work one search may take: enough for any sensible expression, and a second at most.
const BACKTRACK_LIMIT: usize = 20_000_000;

impl PythonRegex {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// It is none, or it uses what nobody but Python has (`\N{...}`).
    pub fn new(pattern: &str, flags: RegexFlags) -> Result<PythonRegex> {
        let wrong = |reason: String| {
            Error::failed(format!("'{pattern}' is not a valid regular expression: {reason}"))
        };
        let (translated, multi_line) = python_pattern::translate(pattern, flags.multi_line).map_err(wrong)?;
        let regex = RegexBuilder::new(&translated)
            .dot_matches_new_line(flags.dot_matches_all)
            .bytes_mode(if flags.bytes { BytesMode::Ascii } else { BytesMode::UnicodeBytes })
            .unicode_mode(!flags.bytes)
            .backtrack_limit(BACKTRACK_LIMIT)
            .build();
        let regex = regex.map_err(|error| wrong(error.to_string()))?;
        Ok(PythonRegex { pattern: pattern.into(), regex, bytes: flags.bytes, multi_line })
    }

    /// Whether `^` and `$` match at every line, by the flags or the pattern itself.
    pub fn is_multi_line(&self) -> bool {
        self.multi_line
    }

    /// Whether it matches anywhere in the text.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn is_match(&self, text: &[u8]) -> Result<bool> {
        self.regex.is_match(text).map_err(|error| self.gave_up(&error))
    }

    /// The first match at or after a position.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn find_from<'t>(&self, text: &'t [u8], position: usize) -> Result<Option<RegexMatch<'t>>> {
        let captures = self.regex.captures_input(RegexInput::new(text).from_pos(position));
        let captures = captures.map_err(|error| self.gave_up(&error))?;
        Ok(captures.map(|captures| {
            let groups =
                (0..captures.len()).map(|group| captures.get(group).map(|found| found.range())).collect();
            RegexMatch { text, groups }
        }))
    }

    /// The first match.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn find<'t>(&self, text: &'t [u8]) -> Result<Option<RegexMatch<'t>>> {
        self.find_from(text, 0)
    }

    /// The number of groups, the whole match counted.
    pub fn group_count(&self) -> usize {
        self.regex.captures_len()
    }

    /// The groups that have names, and their numbers.
    pub fn named_groups(&self) -> Vec<(&str, usize)> {
        let names = self.regex.capture_names().enumerate();
        names.filter_map(|(number, name)| Some((name?, number))).collect()
    }

    /// The number of a group given by name or number.
    pub fn group(&self, name: &str) -> Option<usize> {
        match name.parse() {
            Ok(number) => (number < self.regex.captures_len()).then_some(number),
            Err(_) => self.regex.capture_names().position(|found| found == Some(name)),
        }
    }

    /// The text with every match replaced, and how many there were; like Python's `re.subn`.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn replace_all(&self, text: &[u8], replacement: &PythonReplacement) -> Result<(Vec<u8>, usize)> {
        let mut out = Vec::with_capacity(text.len());
        let (mut copied, mut position, mut count) = (0, 0, 0);
        // Where the last match ended, if it was an empty one: Python takes no second one there.
        let mut empty_at = None;
        while let Some(found) = self.find_from(text, position)? {
            let whole = found.range();
            if whole.is_empty() && empty_at == Some(whole.start) {
                match self.step(text, whole.end) {
                    Some(next) => position = next,
                    None => break,
                }
                empty_at = None;
                continue;
            }
            out.extend_from_slice(&text[copied..whole.start]);
            replacement.expand(&found, &mut out);
            count += 1;
            (copied, position) = (whole.end, whole.end);
            empty_at = whole.is_empty().then_some(whole.end);
        }
        out.extend_from_slice(&text[copied..]);
        Ok((out, count))
    }

    /// The position after the character at a position.
    fn step(&self, text: &[u8], position: usize) -> Option<usize> {
        let rest = text.get(position + 1..)?;
        let continued = |byte: &&u8| !self.bytes && **byte & 0xc0 == 0x80;
        Some(position + 1 + rest.iter().take_while(continued).count())
    }

    fn gave_up(&self, error: &fancy_regex::Error) -> Error {
        Error::failed(format!("the regular expression '{}' can't be searched for: {error}", self.pattern))
    }
}

impl<'t> RegexMatch<'t> {
    /// Where the whole match is.
    pub fn range(&self) -> Range<usize> {
        self.group_range(0).unwrap_or_default()
    }

    /// Where a group is, if it took part.
    pub fn group_range(&self, group: usize) -> Option<Range<usize>> {
        self.groups.get(group).cloned().flatten()
    }

    /// What a group matched; nothing if it took no part.
    pub fn group(&self, group: usize) -> &'t [u8] {
        self.group_range(group).map_or(b"", |range| &self.text[range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: RegexFlags = RegexFlags { bytes: true, multi_line: false, dot_matches_all: false };
    const LINES: RegexFlags = RegexFlags { bytes: false, multi_line: true, dot_matches_all: false };

    fn matches(pattern: &str, text: &str) -> bool {
        PythonRegex::new(pattern, BYTES).unwrap().is_match(text.as_bytes()).unwrap()
    }

    fn replaced(pattern: &str, replacement: &str, text: &str) -> (String, usize) {
        let regex = PythonRegex::new(pattern, LINES).unwrap();
        let replacement = PythonReplacement::new(replacement, &regex).unwrap();
        let (text, count) = regex.replace_all(text.as_bytes(), &replacement).unwrap();
        (String::from_utf8(text).unwrap(), count)
    }

    #[test]
    fn the_end_of_a_line_is_pythons() {
        assert!(matches("^foo$", "foo\n"));
        assert!(!matches("^foo$", "foo\r\n"));
        assert!(!matches(r"^foo\Z", "foo\n"));
        assert!(!matches("^bar", "foo\nbar"));
        assert!(matches("(?m)^bar", "foo\nbar"));
        assert!(matches("foo$\n", "foo\n"));
    }

    #[test]
    fn what_only_python_writes_is_understood() {
        for (pattern, text, found) in [
            (r"^(?P<key>\w+)=(?P=key)$", "a=a\n", true),
            (r"^#?\s*Port\s+\d+", "#Port 22\n", true),
            (r"(?i)permitrootlogin", "PermitRootLogin no\n", true),
            (r"\<b\>", "a <b> c", true),
            (r"\<b\>", "a b c", false),
            ("${HOME}", "x", false),
            (r"\${HOME}", "${HOME}\n", true),
            ("{{ x }}", "{{ x }}", true),
            ("^a{,2}$", "aa\n", true),
            ("[[]x]", "[x]", true),
            ("[a&&b]+$", "a&&b", true),
            ("^[]x]+$", "]x]", true),
            ("^[^]]+$", "ab", true),
            (r"^[\w.-]+$", "a-b.c_d", true),
            (r"^[+--]+$", "+,-", true),
            (r"(?x) a b  # two\n c", "abc", true),
            (r"(?x)a\ b[ ]c", "a b c", true),
            (r"foo(?=bar)", "foobar", true),
            (r"(?<!#)foo", "#foo", false),
            (r"(a)?b(?(1)c|d)", "abc", true),
            (r"(?P<n>a)?b(?(n)c|d)$", "bd", true),
            (r"\x41\101\u0042", "AAB", true),
            (r"(?#comment)x", "x", true),
            (r"a\.b\-c\/d\'", "a.b-c/d'", true),
            ("[\\b]", "\x08", true),
            (r"a(?-i:B)", "aB", true),
        ] {
            assert_eq!(matches(pattern, text), found, "{pattern} in {text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for pattern in ["(", "a)", "[a", r"\h", r"\N{DIGIT ONE}", "a{3,2}", "*", r"\8", "(?P<x", "(?z)", "\\"]
        {
            let error = PythonRegex::new(pattern, BYTES).unwrap_err().to_string();
            assert!(error.contains("is not a valid regular expression"), "{error}");
        }
    }

    #[test]
    fn replacing_is_pythons() {
        for (pattern, replacement, text, result, count) in [
            (r"^(\w+)=.*$", r"\1=new", "a=1\nb=2\n", "a=new\nb=new\n", 2),
            ("x*", "-", "abxd", "-a-b--d-", 5),
            ("", "-", "äb", "-ä-b-", 3),
            ("$", ";", "a\nb\n", "a;\nb;\n;", 3),
            ("(?P<word>b)|c", r"<\g<word>>", "abc", "a<b><>", 2),
            ("b", r"\g<0>\g<0>\n\t\\", "abc", "abb\n\t\\c", 1),
            ("b", r"\.$1", "abc", r"a\.$1c", 1),
            ("(a)", r"\g<1>0\101", "a", "a0A", 1),
            (r"\w+", "x", "größer", "x", 1),
            ("(?i)Ä", "x", "ä", "x", 1),
            (r"\bfoo\b", "x", "foo foobar", "x foobar", 1),
        ] {
            assert_eq!(replaced(pattern, replacement, text), (result.into(), count), "{pattern} in {text:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        let regex = PythonRegex::new("b", LINES).unwrap();
        let replacement = PythonReplacement::new("x", &regex).unwrap();
        assert_eq!(regex.replace_all(b"a\xffb\xfe", &replacement).unwrap(), (b"a\xffx\xfe".to_vec(), 1));
        assert!(PythonRegex::new("^a.b$", BYTES).unwrap().is_match(b"a\xffb\n").unwrap());
    }

    #[test]
    fn endless_searches_end() {
        let regex = PythonRegex::new(r"(a|aa)+(?=b)\1$", BYTES).unwrap();
        assert!(regex.is_match(&[b'a'; 100]).is_err());
    }
}
