use std::collections::BTreeMap;

use diag::Span;
use value::Unknown;

/// A handler or topic that a task notifies, by name.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) name: String,
    /// Where it is written.
    pub(crate) span: Span,
    /// Why a dry run can't know whether it is notified.
    pub(crate) unknown: Option<Unknown>,
}

/// The handlers that one host has notified and that have not run yet: by their place among the play's handlers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notifications {
    waiting: BTreeMap<usize, Option<Unknown>>,
    next: usize,
}

/// A notified handler whose turn it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn {
    /// Its place among the play's handlers.
    pub(crate) handler: usize,
    /// Why a dry run can't know whether it is notified.
    pub(crate) unknown: Option<Unknown>,
}

impl Notifications {
    /// Notes a handler. In a dry run the notification itself may be unknown; a certain one counts more.
    pub(crate) fn notify(&mut self, handler: usize, unknown: Option<Unknown>) {
        let entry = self.waiting.entry(handler).or_insert_with(|| unknown.clone());
        if unknown.is_none() {
            *entry = None;
        }
    }

    /// The handler that runs next in a flush: in the order of definition, once. What a handler notifies that stands
    /// before it, or itself, waits for the next flush. `None` ends the flush.
    pub(crate) fn next(&mut self) -> Option<Turn> {
        let Some((handler, _)) = self.waiting.range(self.next..).next() else {
            self.next = 0;
            return None;
        };
        let handler = *handler;
        self.next = handler + 1;
        let unknown = self.waiting.remove(&handler).flatten();
        Some(Turn { handler, unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_run_in_the_order_of_definition_and_once() {
        let mut notifications = Notifications::default();
        for handler in [3, 1, 3] {
            notifications.notify(handler, None);
        }
        let turn = |handler| Some(Turn { handler, unknown: None });
        assert_eq!(notifications.next(), turn(1));
        // The first handler notifies a later one and itself.
        notifications.notify(2, None);
        notifications.notify(1, None);
        assert_eq!(notifications.next(), turn(2));
        assert_eq!(notifications.next(), turn(3));
        assert_eq!(notifications.next(), None);
        assert_eq!(notifications.next(), turn(1));
        assert_eq!(notifications.next(), None);
    }
}
