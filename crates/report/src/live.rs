//! The live line of a terminal: which hosts are at work, at what, and for how long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use inventory::HostName;

/// What the live line shows now.
#[derive(Debug, Default)]
pub(crate) struct Live {
    task: String,
    hosts: Vec<HostName>,
    since: Option<Instant>,
    /// Whether the line stands on the terminal, so that it must go before anything else is written.
    pub(crate) drawn: bool,
}

/// Whether the line gives way to a conversation; the process has one terminal.
static HELD: AtomicBool = AtomicBool::new(false);

/// Keeps the live line of the terminal away while a person is asked something.
pub fn hold_live(held: bool) {
    HELD.store(held, Ordering::SeqCst);
}

/// What takes less long is told by its result soon enough.
const PATIENCE: Duration = Duration::from_millis(300);

/// How many hosts are named.
const NAMED: usize = 4;

impl Live {
    /// A task begins.
    pub(crate) fn begin(&mut self, task: &str) {
        task.clone_into(&mut self.task);
        self.since = None;
    }

    /// These hosts are at work.
    pub(crate) fn working(&mut self, hosts: Vec<HostName>) {
        if hosts.is_empty() {
            self.since = None;
        } else if self.since.is_none() {
            self.since = Some(Instant::now());
        }
        self.hosts = hosts;
    }

    /// The line, no wider than `width`; `None` while there is nothing worth showing.
    pub(crate) fn line(&self, width: usize) -> Option<String> {
        let elapsed = self.since?.elapsed();
        if elapsed < PATIENCE || HELD.load(Ordering::SeqCst) {
            return None;
        }
        Some(line(&self.task, &self.hosts, elapsed, width))
    }
}

fn line(task: &str, hosts: &[HostName], elapsed: Duration, width: usize) -> String {
    let mut names = hosts.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if hosts.len() > NAMED {
        names.push_str(&format!(" and {} more", hosts.len() - NAMED));
    }
    let text = format!("{}s {task}: {names}", elapsed.as_secs());
    text.chars().take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_hosts_are_named_and_the_others_counted() {
        let hosts: Vec<HostName> = (1..=6).map(|number| HostName::from(format!("web{number}"))).collect();
        let shown = line("install nginx", &hosts, Duration::from_secs(12), 80);
        assert_eq!(shown, "12s install nginx: web1, web2, web3, web4 and 2 more");
        assert_eq!(line("install nginx", &hosts, Duration::from_secs(12), 10), "12s instal");
        let mut live = Live::default();
        assert_eq!(live.line(80), None);
        live.working(hosts);
        assert_eq!(live.line(80), None, "it has only just begun");
    }
}
