use super::node::{Assertion, Manner, Node, Set};

/// A regular expression as steps of a machine.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// How many places the machine has to remember: two for each group, then those of repetitions.
    pub(super) places: usize,
    /// The byte that every match starts with, if there is one.
    pub(super) first: Option<u8>,
    /// Whether a match can only start where the text starts.
    pub(super) anchored: bool,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The next character is of this set.
    One(Set),
    /// The next characters are of this set, between so many and so many.
    Run {
        set: Set,
        least: usize,
        most: usize,
        way_back: bool,
    },
    /// Go on at the first, or if that leads to nothing at the second.
    Split(usize, usize),
    Jump(usize),
    /// Remember the place.
    Save(usize),
    /// If the remembered place is this one, go on there: a repetition that takes up nothing ends.
    IfStuck {
        place: usize,
        then: usize,
    },
    Assert(Assertion),
    Backreference {
        group: usize,
        fold: bool,
    },
    /// If the group has taken no part, go on there.
    IfUnset {
        group: usize,
        then: usize,
    },
    /// The steps from the next to an `Accept` have to match, or must not; then go on there, where it was. Looking back
    /// starts so many characters before.
    Look {
        back: Option<usize>,
        negative: bool,
        then: usize,
    },
    /// The steps from the next to an `Accept` have to match; then go on there, behind them.
    Atomic {
        then: usize,
    },
    Accept,
}

/// How many steps a program may have.
const LONGEST: usize = 200_000;

/// Makes a program.
///
/// # Errors
/// It is too long, or something that looks back has no fixed length.
pub(super) fn compile(node: &Node, groups: usize) -> Result<Program, String> {
    let mut compiler = Compiler { steps: Vec::new(), places: 2 * groups };
    compiler.add(&Node::Group(0, node.clone().into()))?;
    compiler.push(Step::Accept)?;
    let start = compiler.steps.iter().find(|step| !matches!(step, Step::Save(_)));
    let first = match start {
        Some(Step::One(set)) => set.only(),
        Some(Step::Run { set, least: 1.., .. }) => set.only(),
        _ => None,
    };
    let first = first.and_then(|unit| u8::try_from(unit).ok()).filter(u8::is_ascii);
    let anchored = matches!(start, Some(Step::Assert(Assertion::Start)));
    Ok(Program { first, anchored, steps: compiler.steps, places: compiler.places })
}

struct Compiler {
    steps: Vec<Step>,
    places: usize,
}

impl Compiler {
    fn push(&mut self, step: Step) -> Result<usize, String> {
        if self.steps.len() >= LONGEST {
            return Err("it is too long".into());
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn next(&self) -> usize {
        self.steps.len()
    }

    /// Adds a step that is set right later.
    fn later(&mut self) -> Result<usize, String> {
        self.push(Step::Accept)
    }

    fn add(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::One(set) => self.push(Step::One(set.clone())).map(drop),
            Node::Assert(assertion) => self.push(Step::Assert(*assertion)).map(drop),
            Node::Backreference { group, fold } => {
                self.push(Step::Backreference { group: *group, fold: *fold }).map(drop)
            }
            Node::Sequence(nodes) => nodes.iter().try_for_each(|node| self.add(node)),
            Node::Group(number, node) => {
                self.push(Step::Save(2 * number))?;
                self.add(node)?;
                self.push(Step::Save(2 * number + 1)).map(drop)
            }
            Node::Alternatives(nodes) => self.alternatives(nodes),
            Node::Repeat { node, least, most, manner } => self.repeat(node, *least, *most, *manner),
            Node::Look { ahead, negative, node } => {
                let back = match ahead {
                    true => None,
                    false => Some(width(node).ok_or("what looks back needs a fixed length")?),
                };
                let look = self.later()?;
                self.add(node)?;
                self.push(Step::Accept)?;
                self.steps[look] = Step::Look { back, negative: *negative, then: self.next() };
                Ok(())
            }
            Node::Atomic(node) => self.atomic(|compiler| compiler.add(node)),
            Node::Conditional { group, yes, no } => {
                let test = self.later()?;
                self.add(yes)?;
                let jump = self.later()?;
                self.steps[test] = Step::IfUnset { group: *group, then: self.next() };
                self.add(no)?;
                self.steps[jump] = Step::Jump(self.next());
                Ok(())
            }
        }
    }

    fn atomic(&mut self, add: impl FnOnce(&mut Compiler) -> Result<(), String>) -> Result<(), String> {
        let atomic = self.later()?;
        add(self)?;
        self.push(Step::Accept)?;
        self.steps[atomic] = Step::Atomic { then: self.next() };
        Ok(())
    }

    fn alternatives(&mut self, nodes: &[Node]) -> Result<(), String> {
        let mut jumps = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.add(node)?;
            } else {
                let split = self.later()?;
                self.add(node)?;
                jumps.push(self.later()?);
                self.steps[split] = Step::Split(split + 1, self.next());
            }
        }
        for jump in jumps {
            self.steps[jump] = Step::Jump(self.next());
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        node: &Node,
        least: usize,
        most: Option<usize>,
        manner: Manner,
    ) -> Result<(), String> {
        if let Node::One(set) = node
            && manner != Manner::Lazy
        {
            let way_back = manner == Manner::Greedy;
            let run = Step::Run { set: set.clone(), least, most: most.unwrap_or(usize::MAX), way_back };
            return self.push(run).map(drop);
        }
        if manner == Manner::Possessive {
            return self.atomic(|compiler| compiler.repeat(node, least, most, Manner::Greedy));
        }
        for _ in 0..least {
            self.add(node)?;
        }
        match most {
            None => self.repeat_any(node, manner),
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.later()?);
                    self.add(node)?;
                }
                let end = self.next();
                for split in splits {
                    self.steps[split] = choice(manner, split + 1, end);
                }
                Ok(())
            }
        }
    }

    fn repeat_any(&mut self, node: &Node, manner: Manner) -> Result<(), String> {
        let place = self.places;
        self.places += 1;
        let split = self.later()?;
        self.push(Step::Save(place))?;
        self.add(node)?;
        let stuck = self.later()?;
        self.push(Step::Jump(split))?;
        let end = self.next();
        self.steps[stuck] = Step::IfStuck { place, then: end };
        self.steps[split] = choice(manner, split + 1, end);
        Ok(())
    }
}

fn choice(manner: Manner, again: usize, end: usize) -> Step {
    if manner == Manner::Lazy { Step::Split(end, again) } else { Step::Split(again, end) }
}

/// How many characters it always takes up, if that is fixed.
fn width(node: &Node) -> Option<usize> {
    match node {
        Node::One(_) => Some(1),
        Node::Assert(_) | Node::Look { .. } => Some(0),
        Node::Group(_, node) | Node::Atomic(node) => width(node),
        Node::Sequence(nodes) => nodes.iter().map(width).sum(),
        Node::Alternatives(nodes) => {
            let mut widths = nodes.iter().map(width);
            let first = widths.next()??;
            widths.all(|width| width == Some(first)).then_some(first)
        }
        Node::Repeat { node, least, most, .. } => match width(node)? {
            0 => Some(0),
            width => width.checked_mul(*least).filter(|_| Some(*least) == *most),
        },
        Node::Backreference { .. } => None,
        Node::Conditional { yes, no, .. } => {
            width(yes).filter(|width_of_yes| width(no) == Some(*width_of_yes))
        }
    }
}
