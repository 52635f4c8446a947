use std::sync::{Arc, Mutex, PoisonError};

use crate::{Event, Events};

/// Puts the events of hosts that work at the same time into the hosts' order: those of the first unfinished host pass at
/// once, those of others wait. So output is the same whichever host is faster.
pub(crate) struct Orderly {
    events: Arc<dyn Events>,
    lanes: Mutex<Lanes>,
}

#[derive(Default)]
struct Lanes {
    current: usize,
    waiting: Vec<Vec<Event>>,
    done: Vec<bool>,
}

/// The events of one host.
#[derive(Clone)]
pub(crate) struct Lane {
    orderly: Arc<Orderly>,
    index: usize,
}

impl Orderly {
    /// As many lanes as there are hosts.
    pub(crate) fn lanes(events: Arc<dyn Events>, count: usize) -> Vec<Lane> {
        let lanes = Lanes { current: 0, waiting: vec![Vec::new(); count], done: vec![false; count] };
        let orderly = Arc::new(Orderly { events, lanes: Mutex::new(lanes) });
        (0..count).map(|index| Lane { orderly: Arc::clone(&orderly), index }).collect()
    }
}

impl Lane {
    /// Tells an event, now or when it is this host's turn.
    pub(crate) fn take(&self, event: Event) {
        let mut lanes = self.orderly.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.current == self.index {
            self.orderly.events.take(event);
        } else {
            lanes.waiting[self.index].push(event);
        }
    }

    /// This host has nothing more to tell.
    pub(crate) fn finish(&self) {
        let mut lanes = self.orderly.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.done[self.index] = true;
        while lanes.done.get(lanes.current).copied().unwrap_or(false) {
            lanes.current += 1;
            let current = lanes.current;
            let waiting = lanes.waiting.get_mut(current).map(std::mem::take).unwrap_or_default();
            waiting.into_iter().for_each(|event| self.orderly.events.take(event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Events for Heard {
        fn take(&self, event: Event) {
            if let Event::Play { name, .. } = event {
                self.0.lock().unwrap().push(name);
            }
        }
    }

    #[test]
    fn later_lanes_wait_for_earlier_ones() {
        let heard = Arc::new(Heard::default());
        let lanes = Orderly::lanes(heard.clone(), 3);
        let tell =
            |lane: usize, text: &str| lanes[lane].take(Event::Play { name: text.into(), check_mode: false });
        tell(2, "c1");
        tell(1, "b1");
        lanes[1].finish();
        tell(0, "a1");
        lanes[0].finish();
        tell(2, "c2");
        lanes[2].finish();
        assert_eq!(*heard.0.lock().unwrap(), ["a1", "b1", "c1", "c2"]);
    }
}
