use std::path::Path;
use std::time::{Duration, SystemTime};

use system::{AptView, Backend, Command, Error, Output, Result, System};
use value::Unknown;

use super::program::{quietly, run, summary, with_output};

pub(super) const FOLDER: &str = "/var/lib/apt/lists";
const UPDATE_STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";

/// How apt's programs see the host: in a dry run as earlier tasks would have left it.
pub(super) fn view(host: &mut System) -> Result<AptView> {
    host.apt_view(|host, view| {
        let update = Command::new(["apt-get", "update"]);
        let output = host.query(&view.through(quietly(update)))?;
        if output.success() { fetched(&output) } else { Err(super::program::explain(&output)) }
            .map_err(|error| error.context(FAILED))
    })
}

/// Asks one of apt's programs something about packages.
pub(super) fn ask(host: &mut System, command: Command) -> Result<Output> {
    let view = view(host)?;
    host.query(&view.through(quietly(command)))
}

/// Why apt may have other lists than those that it can be asked about.
pub(super) fn outdated(host: &mut System) -> Result<Option<Unknown>> {
    Ok(view(host)?.outdated().cloned())
}

/// When the package lists were fetched.
pub(super) fn time(host: &mut System) -> Result<SystemTime> {
    if host.would_be_refreshed(System::APT_LISTS) {
        return Ok(host.now());
    }
    for path in [UPDATE_STAMP, FOLDER] {
        if let Some(metadata) = host.stat(Path::new(path))?.metadata {
            return Ok(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(metadata.modified.max(0.0)));
        }
    }
    Ok(SystemTime::UNIX_EPOCH)
}

pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(super) fn fetch(backend: &mut dyn Backend, command: &Command, tries: u32, longest: u64) -> Result<()> {
    let mut outcome = Ok(());
    for attempt in 0..tries {
        if attempt > 0 {
            let pause = 2_u64.saturating_pow(attempt - 1).min(longest);
            run(backend, &Command::new(["sleep".to_owned(), pause.to_string()]))?;
        }
        outcome = run(backend, command).and_then(|output| fetched(&output));
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(|error| error.context(FAILED))
}

const FAILED: &str = "can't fetch the package lists";

/// Lists that can't be fetched are no failure to apt-get: it goes on with the old ones.
fn fetched(output: &Output) -> Result<()> {
    match output.stderr().contains("Some index files failed to download") {
        true => Err(with_output(Error::failed(summary(output)), output)),
        false => Ok(()),
    }
}
