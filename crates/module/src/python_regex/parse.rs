use std::iter::Peekable;
use std::str::Chars;

use super::RegexFlags;
use super::node::{Assertion, Class, Manner, Member, Node, Set};

/// What a pattern says.
pub(super) struct Parsed {
    pub(super) node: Node,
    /// The names of the groups; that of the whole match is the first.
    pub(super) names: Vec<Option<String>>,
    /// Whether `^` and `$` match at every line, by the flags or by the pattern itself.
    pub(super) multi_line: bool,
}

/// Reads a pattern as Python does.
///
/// # Errors
/// What is wrong with it and where, in Python's words, which playbooks look for.
pub(super) fn parse(pattern: &str, flags: RegexFlags) -> Result<Parsed, String> {
    let flags = Flags {
        multi_line: flags.multi_line,
        dot_matches_all: flags.dot_matches_all,
        ascii: flags.bytes,
        bytes: flags.bytes,
        ..Flags::default()
    };
    let mut parser = Parser {
        rest: pattern.chars().peekable(),
        length: pattern.chars().count(),
        flags,
        names: vec![None],
        open: Vec::new(),
        asked: 0,
        depth: 0,
        multi_line: flags.multi_line,
    };
    let node = parser.alternatives()?;
    match parser.rest.next() {
        None if parser.asked >= parser.names.len() => {
            Err(format!("invalid group reference {} at position {}", parser.asked, parser.length))
        }
        None => Ok(Parsed { node, names: parser.names, multi_line: parser.multi_line }),
        Some(_) => Err(parser.wrong("unbalanced parenthesis", 1)),
    }
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
    /// Of the pattern, in characters.
    length: usize,
    flags: Flags,
    names: Vec<Option<String>>,
    /// The groups that are not closed yet.
    open: Vec<usize>,
    /// The highest group that a condition asks for; it may come later.
    asked: usize,
    depth: usize,
    /// Whether `^` and `$` match at every line outside of groups.
    multi_line: bool,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_matches_all: bool,
    verbose: bool,
    ascii: bool,
    bytes: bool,
}

/// How deep groups may be nested.
const DEEPEST: usize = 100;

impl Parser<'_> {
    /// How many characters are read.
    fn position(&self) -> usize {
        self.length - self.rest.clone().count()
    }

    /// What is wrong, `back` characters before what comes next.
    fn wrong(&self, what: &str, back: usize) -> String {
        format!("{what} at position {}", self.position().saturating_sub(back))
    }

    fn take(&mut self, expected: char) -> bool {
        self.rest.next_if_eq(&expected).is_some()
    }

    /// Everything up to `end`, which goes too.
    fn take_until(&mut self, end: char) -> Result<String, String> {
        let mut taken = String::new();
        for character in self.rest.by_ref() {
            if character == end {
                return Ok(taken);
            }
            taken.push(character);
        }
        Err(self.wrong(&format!("missing {end}, unterminated name"), taken.chars().count()))
    }

    fn take_digits(&mut self, radix: u32, most: usize) -> String {
        let mut digits = String::new();
        while digits.len() < most
            && let Some(digit) = self.rest.next_if(|character| character.is_digit(radix))
        {
            digits.push(digit);
        }
        digits
    }

    /// Everything up to a closing parenthesis or the end.
    fn alternatives(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("groups are nested too deep", 1));
        }
        let mut alternatives = vec![self.sequence()?];
        while self.take('|') {
            alternatives.push(self.sequence()?);
        }
        self.depth -= 1;
        match alternatives.pop() {
            Some(only) if alternatives.is_empty() => Ok(only),
            last => Ok(Node::Alternatives(alternatives.into_iter().chain(last).collect())),
        }
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(character) = self.rest.next_if(|character| !matches!(character, '|' | ')')) {
            let flags = self.flags;
            match character {
                '#' if flags.verbose => while self.rest.next().is_some_and(|character| character != '\n') {},
                _ if flags.verbose && character.is_ascii_whitespace() => {}
                '\\' => self.escape(&mut nodes)?,
                '[' => {
                    let start = self.position() - 1;
                    let set = self.set(start)?;
                    nodes.push(Node::One(set));
                }
                '(' => {
                    let start = self.position() - 1;
                    self.group(&mut nodes, start)?;
                }
                '^' => nodes.push(Node::Assert(if flags.multi_line {
                    Assertion::LineStart
                } else {
                    Assertion::Start
                })),
                '$' => nodes.push(Node::Assert(if flags.multi_line {
                    Assertion::LineEnd
                } else {
                    Assertion::EndOfLast
                })),
                '.' => {
                    let members =
                        if flags.dot_matches_all { Vec::new() } else { vec![Member::Range(10, 10)] };
                    nodes.push(Node::One(Set { members, negated: true, fold: false }));
                }
                '*' => self.repeat(&mut nodes, 0, None)?,
                '+' => self.repeat(&mut nodes, 1, None)?,
                '?' => self.repeat(&mut nodes, 0, Some(1))?,
                '{' => match self.bounds()? {
                    Some((least, most)) => self.repeat(&mut nodes, least, most)?,
                    None => self.literal('{', &mut nodes),
                },
                _ => self.literal(character, &mut nodes),
            }
        }
        match nodes.pop() {
            Some(only) if nodes.is_empty() => Ok(only),
            last => Ok(Node::Sequence(nodes.into_iter().chain(last).collect())),
        }
    }

    /// A character; where bytes are searched, those that it is written with.
    fn literal(&self, character: char, nodes: &mut Vec<Node>) {
        let fold = self.flags.fold;
        if self.flags.bytes && !character.is_ascii() {
            let bytes = character.encode_utf8(&mut [0; 4]).bytes().map(u32::from).collect::<Vec<_>>();
            let bytes: Vec<Node> = bytes.into_iter().map(|byte| Node::One(Set::one(byte, false))).collect();
            nodes.extend(bytes);
        } else {
            nodes.push(Node::One(Set::one(character.into(), fold)));
        }
    }

    /// What stands in braces, if it tells how often something is repeated; otherwise the braces mean themselves.
    fn bounds(&mut self) -> Result<Option<(usize, Option<usize>)>, String> {
        let mut ahead = self.rest.clone();
        let mut inside = String::new();
        let closed = loop {
            match ahead.next() {
                Some('}') => break true,
                Some(character) if character.is_ascii_digit() || character == ',' => inside.push(character),
                _ => break false,
            }
        };
        if !closed || inside.is_empty() || inside.matches(',').count() > 1 {
            return Ok(None);
        }
        self.rest = ahead;
        let number = |text: &str| match text {
            "" => Ok(None),
            digits => digits
                .parse()
                .ok()
                .filter(|number| *number <= MOST)
                .map(Some)
                .ok_or("the repetition number is too large".to_owned()),
        };
        let (least, most) = match inside.split_once(',') {
            Some((least, most)) => (number(least)?.unwrap_or(0), number(most)?),
            None => (number(&inside)?.unwrap_or(0), number(&inside)?),
        };
        if most.is_some_and(|most| most < least) {
            return Err(self.wrong("min repeat greater than max repeat", inside.chars().count() + 1));
        }
        Ok(Some((least, most)))
    }

    fn repeat(&mut self, nodes: &mut Vec<Node>, least: usize, most: Option<usize>) -> Result<(), String> {
        let start = self.position() - 1;
        let manner = match self.rest.peek() {
            Some('?') => Manner::Lazy,
            Some('+') => Manner::Possessive,
            _ => Manner::Greedy,
        };
        if manner != Manner::Greedy {
            self.rest.next();
        }
        match nodes.pop() {
            None | Some(Node::Assert(_)) => Err(format!("nothing to repeat at position {start}")),
            Some(Node::Repeat { .. }) => Err(format!("multiple repeat at position {start}")),
            Some(node) => {
                nodes.push(Node::Repeat { node: node.into(), least, most, manner });
                Ok(())
            }
        }
    }

    fn group_of(&self, name: &str) -> Result<usize, String> {
        let found = match name.parse::<usize>() {
            Ok(number) => Some(number).filter(|number| *number > 0),
            Err(_) => self.names.iter().position(|found| found.as_deref() == Some(name)),
        };
        let length = name.chars().count();
        found.ok_or_else(|| match name.parse::<usize>() {
            Ok(number) => self.wrong(&format!("invalid group reference {number}"), length),
            Err(_) => self.wrong(&format!("unknown group name '{name}'"), length + 1),
        })
    }

    /// What a group before has matched.
    fn backreference(&self, name: &str) -> Result<Node, String> {
        let group = self.group_of(name)?;
        if group >= self.names.len() || self.open.contains(&group) {
            let length = name.chars().count();
            return Err(match self.open.contains(&group) {
                true => self.wrong("cannot refer to an open group", length + 1),
                false => self.wrong(&format!("invalid group reference {group}"), length),
            });
        }
        Ok(Node::Backreference { group, fold: self.flags.fold })
    }

    fn close(&mut self, start: usize) -> Result<(), String> {
        if self.take(')') { Ok(()) } else { Err(unterminated(start)) }
    }

    /// The rest of a group, with flags that end with it.
    fn inside(&mut self, start: usize) -> Result<Node, String> {
        let flags = self.flags;
        let node = self.alternatives()?;
        self.flags = flags;
        self.close(start)?;
        Ok(node)
    }

    fn capture(&mut self, name: Option<String>, start: usize) -> Result<Node, String> {
        let number = self.names.len();
        self.names.push(name);
        self.open.push(number);
        let node = self.inside(start)?;
        self.open.pop();
        Ok(Node::Group(number, node.into()))
    }

    /// What follows an opening parenthesis, which is at `start`.
    fn group(&mut self, nodes: &mut Vec<Node>, start: usize) -> Result<(), String> {
        if !self.take('?') {
            let group = self.capture(None, start)?;
            nodes.push(group);
            return Ok(());
        }
        let look = |parser: &mut Self, ahead, negative| -> Result<Node, String> {
            Ok(Node::Look { ahead, negative, node: parser.inside(start)?.into() })
        };
        let node = match self.rest.next() {
            Some('#') => return self.take_until(')').map(drop),
            Some(':') => wrapped(self.inside(start)?),
            Some('>') => Node::Atomic(self.inside(start)?.into()),
            Some('=') => look(self, true, false)?,
            Some('!') => look(self, true, true)?,
            Some('<') if self.take('=') => look(self, false, false)?,
            Some('<') if self.take('!') => look(self, false, true)?,
            Some('P') if self.take('=') => {
                let name = self.take_until(')')?;
                self.backreference(&name)?
            }
            Some('P') if self.take('<') => {
                let name = self.take_until('>')?;
                let is_name = !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit());
                if !is_name || !name.chars().all(|character| character.is_alphanumeric() || character == '_')
                {
                    let length = name.chars().count();
                    return Err(match length {
                        0 => self.wrong("missing group name", 1),
                        _ => self.wrong(&format!("bad character in group name '{name}'"), length + 1),
                    });
                }
                if self.names.contains(&Some(name.clone())) {
                    return Err(
                        self.wrong(&format!("redefinition of group name '{name}'"), name.chars().count() + 1)
                    );
                }
                self.capture(Some(name), start)?
            }
            Some('(') => {
                let name = self.take_until(')')?;
                let group = self.group_of(&name)?;
                self.asked = self.asked.max(group);
                let (yes, no) = match self.inside(start)? {
                    Node::Alternatives(nodes) => match <[Node; 2]>::try_from(nodes) {
                        Ok([yes, no]) => (yes, no),
                        Err(_) => {
                            return Err(self.wrong("conditional backref with more than two branches", 1));
                        }
                    },
                    yes => (yes, Node::Sequence(Vec::new())),
                };
                Node::Conditional { group, yes: yes.into(), no: no.into() }
            }
            Some(first) => match self.flag_group(first, start)? {
                Some(node) => node,
                None => return Ok(()),
            },
            None => return Err(self.wrong("unexpected end of pattern", 0)),
        };
        nodes.push(node);
        Ok(())
    }

    /// `(?i)` for all that follows, or `(?i-s:...)`.
    fn flag_group(&mut self, first: char, start: usize) -> Result<Option<Node>, String> {
        let before = self.flags;
        let mut on = true;
        let mut next = Some(first);
        loop {
            match next {
                Some('-') if on => on = false,
                Some('i') => self.flags.fold = on,
                Some('m') => self.flags.multi_line = on,
                Some('s') => self.flags.dot_matches_all = on,
                Some('x') => self.flags.verbose = on,
                Some('a') => self.flags.ascii = true,
                Some('u') => self.flags.ascii = self.flags.bytes,
                Some('L') => {}
                Some(')') => {
                    if self.depth == 1 {
                        self.multi_line = self.flags.multi_line;
                    }
                    return Ok(None);
                }
                Some(':') => {
                    let node = self.inside(start)?;
                    self.flags = before;
                    return Ok(Some(wrapped(node)));
                }
                Some(other) => return Err(format!("unknown extension ?{other} at position {}", start + 1)),
                None => return Err(self.wrong("missing -, : or )", 0)),
            }
            next = self.rest.next();
        }
    }

    fn escape(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let Some(escaped) = self.rest.next() else {
            return Err(self.wrong("bad escape (end of pattern)", 1));
        };
        let Flags { ascii, fold, .. } = self.flags;
        let node = match escaped {
            'A' => Node::Assert(Assertion::Start),
            'Z' | 'z' => Node::Assert(Assertion::End),
            'b' => Node::Assert(Assertion::WordBoundary { ascii }),
            'B' => Node::Assert(Assertion::NotWordBoundary { ascii }),
            '1'..='9' => {
                let ahead: Vec<char> = self.rest.clone().take(2).collect();
                let is_octal = |character: &char| character.is_digit(8);
                if is_octal(&escaped) && ahead.len() == 2 && ahead.iter().all(is_octal) {
                    Node::One(Set::one(self.code(escaped)?, fold))
                } else {
                    let number = format!("{escaped}{}", self.take_digits(10, 1));
                    self.backreference(&number)?
                }
            }
            _ => match self.class(escaped) {
                Some(class) => Node::One(Set { members: vec![class], negated: false, fold: false }),
                None if !escaped.is_ascii() => {
                    self.literal(escaped, nodes);
                    return Ok(());
                }
                None => Node::One(Set::one(self.code(escaped)?, fold)),
            },
        };
        nodes.push(node);
        Ok(())
    }

    fn class(&self, letter: char) -> Option<Member> {
        let class = match letter.to_ascii_lowercase() {
            'd' => Class::Digit,
            's' => Class::Space,
            'w' => Class::Word,
            _ => return None,
        };
        Some(Member::Class { class, ascii: self.flags.ascii, negated: letter.is_ascii_uppercase() })
    }

    /// An escape that means one character.
    fn code(&mut self, escaped: char) -> Result<u32, String> {
        Ok(match escaped {
            'a' => 7,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            '0'..='7' => {
                let digits = format!("{escaped}{}", self.take_digits(8, 2));
                u32::from_str_radix(&digits, 8).ok().filter(|code| *code <= 0o377).ok_or_else(|| {
                    let back = digits.len() + 1;
                    self.wrong(&format!(r"octal escape value \{digits} outside of range 0-0o377"), back)
                })?
            }
            'x' | 'u' | 'U' if escaped == 'x' || !self.flags.bytes => {
                let length = match escaped {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits = self.take_digits(16, length);
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length);
                code.ok_or_else(|| {
                    self.wrong(&format!(r"incomplete escape \{escaped}{digits}"), digits.len() + 2)
                })?
            }
            letter if letter.is_ascii_alphanumeric() => {
                return Err(self.wrong(&format!(r"bad escape \{letter}"), 2));
            }
            other => other.into(),
        })
    }

    /// What follows an opening bracket, which is at `start`.
    fn set(&mut self, start: usize) -> Result<Set, String> {
        let mut set = Set { members: Vec::new(), negated: self.take('^'), fold: self.flags.fold };
        let mut first = true;
        loop {
            let Some(character) = self.rest.next() else {
                return Err(format!("unterminated character set at position {start}"));
            };
            if character == ']' && !first {
                return Ok(set);
            }
            first = false;
            let low = self.member(character)?;
            let mut ahead = self.rest.clone();
            if ahead.next() != Some('-') || ahead.next().is_none_or(|end| end == ']') {
                set.members.extend(low);
                continue;
            }
            self.rest.next();
            let Some(end) = self.rest.next() else {
                return Err(format!("unterminated character set at position {start}"));
            };
            match (low.as_slice(), self.member(end)?.as_slice()) {
                ([Member::Range(first, _)], [Member::Range(last, _)]) if first <= last => {
                    set.members.push(Member::Range(*first, *last));
                }
                _ => return Err(self.wrong(&format!("bad character range {character}-{end}"), 3)),
            }
        }
    }

    /// A member of a set: one, or where bytes are searched all those that a character is written with.
    fn member(&mut self, character: char) -> Result<Vec<Member>, String> {
        let one = |unit: u32| vec![Member::Range(unit, unit)];
        if character != '\\' {
            return Ok(match character {
                _ if self.flags.bytes => character
                    .encode_utf8(&mut [0; 4])
                    .bytes()
                    .map(|byte| Member::Range(byte.into(), byte.into()))
                    .collect(),
                _ => one(character.into()),
            });
        }
        match self.rest.next() {
            None => Err(self.wrong("bad escape (end of pattern)", 1)),
            Some('b') => Ok(one(8)),
            Some(escaped) => match self.class(escaped) {
                Some(class) => Ok(vec![class]),
                None => self.code(escaped).map(one),
            },
        }
    }
}

fn unterminated(start: usize) -> String {
    format!("missing ), unterminated subpattern at position {start}")
}

/// How often anything may be repeated by a number.
const MOST: usize = 65535;

/// Keeps a repetition inside of a group apart from one of the group.
fn wrapped(node: Node) -> Node {
    match node {
        Node::Repeat { .. } | Node::Assert(_) | Node::Alternatives(_) => Node::Sequence(vec![node]),
        node => node,
    }
}
