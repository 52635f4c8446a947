/// A part of a regular expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// One character, or byte, of a set.
    One(Set),
    /// A condition on the place that takes up nothing.
    Assert(Assertion),
    /// What a group of this number matches is kept.
    Group(usize, Box<Node>),
    /// One after the other.
    Sequence(Vec<Node>),
    /// The first of these that leads to a match.
    Alternatives(Vec<Node>),
    /// The same several times.
    Repeat { node: Box<Node>, least: usize, most: Option<usize>, manner: Manner },
    /// What follows, or precedes, has to match, or must not; it takes up nothing.
    Look { ahead: bool, negative: bool, node: Box<Node> },
    /// Once it has matched there is no way back into it.
    Atomic(Box<Node>),
    /// What a group has matched, again.
    Backreference { group: usize, fold: bool },
    /// One or the other, by whether a group has taken part.
    Conditional { group: usize, yes: Box<Node>, no: Box<Node> },
}

/// How often a repetition tries to repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As often as it can.
    Greedy,
    /// As seldom as it can.
    Lazy,
    /// As often as it can, without a way back.
    Possessive,
}

/// A condition on a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    /// At the end, or before a line feed at the end.
    EndOfLast,
    LineStart,
    LineEnd,
    WordBoundary {
        ascii: bool,
    },
    NotWordBoundary {
        ascii: bool,
    },
}

/// Characters, or bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) members: Vec<Member>,
    pub(super) negated: bool,
    /// Whether capital and small letters are the same.
    pub(super) fold: bool,
}

/// Some characters of a [`Set`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Range(u32, u32),
    Class { class: Class, ascii: bool, negated: bool },
}

/// A kind of character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Digit,
    Space,
    Word,
}

impl Set {
    /// This character alone.
    pub(super) fn one(unit: u32, fold: bool) -> Set {
        Set { members: vec![Member::Range(unit, unit)], negated: false, fold }
    }

    /// The only character, if there is one only.
    pub(super) fn only(&self) -> Option<u32> {
        match self.members[..] {
            [Member::Range(first, last)] if first == last && !self.negated && !self.fold => Some(first),
            _ => None,
        }
    }

    pub(super) fn contains(&self, unit: u32) -> bool {
        let has = |unit| self.members.iter().any(|member| member.contains(unit));
        let found = has(unit) || (self.fold && (has(lower(unit)) || has(upper(unit))));
        found != self.negated
    }
}

impl Member {
    fn contains(self, unit: u32) -> bool {
        match self {
            Member::Range(first, last) => (first..=last).contains(&unit),
            Member::Class { class, ascii, negated } => class.contains(unit, ascii) != negated,
        }
    }
}

impl Class {
    pub(super) fn contains(self, unit: u32, ascii: bool) -> bool {
        let Some(character) = char::from_u32(unit).filter(|character| !ascii || character.is_ascii()) else {
            return false;
        };
        match self {
            Class::Digit => character.is_ascii_digit() || !ascii && character.is_numeric(),
            Class::Space if ascii => matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c'),
            Class::Space => character.is_whitespace() || matches!(character, '\x1c'..='\x1f'),
            Class::Word => character.is_alphanumeric() || character == '_',
        }
    }
}

/// The small letter of a capital one; anything else stays.
pub(super) fn lower(unit: u32) -> u32 {
    match char::from_u32(unit).map(char::to_lowercase) {
        Some(mut letters) if letters.len() == 1 => letters.next().map_or(unit, u32::from),
        _ => unit,
    }
}

/// The capital letter of a small one; anything else stays.
fn upper(unit: u32) -> u32 {
    match char::from_u32(unit).map(char::to_uppercase) {
        Some(mut letters) if letters.len() == 1 => letters.next().map_or(unit, u32::from),
        _ => unit,
    }
}
