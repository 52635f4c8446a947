use super::node::{Assertion, Class, Set, lower};
use super::program::{Program, Step};

/// Carries out a program on a text, trying one way after the other.
pub(super) struct Machine<'t> {
    program: &'t Program,
    text: &'t [u8],
    bytes: bool,
    places: Vec<Option<usize>>,
    /// What to do when a way leads to nothing, the last first.
    back: Vec<Back>,
    /// Where an empty match is none.
    not_empty_at: Option<usize>,
    work: usize,
}

enum Back {
    /// Go on there.
    To { step: usize, position: usize },
    /// Go on there with one character less, down to `least`.
    Shorter { step: usize, position: usize, least: usize },
    /// Remember this again.
    Place { place: usize, was: Option<usize> },
}

/// The search would take too long.
pub(super) struct TooMuchWork;

/// How many steps one search may take: enough for any sensible expression, and a few seconds at most.
const MOST_WORK: usize = 20_000_000;

impl<'t> Machine<'t> {
    pub(super) fn new(program: &'t Program, text: &'t [u8], bytes: bool) -> Machine<'t> {
        Machine {
            program,
            text,
            bytes,
            places: vec![None; program.places],
            back: Vec::new(),
            not_empty_at: None,
            work: 0,
        }
    }

    /// The places of the groups of the first match at or after `from`; it is not an empty one at `not_empty_at`.
    pub(super) fn search(
        mut self,
        from: usize,
        not_empty_at: Option<usize>,
    ) -> Result<Option<Vec<Option<usize>>>, TooMuchWork> {
        self.not_empty_at = not_empty_at;
        let mut start = from;
        while start <= self.text.len() {
            if let Some(first) = self.program.first {
                match self.text[start..].iter().position(|byte| *byte == first) {
                    Some(ahead) => start += ahead,
                    None => return Ok(None),
                }
            }
            if self.program.anchored && start > 0 {
                return Ok(None);
            }
            self.places.fill(None);
            self.back.clear();
            if self.run(0, start, start)?.is_some() {
                return Ok(Some(self.places));
            }
            start += self.unit(start).map_or(1, |(_, length)| length);
        }
        Ok(None)
    }

    /// The character at a position, and its length in bytes. A byte that is no text stands for itself, apart from all
    /// characters, as Python's surrogate escapes do.
    fn unit(&self, position: usize) -> Option<(u32, usize)> {
        let first = *self.text.get(position)?;
        if self.bytes || first.is_ascii() {
            return Some((first.into(), 1));
        }
        let length = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        let character =
            self.text.get(position..position + length).and_then(|bytes| std::str::from_utf8(bytes).ok());
        match character.and_then(|text| text.chars().next()) {
            Some(character) => Some((character.into(), length)),
            None => Some((0xdc00 + u32::from(first), 1)),
        }
    }

    /// The position before, and the character there.
    fn unit_before(&self, position: usize) -> Option<(u32, usize)> {
        let nearest = position.checked_sub(1)?;
        if !self.bytes && !self.text.get(nearest)?.is_ascii() {
            for start in (position.saturating_sub(4)..nearest).rev() {
                if let Some((unit, length)) = self.unit(start)
                    && length > 1
                    && start + length == position
                {
                    return Some((unit, start));
                }
            }
        }
        self.unit(nearest).map(|(unit, _)| (unit, nearest))
    }

    fn one(&self, set: &Set, position: usize) -> Option<usize> {
        let (unit, length) = self.unit(position)?;
        set.contains(unit).then_some(position + length)
    }

    fn remember(&mut self, place: usize, position: usize) {
        self.back.push(Back::Place { place, was: self.places[place] });
        self.places[place] = Some(position);
    }

    /// Carries out steps up to an `Accept`; where that was. Ways that are left stay on the stack.
    fn run(&mut self, step: usize, position: usize, start: usize) -> Result<Option<usize>, TooMuchWork> {
        let bottom = self.back.len();
        let program = self.program;
        let mut at = Some((step, position));
        loop {
            let Some((step, position)) = at.or_else(|| self.go_back(bottom)) else { return Ok(None) };
            self.work += 1;
            if self.work > MOST_WORK {
                return Err(TooMuchWork);
            }
            let next = step + 1;
            at = match &program.steps[step] {
                Step::Accept => {
                    // Only the last step accepts a whole match.
                    let whole = next == program.steps.len();
                    if whole && position == start && self.not_empty_at == Some(position) {
                        None
                    } else {
                        return Ok(Some(position));
                    }
                }
                Step::One(set) => self.one(set, position).map(|position| (next, position)),
                Step::Run { set, least, most, way_back } => {
                    self.run_of(set, (*least, *most), *way_back, next, position)
                }
                Step::Split(first, second) => {
                    self.back.push(Back::To { step: *second, position });
                    Some((*first, position))
                }
                Step::Jump(to) => Some((*to, position)),
                Step::Save(place) => {
                    self.remember(*place, position);
                    Some((next, position))
                }
                Step::IfStuck { place, then } => {
                    Some((if self.places[*place] == Some(position) { *then } else { next }, position))
                }
                Step::Assert(assertion) => self.holds(*assertion, position).then_some((next, position)),
                Step::Backreference { group, fold } => {
                    self.again(*group, *fold, position).map(|position| (next, position))
                }
                Step::IfUnset { group, then } => {
                    Some((if self.places[2 * group + 1].is_none() { *then } else { next }, position))
                }
                Step::Look { back, negative, then } => {
                    let depth = self.back.len();
                    let origin = back.map_or(Some(position), |back| self.characters_before(position, back));
                    let found = match origin {
                        Some(origin) => self.run(next, origin, start)?.is_some(),
                        None => false,
                    };
                    if found && !negative {
                        self.forget_ways(depth)
                    } else {
                        self.undo(depth)
                    }
                    (found != *negative).then_some((*then, position))
                }
                Step::Atomic { then } => {
                    let depth = self.back.len();
                    let found = self.run(next, position, start)?;
                    if found.is_some() {
                        self.forget_ways(depth)
                    } else {
                        self.undo(depth)
                    }
                    found.map(|position| (*then, position))
                }
            };
        }
    }

    fn run_of(
        &mut self,
        set: &Set,
        bounds: (usize, usize),
        way_back: bool,
        next: usize,
        start: usize,
    ) -> Option<(usize, usize)> {
        let (least, most) = bounds;
        let (mut count, mut position, mut shortest) = (0, start, start);
        while count < most
            && let Some(after) = self.one(set, position)
        {
            position = after;
            count += 1;
            if count == least {
                shortest = position;
            }
        }
        self.work += count / 8;
        if count < least {
            return None;
        }
        if way_back && position > shortest {
            self.back.push(Back::Shorter { step: next, position, least: shortest });
        }
        Some((next, position))
    }

    /// The last way that is left.
    fn go_back(&mut self, bottom: usize) -> Option<(usize, usize)> {
        while self.back.len() > bottom {
            match self.back.pop()? {
                Back::To { step, position } => return Some((step, position)),
                Back::Place { place, was } => self.places[place] = was,
                Back::Shorter { step, position, least } => {
                    let (_, position) = self.unit_before(position)?;
                    if position > least {
                        self.back.push(Back::Shorter { step, position, least });
                    }
                    return Some((step, position));
                }
            }
        }
        None
    }

    /// What has matched stays, without a way back into it.
    fn forget_ways(&mut self, depth: usize) {
        let mut kept = self.back.split_off(depth);
        kept.retain(|back| matches!(back, Back::Place { .. }));
        self.back.append(&mut kept);
    }

    fn undo(&mut self, depth: usize) {
        while self.back.len() > depth {
            if let Some(Back::Place { place, was }) = self.back.pop() {
                self.places[place] = was;
            }
        }
    }

    fn characters_before(&self, position: usize, count: usize) -> Option<usize> {
        (0..count).try_fold(position, |position, _| Some(self.unit_before(position)?.1))
    }

    fn again(&self, group: usize, fold: bool, position: usize) -> Option<usize> {
        let (start, end) = (self.places[2 * group]?, self.places[2 * group + 1]?);
        let (mut from, mut to) = (start, position);
        while from < end {
            let ((wanted, wanted_length), (found, found_length)) = (self.unit(from)?, self.unit(to)?);
            if wanted != found && !(fold && lower(wanted) == lower(found)) {
                return None;
            }
            from += wanted_length;
            to += found_length;
        }
        Some(to)
    }

    fn holds(&self, assertion: Assertion, position: usize) -> bool {
        let rest = &self.text[position..];
        let is_word = |ascii: bool, unit: Option<(u32, usize)>| {
            unit.is_some_and(|(unit, _)| Class::Word.contains(unit, ascii))
        };
        let boundary =
            |ascii| is_word(ascii, self.unit_before(position)) != is_word(ascii, self.unit(position));
        match assertion {
            Assertion::Start => position == 0,
            Assertion::End => rest.is_empty(),
            Assertion::EndOfLast => matches!(rest, [] | [b'\n']),
            Assertion::LineStart => position == 0 || self.text[position - 1] == b'\n',
            Assertion::LineEnd => matches!(rest, [] | [b'\n', ..]),
            Assertion::WordBoundary { ascii } => boundary(ascii),
            // Python before 3.14 finds nothing at all in an empty text.
            Assertion::NotWordBoundary { ascii } => !self.text.is_empty() && !boundary(ascii),
        }
    }
}
