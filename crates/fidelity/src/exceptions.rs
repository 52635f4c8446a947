//! Files that differ by nature, each with the reason.

use glob::{MatchOptions, Pattern};

/// Which list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceptions {
    /// A host before and after a dry run. What the programs of the host write down by themselves: that somebody logged
    /// in, that time has passed.
    OfADryRun,
    /// Two hosts, on which two programs have done the same.
    OfTwoHosts,
}

/// Files, or folders with all that is in them, and why they can't stay as they are in a dry run. A pattern that ends in `/.`
/// is for a folder alone, whose time changes with what is in it.
const OF_A_DRY_RUN: &[(&str, &str)] = &[
    ("/root/.", "has the folder with the runner's own"),
    ("/root/.cache/.", "has the runner's own folder"),
    ("/root/.cache/capstan", "the runner's own folder"),
    ("/home/*/.", "has the folder with the runner's own"),
    ("/home/*/.cache/.", "has the runner's own folder"),
    ("/home/*/.cache/capstan", "the runner's own folder"),
    ("/tmp/.", "has temporary files of the runner's own, which are gone"),
    ("/var/log/journal", "the journal tells of the login"),
    ("/var/log/wtmp", "tells of the login"),
    ("/var/log/btmp", "tells of the login"),
    ("/var/log/lastlog", "tells of the login"),
    ("/var/lib/systemd/timers", "when timers have fired last"),
    ("/var/lib/systemd/timesync", "the clock"),
    ("/tmp/systemd-private-*", "services that systemd starts when it is asked, such as that for time zones"),
    ("/var/tmp/systemd-private-*", "services that systemd starts when it is asked"),
];

/// Files, or folders with all that is in them, and why they differ between hosts that went through the same.
const OF_TWO_HOSTS: &[(&str, &str)] = &[
    ("/root/.ansible", "ansible-core's temporary folder"),
    ("/home/*/.ansible", "ansible-core's temporary folder"),
    ("/var/lib/*/.ansible", "ansible-core's temporary folder, of an account of a service"),
    ("/var/lib/*/.cache", "has the runner's own folder, of an account of a service"),
    ("/etc/ssl/certs/ssl-cert-snakeoil.pem", "made at random"),
    ("/etc/ssl/private/ssl-cert-snakeoil.key", "made at random"),
    ("/etc/nginx/tls/*", "keys and certificates that a play makes at random"),
    ("/var/lib/postgresql/*/main/*", "a database's own files have times in them"),
    ("/var/lib/redis", "a database's own files have times in them"),
    ("/etc/machine-id", "made at random"),
    ("/etc/ssh/lab", "the lab's keys, made at random"),
    ("/etc/ssh/ssh_host_*", "made at random"),
    ("/var/log", "logs have times in them"),
    ("**/__pycache__", "Python's own cache"),
    ("/var/cache/ldconfig/aux-cache", "has times in it"),
    ("/var/lib/systemd/catalog/database", "has the machine's number in it"),
    ("/var/lib/systemd/random-seed", "made at random"),
    ("/var/cache/apt/*.bin", "apt's own cache, made when apt is used"),
    ("/var/lib/dpkg/**/*-old", "the state before the last change, of which there may be another number"),
    ("/**/.git/index", "has the times of files in it"),
    ("/**/.git/logs", "has times in it"),
    ("/var/lib/fail2ban/fail2ban.sqlite3", "has times in it"),
    ("/etc/*-", "the state before the last change of accounts, of which there may be another number"),
];

impl Exceptions {
    pub(crate) fn has(self, path: &str) -> bool {
        let further: &[(&str, &str)] = match self {
            Exceptions::OfADryRun => &[],
            Exceptions::OfTwoHosts => OF_TWO_HOSTS,
        };
        OF_A_DRY_RUN.iter().chain(further).any(|(pattern, _)| is_in(path, pattern))
    }
}

/// Whether a path, or a folder that it is in, is what a pattern means.
fn is_in(path: &str, pattern: &str) -> bool {
    let alone = pattern.strip_suffix("/.");
    let Ok(pattern) = Pattern::new(alone.unwrap_or(pattern)) else { return false };
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::default() };
    if alone.is_some() {
        return pattern.matches_with(path, options);
    }
    let ends = path.match_indices('/').map(|(end, _)| end).skip(1).chain([path.len()]);
    ends.into_iter().any(|end| pattern.matches_with(&path[..end], options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_folder_is_excepted_with_it() {
        assert!(Exceptions::OfADryRun.has("/home/deploy/.cache/capstan/runner"));
        assert!(!Exceptions::OfADryRun.has("/home/deploy/.cache/other"));
        assert!(Exceptions::OfADryRun.has("/home/deploy/.cache"));
        assert!(Exceptions::OfTwoHosts.has("/usr/lib/python3/dist-packages/__pycache__/x.pyc"));
        assert!(Exceptions::OfTwoHosts.has("/etc/passwd-"));
        assert!(!Exceptions::OfTwoHosts.has("/etc/app/passwd-"));
        assert!(!Exceptions::OfTwoHosts.has("/etc/passwd"));
    }

    #[test]
    fn patterns_are_patterns_and_have_reasons() {
        for (pattern, reason) in OF_A_DRY_RUN.iter().chain(OF_TWO_HOSTS) {
            assert!(Pattern::new(pattern).is_ok() && !reason.is_empty(), "{pattern}");
        }
    }
}
