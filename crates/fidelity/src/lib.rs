//! Measures the dry run against the real run, and Capstan against ansible-core, on plays that a sysadmin would write.
//!
//! Two programs in one:
//!
//! - `cargo xtask fidelity [PLAY...]`: each play by Capstan on fresh hosts and by ansible-core on others, first dry and
//!   then for real. What the dry run said that would change is compared with what then did ([`Prediction`]).
//! - `cargo xtask differential [PLAY...]`: each play by Capstan on fresh hosts and by ansible-core on others. The hosts
//!   must end alike ([`State`]): files, packages, units and accounts; and so must the recaps.
//!
//! # A play
//!
//! A play is a folder `tests/fidelity/NAME` with a playbook `site.yml` and whatever it needs beside it: roles, templates,
//! files, variables. Comments at the head of `site.yml` say what it runs on:
//!
//! ```yaml
//! # hosts: web1 web2 db     the hosts' names, or their number (host1, host2, ...); one host unless said otherwise
//! # user: deploy            who logs in, with sudo and no password; root unless said otherwise
//! ```
//!
//! `prepare.sh`, if it is there, is run by root on each host before, with the host's name as its argument: for hosts that are not
//! fresh, and for local repositories. It must leave all hosts alike. `inventory`, if it is there, is read besides the lab's inventory, for groups and
//! their variables; all hosts are in the group `lab`.
//!
//! Hosts are machine hosts of the lab: Debian 12 with systemd, the fewest packages that make one, and besides them
//! python3 and python3-apt on both sides, cron and logrotate. They have no network but a way to Debian's archive, and
//! to PyPI over HTTPS, through a proxy of this program on 127.0.0.1:3128 of each host, which apt and pip are configured
//! to use. It keeps the archive's files, so both sides see the same archive. Ports of the hosts are their own: two hosts
//! may both have a web server.
//!
//! A play takes two minutes at most. It must not delegate to `localhost`: that is the machine that the bench runs on.

#![allow(clippy::print_stdout)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod ansible;
mod archive;
mod base;
mod differential;
mod exceptions;
mod figures;
mod fleet;
mod options;
mod page;
mod play;
mod prediction;
mod program;
mod results;
mod state;

use diag::Result;

pub use options::Options;
pub use prediction::Prediction;
pub use state::State;

use options::Mode;

/// Does what the options say, and tells whether all is as it should be.
///
/// # Errors
/// The hosts, ansible-core or the plays can't be had.
pub fn run(options: &Options) -> Result<bool> {
    let plays = play::find(&options.plays)?;
    let bench = fleet::Bench::new(options)?;
    match options.mode {
        Mode::Fidelity => prediction::measure_all(&bench, &plays, options.record),
        Mode::Differential => differential::compare_all(&bench, &plays),
    }
}
