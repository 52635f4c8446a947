use std::path::Path;
use std::time::Duration;

use system::{Error, Result, System};

const LOCK: &str = "/var/lib/dpkg/lock-frontend";
const UPDATES: &str = "/var/lib/dpkg/updates";

/// That packages can be changed now: no other program is at it, and the last one came to its end. apt-get looks only when
/// it begins to change something, which it does not when it is asked what it would do.
///
/// # Errors
/// They can't.
pub(super) fn check(host: &mut System, lock_timeout: u32) -> Result<()> {
    host.await_lock(Path::new(LOCK), Duration::from_secs(lock_timeout.into())).map_err(|error| match error {
        Error::Failed(failure) => Error::failed(format!(
            "apt-get: {}; another program is changing packages, and 'lock_timeout' says how long to wait for it",
            failure.message
        )),
        unknown => unknown,
    })?;
    // dpkg writes down here what it does, and clears up when it is done.
    let updates = Path::new(UPDATES);
    let is_journal = |name: &String| !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_digit());
    if host.follow(updates)?.is_some() && host.list(updates)?.iter().any(is_journal) {
        return Err(Error::failed(
            "apt-get: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem",
        ));
    }
    Ok(())
}
