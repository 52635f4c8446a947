use std::cmp::Ordering;
use std::fmt;

/// The version of a collection; what stands after `+` does not count.
#[derive(Clone, Debug)]
pub struct Version(semver::Version);

impl Version {
    /// Reads a version of three numbers with what may follow them, such as `1.2.3-beta.1`.
    pub fn parse(text: &str) -> Option<Version> {
        semver::Version::parse(text).ok().map(Version)
    }

    /// Reads a version whose last numbers may be left out.
    fn parse_loosely(text: &str) -> Option<Version> {
        if let Some(version) = Version::parse(text) {
            return Some(version);
        }
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let mut numbers: Vec<&str> = numbers.split('.').collect();
        numbers.resize(numbers.len().max(3), "0");
        numbers.truncate(3);
        Version::parse(&format!("{}{rest}", numbers.join(".")))
    }

    /// Whether it comes before the version that it is named after.
    pub fn is_pre_release(&self) -> bool {
        !self.0.pre.is_empty()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        self.0.cmp_precedence(&other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// Which versions will do: comparisons with commas between them, all of which must hold, or `*` for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    text: String,
    comparisons: Vec<(Operator, Version)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("==", Operator::Equal),
    ("!=", Operator::Different),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=", Operator::Equal),
];

impl Range {
    /// Any version.
    pub fn any() -> Range {
        Range { text: "*".into(), comparisons: Vec::new() }
    }

    /// Reads a range; nothing, if it is none.
    pub fn parse(text: &str) -> Option<Range> {
        let mut comparisons = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "*") {
            let found = OPERATORS.iter().find_map(|(sign, kind)| Some((*kind, part.strip_prefix(sign)?)));
            let (operator, version) = found.unwrap_or((Operator::Equal, part));
            comparisons.push((operator, Version::parse_loosely(version.trim())?));
        }
        let text = if text.trim().is_empty() { "*" } else { text.trim() };
        Some(Range { text: text.to_owned(), comparisons })
    }

    /// Whether a version is in it.
    pub fn holds(&self, version: &Version) -> bool {
        self.comparisons.iter().all(|(operator, bound)| match operator {
            Operator::Equal => version == bound,
            Operator::Different => version != bound,
            Operator::Less => version < bound,
            Operator::LessOrEqual => version <= bound,
            Operator::Greater => version > bound,
            Operator::GreaterOrEqual => version >= bound,
        })
    }

    /// Whether it names one version, which may then be a pre-release.
    pub fn is_exact(&self) -> bool {
        matches!(&self.comparisons[..], [(Operator::Equal, _)])
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_they_say() {
        let holds = |range: &str, version: &str| {
            Range::parse(range).unwrap().holds(&Version::parse(version).unwrap())
        };
        assert!(holds(">=1.0,<2", "1.9.9"));
        assert!(!holds(">=1.0,<2", "2.0.0"));
        assert!(holds("*", "0.0.1"));
        assert!(holds("1.2.3", "1.2.3+build"));
        assert!(holds("==1.2", "1.2.0"));
        assert!(!holds("!=1.2.0", "1.2.0"));
        assert!(holds("<1.0.0", "1.0.0-beta.2"));
        assert!(!holds(">1.0.0-beta.10", "1.0.0-beta.9"));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["main", ">=x", "~=1.0"] {
            assert!(Range::parse(text).is_none(), "{text}");
        }
        assert!(Version::parse("1.0").is_none());
    }
}
