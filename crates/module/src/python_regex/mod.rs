//! Regular expressions as Python's `re` means them.
//!
//! Playbooks are written for Python, down to what `$` matches and which braces mean themselves. The engines that there
//! are for Rust mean something else, and those that can look around are larger than all modules together; what modules
//! need of one is small.

mod machine;
mod node;
mod parse;
mod program;
mod replacement;

use std::ops::Range;

use system::{Error, Result};

pub use replacement::PythonReplacement;

use machine::Machine;
use program::Program;

/// A regular expression as Python's `re` means it.
#[derive(Clone, Debug)]
pub struct PythonRegex {
    pattern: String,
    program: Program,
    names: Vec<Option<String>>,
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
    /// Start and end of the whole match, then of the groups; `None` for a group that took no part.
    places: Vec<Option<usize>>,
}

impl PythonRegex {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// It is none; the message is Python's, which playbooks look for.
    pub fn new(pattern: &str, flags: RegexFlags) -> Result<PythonRegex> {
        let parsed = parse::parse(pattern, flags).map_err(Error::failed)?;
        let program = program::compile(&parsed.node, parsed.names.len())
            .map_err(|reason| Error::failed(format!("'{pattern}' can't be searched for: {reason}")))?;
        Ok(PythonRegex {
            pattern: pattern.into(),
            program,
            names: parsed.names,
            bytes: flags.bytes,
            multi_line: parsed.multi_line,
        })
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
        Ok(self.find(text)?.is_some())
    }

    /// Whether it matches at the start of the text, as Python's `re.match` has it.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn matches_start(&self, text: &[u8]) -> Result<bool> {
        // The first match is the leftmost one.
        Ok(self.find(text)?.is_some_and(|found| found.range().start == 0))
    }

    /// The first match.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn find<'t>(&self, text: &'t [u8]) -> Result<Option<RegexMatch<'t>>> {
        self.find_from(text, 0, None)
    }

    fn find_from<'t>(
        &self,
        text: &'t [u8],
        from: usize,
        not_empty_at: Option<usize>,
    ) -> Result<Option<RegexMatch<'t>>> {
        let places =
            Machine::new(&self.program, text, self.bytes).search(from, not_empty_at).map_err(|_| {
                Error::failed(format!(
                    "searching for '{}' takes too long: it can match the same text in too many ways",
                    self.pattern
                ))
            })?;
        Ok(places.map(|mut places| {
            places.truncate(2 * self.names.len());
            RegexMatch { text, places }
        }))
    }

    /// How many groups there are, the whole match counted.
    pub fn group_count(&self) -> usize {
        self.names.len()
    }

    /// The groups that have names, and their numbers.
    pub fn named_groups(&self) -> Vec<(&str, usize)> {
        let names = self.names.iter().enumerate();
        names.filter_map(|(number, name)| Some((name.as_deref()?, number))).collect()
    }

    /// The number of a group given by name or number.
    pub fn group(&self, name: &str) -> Option<usize> {
        match name.parse() {
            Ok(number) => (number < self.names.len()).then_some(number),
            Err(_) => self.names.iter().position(|found| found.as_deref() == Some(name)),
        }
    }

    /// The text with every match replaced, and how many there were; like Python's `re.subn`.
    ///
    /// # Errors
    /// The search takes too long.
    pub fn replace_all(&self, text: &[u8], replacement: &PythonReplacement) -> Result<(Vec<u8>, usize)> {
        let mut out = Vec::with_capacity(text.len());
        let (mut copied, mut count, mut empty_at) = (0, 0, None);
        while let Some(found) = self.find_from(text, copied, empty_at)? {
            let whole = found.range();
            out.extend_from_slice(&text[copied..whole.start]);
            replacement.expand(&found, &mut out);
            count += 1;
            copied = whole.end;
            empty_at = whole.is_empty().then_some(whole.end);
        }
        out.extend_from_slice(&text[copied..]);
        Ok((out, count))
    }
}

impl<'t> RegexMatch<'t> {
    /// Where the whole match is.
    pub fn range(&self) -> Range<usize> {
        self.group_range(0).unwrap_or_default()
    }

    /// Where a group is, if it took part.
    pub fn group_range(&self, group: usize) -> Option<Range<usize>> {
        let place = |place: usize| self.places.get(place).copied().flatten();
        Some(place(2 * group)?..place(2 * group + 1)?)
    }

    /// What a group matched; nothing if it took no part.
    pub fn group(&self, group: usize) -> &'t [u8] {
        self.group_range(group).and_then(|range| self.text.get(range)).unwrap_or_default()
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
    fn a_match_at_the_start() {
        let regex = PythonRegex::new("(?i)b|ab", BYTES).unwrap();
        assert!(regex.matches_start(b"ABC").unwrap());
        assert!(!regex.matches_start(b"cb").unwrap());
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
            (r"\x41\101\102", "AAB", true),
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
        for (pattern, wrong) in [
            ("(", "missing ), unterminated subpattern at position 0"),
            ("a)", "unbalanced parenthesis at position 1"),
            ("[a", "unterminated character set at position 0"),
            (r"\h", r"bad escape \h at position 0"),
            (r"\N{DIGIT ONE}", r"bad escape \N at position 0"),
            ("a{3,2}", "min repeat greater than max repeat at position 2"),
            ("*", "nothing to repeat at position 0"),
            ("a**", "multiple repeat at position 2"),
            (r"\8", "invalid group reference 8 at position 1"),
            ("(?P<x", "missing >, unterminated name at position 4"),
            ("(?z)", "unknown extension ?z at position 1"),
            ("\\", "bad escape (end of pattern) at position 0"),
        ] {
            assert_eq!(PythonRegex::new(pattern, BYTES).unwrap_err().to_string(), wrong);
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
