//! The order of version numbers, in the ways that Ansible's `version` test knows.

use std::cmp::Ordering;

use crate::outcome::{Outcome, Stop};

/// How version numbers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Runs of digits and of letters, compared one by one.
    Loose,
    /// Two or three numbers, and `a1` or `b1` for what comes before.
    Strict,
    /// semver.org.
    Semantic,
    /// Python packages.
    Pep440,
}

/// The order of two versions.
pub(crate) fn compare(left: &str, right: &str, scheme: Scheme) -> Outcome<Ordering> {
    match scheme {
        Scheme::Loose => loose(left, right),
        Scheme::Strict => Ok(strict(left)?.cmp(&strict(right)?)),
        Scheme::Semantic => Ok(compare_semantic(&semantic(left)?, &semantic(right)?)),
        Scheme::Pep440 => Ok(pep440(left)?.cmp(&pep440(right)?)),
    }
}

/// The runs of digits, of small letters, and of all else, dots left out.
fn parts(version: &str) -> Vec<String> {
    let kind = |character: char| match character {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        _ => 3,
    };
    let mut parts: Vec<String> = Vec::new();
    let mut last = 2;
    for character in version.chars() {
        let kind = kind(character);
        match parts.last_mut() {
            Some(part) if kind == last && kind != 2 => part.push(character),
            _ if kind != 2 => parts.push(character.into()),
            _ => {}
        }
        last = kind;
    }
    parts
}

fn loose(left: &str, right: &str) -> Outcome<Ordering> {
    let (left, right) = (parts(left), parts(right));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    for (a, b) in left.iter().zip(&right) {
        let order = match (is_number(a), is_number(b)) {
            (true, true) => by_number(a, b),
            (false, false) => a.cmp(b),
            _ => return Err(Stop::new(format!("version comparison failed: '{a}' and '{b}' have no order"))),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(left.len().cmp(&right.len()))
}

/// The order of two runs of digits, of any length.
fn by_number(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn invalid(kind: &str, version: &str) -> Stop {
    Stop::new(format!("version comparison failed: invalid {kind} '{version}'"))
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Three numbers, and what comes before the release (or that it is the release, which comes after).
type Strict = ([u64; 3], (bool, char, u64));

fn strict(version: &str) -> Outcome<Strict> {
    let wrong = || invalid("version number", version);
    let at = version.find(['a', 'b']);
    let (release, before) = at.map_or((version, ""), |at| version.split_at(at));
    let numbers: Vec<u64> = release.split('.').map(number).collect::<Option<_>>().ok_or_else(wrong)?;
    let numbers = match numbers.as_slice() {
        [major, minor] => [*major, *minor, 0],
        [major, minor, patch] => [*major, *minor, *patch],
        _ => return Err(wrong()),
    };
    let before = match before.chars().next() {
        None => (true, 'z', 0),
        Some(letter) => (false, letter, number(&before[1..]).ok_or_else(wrong)?),
    };
    Ok((numbers, before))
}

struct Semantic {
    numbers: [u64; 3],
    before: Vec<String>,
}

fn semantic(version: &str) -> Outcome<Semantic> {
    let wrong = || invalid("semantic version", version);
    let (version, _build) = version.split_once('+').unwrap_or((version, ""));
    let (release, before) =
        version.split_once('-').map_or((version, None), |(release, before)| (release, Some(before)));
    let numbers: Vec<u64> = release.split('.').map(number).collect::<Option<_>>().ok_or_else(wrong)?;
    let [major, minor, patch] = numbers.as_slice() else { return Err(wrong()) };
    let before: Vec<String> =
        before.map_or_else(Vec::new, |before| before.split('.').map(str::to_owned).collect());
    let is_valid = |part: &String| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if !before.iter().all(is_valid) {
        return Err(wrong());
    }
    Ok(Semantic { numbers: [*major, *minor, *patch], before })
}

fn compare_semantic(left: &Semantic, right: &Semantic) -> Ordering {
    let release = left.numbers.cmp(&right.numbers);
    if release.is_ne() {
        return release;
    }
    match (left.before.is_empty(), right.before.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    for (a, b) in left.before.iter().zip(&right.before) {
        let order = match (number(a), number(b)) {
            (Some(_), Some(_)) => by_number(a, b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
    left.before.len().cmp(&right.before.len())
}

/// A version of a Python package, in the order of its parts: epoch, release, before, after, in development, local.
type Pep440 = (u64, Vec<u64>, (u8, u64), Option<u64>, u64, Vec<(u64, String)>);

fn pep440(version: &str) -> Outcome<Pep440> {
    let wrong = || invalid("version", version);
    let text = version.trim().to_lowercase();
    let text = text.strip_prefix('v').unwrap_or(&text);
    let (text, local) = text.split_once('+').unwrap_or((text, ""));
    let (epoch, text) = match text.split_once('!') {
        Some((epoch, text)) => (number(epoch).ok_or_else(wrong)?, text),
        None => (0, text),
    };
    let release_end =
        text.find(|character: char| !(character.is_ascii_digit() || character == '.')).unwrap_or(text.len());
    let (release, mut rest) = text.split_at(release_end);
    let mut release: Vec<u64> =
        release.trim_end_matches('.').split('.').map(number).collect::<Option<_>>().ok_or_else(wrong)?;
    // Zeros at the end change nothing.
    while release.len() > 1 && release.last() == Some(&0) {
        release.pop();
    }
    let (mut before, mut after, mut development) = (None, None, None);
    rest = rest.trim_start_matches(['.', '-', '_']);
    while !rest.is_empty() {
        let word_end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_end);
        let tail = tail.trim_start_matches(['.', '-', '_']);
        let digits_end = tail.find(|character: char| !character.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, tail) = tail.split_at(digits_end);
        let count = if digits.is_empty() { 0 } else { number(digits).ok_or_else(wrong)? };
        match word {
            "a" | "alpha" => before = Some((1, count)),
            "b" | "beta" => before = Some((2, count)),
            "c" | "rc" | "pre" | "preview" => before = Some((3, count)),
            "post" | "rev" | "r" | "" => after = Some(count),
            "dev" => development = Some(count),
            _ => return Err(wrong()),
        }
        rest = tail.trim_start_matches(['.', '-', '_']);
    }
    // A development version of a release comes before everything else of that release.
    let before = match (before, after, development) {
        (Some(before), ..) => before,
        (None, None, Some(_)) => (0, 0),
        _ => (4, 0),
    };
    let local = local
        .split(['.', '-', '_'])
        .filter(|part| !part.is_empty())
        .map(|part| number(part).map_or((0, part.to_owned()), |number| (number + 1, String::new())))
        .collect();
    Ok((epoch, release, before, after, development.unwrap_or(u64::MAX), local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_the_order_of_their_scheme() {
        use Ordering::{Equal, Greater, Less};
        let cases = [
            (Scheme::Loose, "2.10", "2.9", Greater),
            (Scheme::Loose, "1.0.0", "1.0", Greater),
            (Scheme::Loose, "1.0rc1", "1.0", Greater),
            (Scheme::Loose, "3.10.0-1160.el7", "3.10.0", Greater),
            (Scheme::Loose, "18.04", "18.1", Greater),
            (Scheme::Loose, "1.02", "1.2", Equal),
            (Scheme::Strict, "1.0a1", "1.0", Less),
            (Scheme::Strict, "1.0.0", "1.0", Equal),
            (Scheme::Semantic, "1.0.0-rc1", "1.0.0", Less),
            (Scheme::Semantic, "1.0.0-alpha.1", "1.0.0-alpha.beta", Less),
            (Scheme::Semantic, "1.0.0+a", "1.0.0+b", Equal),
            (Scheme::Pep440, "1.0.dev1", "1.0", Less),
            (Scheme::Pep440, "1.0.post1", "1.0", Greater),
            (Scheme::Pep440, "1.0a1", "1.0.dev1", Greater),
            (Scheme::Pep440, "1.0", "1.0.0", Equal),
            (Scheme::Pep440, "1!0.1", "2.0", Greater),
        ];
        for (scheme, left, right, order) in cases {
            assert_eq!(compare(left, right, scheme).ok(), Some(order), "{left} and {right} ({scheme:?})");
        }
        assert!(compare("1.0rc1", "1.0", Scheme::Strict).is_err());
        assert!(compare("1.0-rc1", "1.0.0", Scheme::Semantic).is_err());
        assert!(compare("a", "1", Scheme::Loose).is_err());
    }
}
