use std::path::Path;

use diag::{Error, Result};
use fancy_regex::Regex;
use indexmap::IndexSet;

use crate::host::{HostName, LOCALHOST};
use crate::host_range::split_port;
use crate::inventory::Inventory;

impl Inventory {
    /// The hosts that a pattern means, in inventory order and each once: names, groups, globs, `~` and a regular
    /// expression, combined as in `web:&prod:!web3` or with commas, and cut as in `web[0]` and `web[1:3]`.
    ///
    /// # Errors
    ///
    /// A part is not a regular expression.
    pub fn select(&self, pattern: &str) -> Result<Vec<HostName>> {
        let mut terms = split(pattern);
        // Commas with nothing between them take nothing away from all.
        if terms.is_empty() && pattern.contains(',') {
            terms.push("all".to_owned());
        }
        Ok(self.evaluate(&terms)?.into_iter().collect())
    }

    /// [`Inventory::select`], and of these only the hosts that `limit` means too; a part `@FILE` of the limit stands for
    /// the lines of a file.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::select`], and the file can't be read.
    pub fn select_limited(&self, pattern: &str, limit: Option<&str>) -> Result<Vec<HostName>> {
        let hosts = self.select(pattern)?;
        let Some(limit) = limit else { return Ok(hosts) };
        let terms = limit_terms(limit)?;
        if terms.is_empty() {
            return Ok(hosts);
        }
        let allowed = self.evaluate(&terms)?;
        Ok(hosts.into_iter().filter(|host| allowed.contains(host)).collect())
    }

    /// The parts of a pattern or limit that mean no host at all, as they are written: most likely mistakes.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::select_limited`].
    pub fn unmatched(&self, pattern: &str) -> Result<Vec<String>> {
        let mut unmatched = Vec::new();
        for term in limit_terms(pattern)? {
            let (base, _) = cut(bare(&term));
            if !self.registry.hosts.contains_key(base)
                && !self.registry.groups.contains_key(base)
                && !matches!(base, "all" | "*")
                && self.matches(base)?.is_empty()
            {
                unmatched.push(term);
            }
        }
        Ok(unmatched)
    }

    fn evaluate(&self, terms: &[String]) -> Result<IndexSet<HostName>> {
        let is_plain = |term: &&String| !term.starts_with(['&', '!']);
        let mut hosts = IndexSet::new();
        if terms.is_empty() {
            return Ok(hosts);
        }
        if !terms.iter().any(|term| is_plain(&term)) {
            hosts = self.term("all")?;
        }
        for term in terms.iter().filter(is_plain) {
            hosts.extend(self.term(term)?);
        }
        for term in terms.iter().filter(|term| term.starts_with('&')) {
            let others = self.term(bare(term))?;
            hosts.retain(|host| others.contains(host));
        }
        for term in terms.iter().filter(|term| term.starts_with('!')) {
            let others = self.exclusion(bare(term))?;
            hosts.retain(|host| !others.contains(host));
        }
        Ok(hosts)
    }

    /// The hosts of one term. A host's own name means that host, even if there is a group of this name.
    fn term(&self, term: &str) -> Result<IndexSet<HostName>> {
        if let Some((name, _)) = self.registry.hosts.get_key_value(term) {
            return Ok(IndexSet::from([name.clone()]));
        }
        self.exclusion(term)
    }

    /// The hosts of one term, where a group's name means that group, even if there is a host of this name.
    fn exclusion(&self, term: &str) -> Result<IndexSet<HostName>> {
        let (base, range) = cut(term);
        let found = self.matches(base)?;
        Ok(match range {
            None => found,
            Some(range) => range.apply(&found),
        })
    }

    fn matches(&self, term: &str) -> Result<IndexSet<HostName>> {
        let groups = self.groups();
        let mut found = IndexSet::new();
        if term == "all" {
            found.extend(groups.get("all").into_iter().flat_map(|hosts| hosts.iter().cloned()));
            return Ok(found);
        }
        let is_regex = term.starts_with('~');
        if !is_regex && !term.contains(['*', '?', '[']) {
            match groups.get(term) {
                Some(hosts) => found.extend(hosts.iter().cloned()),
                None => found.extend(self.registry.hosts.get_key_value(term).map(|(name, _)| name.clone())),
            }
            // A dot makes it a pattern in which hosts count beside groups.
            if term.contains('.') {
                found.extend(self.registry.hosts.get_key_value(term).map(|(name, _)| name.clone()));
            }
        } else {
            let regex = match term.strip_prefix('~') {
                Some(regex) => Regex::new(&format!(r"\A(?:{regex})")),
                None => Regex::new(&glob(term)),
            };
            let regex = regex.map_err(|cause| {
                Error::new(format!("the host pattern '{term}' is not a regular expression")).cause(cause)
            })?;
            let fits = |name: &str| regex.is_match(name).unwrap_or(false);
            for (_, hosts) in groups.iter().filter(|(name, _)| fits(name)) {
                found.extend(hosts.iter().cloned());
            }
            found.extend(self.registry.hosts.keys().filter(|name| fits(name)).cloned());
        }
        if found.is_empty() && LOCALHOST.contains(&term) {
            found.extend(self.host(term).map(|host| host.name().clone()));
        }
        Ok(found)
    }
}

/// The terms of a pattern: separated by commas, or by colons outside of brackets, unless it is one address.
fn split(pattern: &str) -> Vec<String> {
    let trim = |parts: Vec<&str>| -> Vec<String> {
        parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    if pattern.contains(',') {
        return trim(pattern.split(',').collect());
    }
    if pattern.parse::<std::net::Ipv6Addr>().is_ok() || split_port(pattern).1.is_some() {
        return trim(vec![pattern]);
    }
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, character) in pattern.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(&pattern[start..at]);
                start = at + 1;
            }
            character if character.is_whitespace() && depth == 0 => {
                parts.push(&pattern[start..at]);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&pattern[start..]);
    trim(parts)
}

/// The terms of a limit, the lines of files in it included.
fn limit_terms(limit: &str) -> Result<Vec<String>> {
    let mut terms = Vec::new();
    for term in split(limit) {
        let Some(path) = term.strip_prefix('@') else {
            terms.push(term);
            continue;
        };
        if Path::new(path).is_dir() {
            return Err(Error::new(format!(
                "Limit starting with \"@\" must be a file, not a directory: {path}"
            )));
        }
        let text = std::fs::read_to_string(Path::new(path))
            .map_err(|cause| Error::new(format!("Unable to find limit file {path}")).cause(cause))?;
        terms.extend(text.lines().flat_map(split));
    }
    Ok(terms)
}

fn bare(term: &str) -> &str {
    term.strip_prefix(['&', '!']).unwrap_or(term)
}

/// Which of the hosts of a term are meant; both ends count.
#[derive(Debug, PartialEq)]
enum Range {
    Index(i64),
    From(usize, Option<usize>),
}

impl Range {
    fn apply(&self, hosts: &IndexSet<HostName>) -> IndexSet<HostName> {
        let (start, end) = match *self {
            Range::Index(index) => {
                let index = if index < 0 { hosts.len() as i64 + index } else { index };
                let Ok(index) = usize::try_from(index) else { return IndexSet::new() };
                (index, index)
            }
            Range::From(start, end) => (start, end.unwrap_or(usize::MAX)),
        };
        let count = end.saturating_sub(start).saturating_add(usize::from(end >= start));
        hosts.iter().skip(start).take(count).cloned().collect()
    }
}

/// Takes `[0]`, `[-1]`, `[1:3]` or `[2:]` off the end of a term.
fn cut(term: &str) -> (&str, Option<Range>) {
    let whole = (term, None);
    if term.starts_with('~') {
        return whole;
    }
    let Some((base, range)) = term.strip_suffix(']').and_then(|term| term.rsplit_once('[')) else {
        return whole;
    };
    if base.is_empty() {
        return whole;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if digits(range.strip_prefix('-').unwrap_or(range)) {
        return match range.parse() {
            Ok(index) => (base, Some(Range::Index(index))),
            Err(_) => whole,
        };
    }
    // Ansible still takes the '-' of old.
    let Some((start, end)) = range.split_once([':', '-']) else { return whole };
    match (start.parse(), end.parse()) {
        (Ok(start), Ok(end)) if digits(&range[..1]) => (base, Some(Range::From(start, Some(end)))),
        (Ok(start), Err(_)) if end.is_empty() => (base, Some(Range::From(start, None))),
        _ => whole,
    }
}

/// A shell's glob as a regular expression: `*`, `?`, `[abc]` and `[!abc]`, as Python's fnmatch has them.
fn glob(pattern: &str) -> String {
    let mut regex = String::from(r"(?s)\A");
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                let negated = rest.starts_with('!');
                let body = if negated { &rest[1..] } else { rest };
                // A ']' that comes first is one of the characters.
                let end =
                    body.char_indices().skip(1).find(|(_, character)| *character == ']').map(|(at, _)| at);
                match end {
                    Some(end) => {
                        regex.push_str(if negated { "[^" } else { "[" });
                        for character in body[..end].chars() {
                            if matches!(character, '\\' | '[' | ']' | '^' | '&' | '~') {
                                regex.push('\\');
                            }
                            regex.push(character);
                        }
                        regex.push(']');
                        rest = &body[end + 1..];
                    }
                    None => regex.push_str(r"\["),
                }
            }
            character => regex.push_str(&fancy_regex::escape(character.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push_str(r"\z");
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_split() {
        for (pattern, terms) in [
            ("a,b , c", &["a", "b", "c"][..]),
            ("a:&b:!c", &["a", "&b", "!c"]),
            ("a[1:3]:b", &["a[1:3]", "b"]),
            ("fe80::1", &["fe80::1"]),
            ("a b", &["a", "b"]),
            ("", &[]),
        ] {
            assert_eq!(split(pattern), terms, "{pattern}");
        }
    }

    #[test]
    fn ranges_are_cut_off() {
        for (term, expected) in [
            ("web[0]", ("web", Some(Range::Index(0)))),
            ("web[-1]", ("web", Some(Range::Index(-1)))),
            ("web[1:3]", ("web", Some(Range::From(1, Some(3))))),
            ("web[1-3]", ("web", Some(Range::From(1, Some(3))))),
            ("web[2:]", ("web", Some(Range::From(2, None)))),
            ("web[:2]", ("web[:2]", None)),
            ("web[-2:]", ("web[-2:]", None)),
            ("web[ab]", ("web[ab]", None)),
            ("~web[0]", ("~web[0]", None)),
            ("[0]", ("[0]", None)),
            ("web[99999999999999999999]", ("web[99999999999999999999]", None)),
        ] {
            assert_eq!(cut(term), expected, "{term}");
        }
    }
}
