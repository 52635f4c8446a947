use std::collections::BTreeMap;

use value::Unknown;

/// The handlers that one host has notified and that have not run yet: by their place among the play's handlers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notifications {
    waiting: BTreeMap<usize, Option<Unknown>>,
    pass: u32,
    next: usize,
}

/// A notified handler whose turn it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn {
    /// Its place among the play's handlers.
    pub(crate) handler: usize,
    /// How many times the list has been gone through before.
    pub(crate) pass: u32,
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

    /// The handler that runs next in a flush: in the order of definition; those that were notified by a later one
    /// come in another pass. `None` ends the flush.
    pub(crate) fn next(&mut self) -> Option<Turn> {
        let found = self.waiting.range(self.next..).next().map(|(handler, _)| *handler);
        let handler = match found.or_else(|| self.waiting.keys().next().copied()) {
            Some(handler) => handler,
            None => {
                (self.pass, self.next) = (0, 0);
                return None;
            }
        };
        if found.is_none() {
            self.pass += 1;
        }
        self.next = handler + 1;
        let unknown = self.waiting.remove(&handler).flatten();
        Some(Turn { handler, pass: self.pass, unknown })
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
        let turn = |handler, pass| Some(Turn { handler, pass, unknown: None });
        assert_eq!(notifications.next(), turn(1, 0));
        // The first handler notifies a later one and itself.
        notifications.notify(2, None);
        notifications.notify(1, None);
        assert_eq!(notifications.next(), turn(2, 0));
        assert_eq!(notifications.next(), turn(3, 0));
        assert_eq!(notifications.next(), turn(1, 1));
        assert_eq!(notifications.next(), None);
    }
}
