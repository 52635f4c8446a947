use std::io::{self, Read, Write};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::{FromRunner, Outcome, Ready, Report, Request, VERSION};
use system::{Backend, Error, Leash, LocalBackend, Options, System};
use value::{Unknown, Value};

use crate::courier::PipeCourier;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use crate::{job, program};

/// Carries out requests until the controller goes away.
///
/// # Errors
/// The pipe to the controller breaks.
pub fn serve(from: impl Read + Send + 'static, to: impl Write + Send + 'static) -> io::Result<()> {
    let leash = Leash::default();
    let backend = LocalBackend::new(leash.clone());
    let outbox = Outbox::new(to);
    let uid = backend.identity().uid;
    outbox.send(&FromRunner::Ready(Ready { version: VERSION, uid, pid: std::process::id() }))?;
    let inbox = Inbox::open(from, leash.clone());
    let courier = PipeCourier {
        outbox: outbox.clone(),
        pieces: Arc::new(Mutex::new(inbox.pieces)),
        current: Arc::clone(&inbox.current),
    };
    let mut host = System::new(Box::new(backend), Box::new(courier));
    let mut rehearsal = None;
    for request in inbox.requests {
        let id = request.id;
        inbox.current.store(id, Ordering::SeqCst);
        if request.rehearsal != rehearsal {
            // A run that is a dry run has no such numbers: its picture of the host stays.
            host.forget();
            rehearsal = request.rehearsal;
        }
        let report = carry_out(&mut host, request);
        inbox.current.store(0, Ordering::SeqCst);
        leash.mend();
        outbox.send(&FromRunner::Report { id, report: Box::new(report) })?;
    }
    Ok(())
}

pub(crate) fn carry_out(host: &mut System, request: Request) -> Report {
    if request.job.is_some() {
        return job::start(request);
    }
    host.begin(Options {
        dry_run: request.dry_run,
        foresight: request.foresight,
        diff: request.diff,
        environment: request.environment,
        unsafe_writes: false,
        timeout: request.timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        task: request.task,
        place: request.place,
    });
    host.learn(&request.predicted);
    let acting = request.acts_for.as_deref().map_or(Ok(()), |user| host.act_for(user));
    let outcome = match (acting, &request.program) {
        (Err(Error::Unknown(unknown)), _) => Outcome::Unknown(unknown),
        (Err(Error::Failed(failure)), _) => Outcome::Failed(Value::map([("msg", failure.message)])),
        (Ok(()), Some(program)) => program::run(program, request.dry_run, host),
        (Ok(()), None) => modules::call(&request.module, request.arguments, host).unwrap_or_else(|| {
            Outcome::Failed(Value::map([("msg", format!("the runner has no module '{}'", request.module))]))
        }),
    };
    let outcome = complete(outcome, host);
    let (journal, warnings) = host.finish();
    Report { outcome, changes: journal.changes, warnings }
}

/// Unknowns that the module did not trace name the task that they come from. A failure of a dry run that left out a
/// command may be none.
fn complete(outcome: Outcome, host: &System) -> Outcome {
    match outcome {
        Outcome::Unknown(unknown) => Outcome::Unknown(host.caused(unknown)),
        Outcome::Failed(result) => match host.may_yet_succeed() {
            Some(unknown) => {
                let failure = result.get("msg").and_then(Value::as_str).unwrap_or("it fails");
                let cause = format!("as the host is now, {failure}; but {}", unknown.cause);
                Outcome::Unknown(Unknown { cause, ..unknown })
            }
            None => Outcome::Failed(result),
        },
        other => other,
    }
}
