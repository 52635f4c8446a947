use std::sync::Arc;

use playbook::{Block, Item, Role, Task};
use value::Value;

/// Where a host is in a play: a stack of lists of items, with what is to happen in each when a task fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    frames: Vec<Frame>,
    /// The last failure inside a block, which `rescue` and `always` can look at.
    pub(crate) failure: Option<Failed>,
}

/// The place of a task in a play: comparing places tells which task comes first, whatever way a host took to it.
pub(crate) type Position = Vec<u32>;

/// A failed task and its result, for `ansible_failed_task` and `ansible_failed_result`.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) task: Value,
    pub(crate) result: Value,
}

#[derive(Clone, Debug)]
struct Frame {
    items: Arc<[Item]>,
    next: usize,
    prefix: Position,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The play, or what was included.
    Plain,
    /// One of the three lists of a block.
    Block { block: Arc<Block>, section: Section, failed: bool },
    /// Handlers that were notified.
    Handlers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Block,
    Rescue,
    Always,
}

/// What a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// A rescue takes over.
    Rescued,
    /// An `always` runs first, then the host has failed.
    Deferred,
    /// The host has failed.
    Failed,
}

impl Cursor {
    /// At the start of these items.
    pub(crate) fn new(items: Vec<Item>) -> Cursor {
        let mut cursor = Cursor::default();
        cursor.push(items, Vec::new(), Kind::Plain);
        cursor
    }

    fn push(&mut self, items: Vec<Item>, prefix: Position, kind: Kind) {
        self.frames.push(Frame { items: items.into(), next: 0, prefix, kind });
    }

    /// The next task and its place; `None` at the end. Passes through the ends of lists on the way; `failed` is told of
    /// failures that come out at the end of an `always`.
    pub(crate) fn peek(&mut self, failed: &mut bool) -> Option<(Position, Arc<Task>)> {
        self.peek_where(failed, |_| true)
    }

    /// [`Cursor::peek`], where roles that need not run again are passed over.
    pub(crate) fn peek_where(
        &mut self,
        failed: &mut bool,
        runs: impl Fn(&Role) -> bool,
    ) -> Option<(Position, Arc<Task>)> {
        loop {
            let frame = self.frames.last_mut()?;
            if let Some(item) = frame.items.get(frame.next) {
                let mut position = frame.prefix.clone();
                position.push(frame.next as u32);
                match item {
                    Item::Task(task) => return Some((position, Arc::clone(task))),
                    Item::Block(block) => {
                        frame.next += 1;
                        let block = Arc::clone(block);
                        if block.role.as_ref().is_some_and(|role| !runs(role)) {
                            continue;
                        }
                        position.push(0);
                        let kind =
                            Kind::Block { block: Arc::clone(&block), section: Section::Block, failed: false };
                        self.push(block.block.clone(), position, kind);
                    }
                }
                continue;
            }
            let frame = self.frames.pop()?;
            if let Kind::Block { block, section, failed: pending } = frame.kind {
                match section {
                    Section::Block | Section::Rescue => self.enter_always(block, &frame.prefix, false),
                    Section::Always if pending => {
                        if self.fail() == Consequence::Failed {
                            *failed = true;
                            return None;
                        }
                    }
                    Section::Always => {}
                }
            }
        }
    }

    fn enter_always(&mut self, block: Arc<Block>, prefix: &Position, failed: bool) {
        let prefix = sibling(prefix, 2);
        let items = block.always.clone();
        self.push(items, prefix, Kind::Block { block, section: Section::Always, failed });
    }

    /// Goes past the task that [`Cursor::peek`] gave.
    pub(crate) fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.next += 1;
        }
    }

    /// Whether a rescue takes over sooner or later if the last task fails: one of the blocks around it has one.
    pub(crate) fn is_guarded(&self) -> bool {
        self.frames.iter().any(|frame| {
            matches!(&frame.kind, Kind::Block { block, section: Section::Block, .. } if !block.rescue.is_empty())
        })
    }

    /// Goes where a failure of the last task leads.
    pub(crate) fn fail(&mut self) -> Consequence {
        while let Some(frame) = self.frames.pop() {
            let Kind::Block { block, section, .. } = frame.kind else { continue };
            match section {
                Section::Block if !block.rescue.is_empty() => {
                    let items = block.rescue.clone();
                    let kind = Kind::Block { block, section: Section::Rescue, failed: false };
                    self.push(items, sibling(&frame.prefix, 1), kind);
                    return Consequence::Rescued;
                }
                Section::Block | Section::Rescue if !block.always.is_empty() => {
                    self.enter_always(block, &frame.prefix, true);
                    return Consequence::Deferred;
                }
                _ => {}
            }
        }
        Consequence::Failed
    }

    /// Puts included items in front of what comes next; they count as part of what is around them.
    pub(crate) fn include(&mut self, items: Vec<Item>, position: Position) {
        self.push(items, position, Kind::Plain);
    }

    /// Puts notified handlers in front of what comes next.
    pub(crate) fn handle(&mut self, handlers: Vec<Arc<Task>>, position: Position) {
        self.push(handlers.into_iter().map(Item::Task).collect(), position, Kind::Handlers);
    }

    /// Whether the next task is a handler.
    pub(crate) fn in_handlers(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame.kind, Kind::Handlers))
    }

    /// Forgets failures that an `always` keeps for its end.
    pub(crate) fn forgive(&mut self) {
        for frame in &mut self.frames {
            if let Kind::Block { failed, .. } = &mut frame.kind {
                *failed = false;
            }
        }
    }

    /// Ends the play for this host.
    pub(crate) fn end(&mut self) {
        self.frames.clear();
    }

    /// Goes past the rest of the innermost role.
    pub(crate) fn end_role(&mut self) {
        while let Some(frame) = self.frames.pop() {
            if matches!(&frame.kind, Kind::Block { block, .. } if block.role.is_some()) {
                return;
            }
        }
    }
}

/// The place of another list of the same block.
fn sibling(prefix: &Position, section: u32) -> Position {
    let mut prefix = prefix.clone();
    if let Some(last) = prefix.last_mut() {
        *last = section;
    }
    prefix
}
