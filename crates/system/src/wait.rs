use std::time::Duration;

use value::Unknown;

use crate::{Overlay, Result, State, System, Unit};

/// How long and how often to look while something is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long to do nothing first.
    pub delay: Duration,
    /// How long to do nothing between two looks.
    pub interval: Duration,
    /// When to give up, counted from the start.
    pub timeout: Duration,
}

impl System {
    /// Looks until `look` finds what it is after, or patience ends: then nothing. A dry run looks once, for nothing that
    /// it has to wait for will happen.
    ///
    /// # Errors
    /// Those of `look`; and in a dry run that nobody knows whether `what` (`"port 80 is open"`) would be found.
    pub fn wait<T>(
        &mut self,
        what: &str,
        patience: Patience,
        mut look: impl FnMut(&mut System) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        if self.is_dry_run() {
            let cause = || format!("a dry run does not wait until {what}, which it is not now");
            return look(self)?
                .map_or_else(|| Err(self.caused(Unknown::new(cause())).into()), |found| Ok(Some(found)));
        }
        let start = self.now();
        self.pause(patience.delay);
        loop {
            if let Some(found) = look(self)? {
                return Ok(Some(found));
            }
            let left = patience.timeout.saturating_sub(self.now().duration_since(start).unwrap_or_default());
            if left.is_zero() {
                return Ok(None);
            }
            // Without any pause a look that costs nothing would keep the processor busy.
            self.pause(patience.interval.max(Duration::from_millis(10)).min(left));
        }
    }

    /// Whether this is a dry run in which a service would have been started by now, by a task or with its package. Nobody can know at which ports it
    /// would listen; that what a playbook then waits for would come is the best guess.
    pub fn foresees_services(&self) -> bool {
        let units = |overlay: &Overlay| {
            !overlay.pending().is_empty() || overlay.states(Unit::KIND).any(|(_, state)| !state.is_null())
        };
        self.is_dry_run() && self.overlay().is_some_and(units)
    }

    /// Lets time go by; in a dry run none does.
    pub fn pause(&mut self, duration: Duration) {
        if !self.is_dry_run() && !duration.is_zero() {
            self.backend_mut().pause(duration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, MemoryBackend, NoCourier, Options};

    const PATIENCE: Patience = Patience {
        delay: Duration::from_secs(2),
        interval: Duration::from_secs(1),
        timeout: Duration::from_secs(5),
    };

    fn host(dry_run: bool) -> System {
        let mut host = System::new(Box::new(MemoryBackend::new()), Box::new(NoCourier));
        host.begin(Options { dry_run, ..Options::default() });
        host
    }

    #[test]
    fn it_looks_until_patience_ends() {
        let mut host = host(false);
        let (start, mut looks) = (host.now(), 0);
        let found: Option<()> = host
            .wait("it is there", PATIENCE, |_| {
                looks += 1;
                Ok(None)
            })
            .unwrap();
        assert_eq!((found, looks, host.now().duration_since(start).unwrap()), (None, 4, PATIENCE.timeout));
    }

    #[test]
    fn it_stops_when_it_is_found() {
        let mut looks = 0;
        let found = host(false).wait("it is there", PATIENCE, |_| {
            looks += 1;
            Ok((looks == 3).then_some("it"))
        });
        assert_eq!(found.unwrap(), Some("it"));
    }

    #[test]
    fn a_dry_run_looks_once() {
        let mut host = host(true);
        assert_eq!(host.wait("it is there", PATIENCE, |_| Ok(Some(1))).unwrap(), Some(1));
        let start = host.now();
        match host.wait::<()>("it is there", PATIENCE, |_| Ok(None)) {
            Err(Error::Unknown(unknown)) => assert!(unknown.cause.contains("until it is there"), "{unknown}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(host.now(), start);
    }
}
