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
/// What is wrong with it, in words that end a sentence.
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
        flags,
        names: vec![None],
        open: Vec::new(),
        asked: 0,
        depth: 0,
        multi_line: flags.multi_line,
    };
    let node = parser.alternatives()?;
    match parser.rest.next() {
        None if parser.asked >= parser.names.len() => Err(format!("there is no group '{}'", parser.asked)),
        None => Ok(Parsed { node, names: parser.names, multi_line: parser.multi_line }),
        Some(_) => Err("a ')' closes nothing".into()),
    }
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
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
        Err(format!("a '{end}' is missing"))
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
            return Err("groups are nested too deep".into());
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
                    let set = self.set()?;
                    nodes.push(Node::One(set));
                }
                '(' => self.group(&mut nodes)?,
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
                .ok_or(format!("{digits} times is too often")),
        };
        let (least, most) = match inside.split_once(',') {
            Some((least, most)) => (number(least)?.unwrap_or(0), number(most)?),
            None => (number(&inside)?.unwrap_or(0), number(&inside)?),
        };
        if most.is_some_and(|most| most < least) {
            return Err(format!("'{{{inside}}}' ends before it starts"));
        }
        Ok(Some((least, most)))
    }

    fn repeat(&mut self, nodes: &mut Vec<Node>, least: usize, most: Option<usize>) -> Result<(), String> {
        let manner = match self.rest.peek() {
            Some('?') => Manner::Lazy,
            Some('+') => Manner::Possessive,
            _ => Manner::Greedy,
        };
        if manner != Manner::Greedy {
            self.rest.next();
        }
        match nodes.pop() {
            None | Some(Node::Assert(_)) => Err("there is nothing to repeat".into()),
            Some(Node::Repeat { .. }) => Err("a repetition is repeated".into()),
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
        found.ok_or_else(|| format!("there is no group '{name}'"))
    }

    /// What a group before has matched.
    fn backreference(&self, name: &str) -> Result<Node, String> {
        let group = self.group_of(name)?;
        if group >= self.names.len() || self.open.contains(&group) {
            return Err(format!("there is no group '{name}' before it"));
        }
        Ok(Node::Backreference { group, fold: self.flags.fold })
    }

    fn close(&mut self) -> Result<(), String> {
        if self.take(')') { Ok(()) } else { Err("a group is not closed".into()) }
    }

    /// The rest of a group, with flags that end with it.
    fn inside(&mut self) -> Result<Node, String> {
        let flags = self.flags;
        let node = self.alternatives()?;
        self.flags = flags;
        self.close()?;
        Ok(node)
    }

    fn capture(&mut self, name: Option<String>) -> Result<Node, String> {
        let number = self.names.len();
        self.names.push(name);
        self.open.push(number);
        let node = self.inside()?;
        self.open.pop();
        Ok(Node::Group(number, node.into()))
    }

    /// What follows an opening parenthesis.
    fn group(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        if !self.take('?') {
            let group = self.capture(None)?;
            nodes.push(group);
            return Ok(());
        }
        let look = |parser: &mut Self, ahead, negative| -> Result<Node, String> {
            Ok(Node::Look { ahead, negative, node: parser.inside()?.into() })
        };
        let node = match self.rest.next() {
            Some('#') => return self.take_until(')').map(drop),
            Some(':') => wrapped(self.inside()?),
            Some('>') => Node::Atomic(self.inside()?.into()),
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
                    return Err(format!("'{name}' is no name for a group"));
                }
                if self.names.contains(&Some(name.clone())) {
                    return Err(format!("there are two groups '{name}'"));
                }
                self.capture(Some(name))?
            }
            Some('(') => {
                let name = self.take_until(')')?;
                let group = self.group_of(&name)?;
                self.asked = self.asked.max(group);
                let (yes, no) = match self.inside()? {
                    Node::Alternatives(nodes) => match <[Node; 2]>::try_from(nodes) {
                        Ok([yes, no]) => (yes, no),
                        Err(_) => return Err("a condition has two branches at most".into()),
                    },
                    yes => (yes, Node::Sequence(Vec::new())),
                };
                Node::Conditional { group, yes: yes.into(), no: no.into() }
            }
            Some(first) => match self.flag_group(first)? {
                Some(node) => node,
                None => return Ok(()),
            },
            None => return Err("a group is not closed".into()),
        };
        nodes.push(node);
        Ok(())
    }

    /// `(?i)` for all that follows, or `(?i-s:...)`.
    fn flag_group(&mut self, first: char) -> Result<Option<Node>, String> {
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
                    let node = self.inside()?;
                    self.flags = before;
                    return Ok(Some(wrapped(node)));
                }
                Some(other) => return Err(format!("there is no group that starts with '(?{other}'")),
                None => return Err("a group is not closed".into()),
            }
            next = self.rest.next();
        }
    }

    fn escape(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let Some(escaped) = self.rest.next() else { return Err("a backslash is at the end".into()) };
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
                u32::from_str_radix(&digits, 8)
                    .ok()
                    .filter(|code| *code <= 0o377)
                    .ok_or(format!(r"'\{digits}' is no byte"))?
            }
            'x' | 'u' | 'U' if escaped == 'x' || !self.flags.bytes => {
                let length = match escaped {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits = self.take_digits(16, length);
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length);
                code.ok_or(format!(r"'\{escaped}' needs {length} hexadecimal digits"))?
            }
            letter if letter.is_ascii_alphanumeric() => {
                return Err(format!(r"there is no escape '\{letter}'"));
            }
            other => other.into(),
        })
    }

    /// What follows an opening bracket.
    fn set(&mut self) -> Result<Set, String> {
        let mut set = Set { members: Vec::new(), negated: self.take('^'), fold: self.flags.fold };
        let mut first = true;
        loop {
            let Some(character) = self.rest.next() else {
                return Err("a set of characters is not closed".into());
            };
            if character == ']' && !first {
                return Ok(set);
            }
            first = false;
            let start = self.member(character)?;
            let mut ahead = self.rest.clone();
            if ahead.next() != Some('-') || ahead.next().is_none_or(|end| end == ']') {
                set.members.extend(start);
                continue;
            }
            self.rest.next();
            let Some(end) = self.rest.next() else { return Err("a set of characters is not closed".into()) };
            match (start.as_slice(), self.member(end)?.as_slice()) {
                ([Member::Range(first, _)], [Member::Range(last, _)]) if first <= last => {
                    set.members.push(Member::Range(*first, *last));
                }
                _ => return Err(format!("'{character}-{end}' is no range of characters")),
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
            None => Err("a backslash is at the end".into()),
            Some('b') => Ok(one(8)),
            Some(escaped) => match self.class(escaped) {
                Some(class) => Ok(vec![class]),
                None => self.code(escaped).map(one),
            },
        }
    }
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
