//! Shell wildcards, as Python's `fnmatch` has them.

/// Whether the whole name matches a pattern with `*`, `?`, `[abc]`, `[a-c]` and `[!abc]`.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut of) = (0, 0);
    // Where to go on if what followed the last star does not match.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        let step = match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, of));
                at += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => set(&pattern[at..], name[of]),
            Some(character) if *character == name[of] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(step), _) => {
                at += step;
                of += 1;
            }
            (None, Some((after, from))) => {
                at = after;
                of = from + 1;
                star = Some((after, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

/// The length of the set at the start of the pattern, if it has the character. A set that is not closed is a bracket.
fn set(pattern: &[char], character: char) -> Option<usize> {
    let negated = pattern.get(1) == Some(&'!');
    let first = 1 + usize::from(negated);
    let Some(end) = (first + 1..pattern.len()).find(|at| pattern[*at] == ']') else {
        return (character == '[').then_some(1);
    };
    let members = &pattern[first..end];
    let mut found = false;
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            found |= (members[at]..=members[at + 2]).contains(&character);
            at += 3;
        } else {
            found |= members[at] == character;
            at += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_sets_and_marks() {
        for (pattern, name, expected) in [
            ("install *", "install nginx", true),
            ("*nginx", "install nginx", true),
            ("*a*b", "xaxbxb", true),
            ("inst?ll", "install", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[x", "[x", true),
            ("install", "Install", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern:?} against {name:?}");
        }
    }
}
