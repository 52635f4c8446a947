use std::sync::Arc;
use std::time::Duration;

use diag::Error;
use engine::{Events, Run, Settings};
use inventory::Inventory;
use playbook::Playbook;
use transport::RunnerBinary;

use crate::exit::Ended;
use crate::prompt::Person;
use crate::session::Session;

/// A run of what was read, told to `events`. Without a runner nothing can be carried out, only listed.
pub(crate) fn assemble(
    session: Session,
    settings: Settings,
    inventory: Inventory,
    runner: Option<RunnerBinary>,
    events: Arc<dyn Events>,
) -> Run {
    let Session { secrets, templates, loader, .. } = session;
    Run::new(settings, templates, loader, inventory, secrets, runner, events, Arc::new(Person))
}

/// Runs playbooks until they end or Ctrl-C is pressed.
///
/// # Errors
/// The scheduler can't start.
pub(crate) fn carry_out(run: &Run, playbooks: &[Playbook]) -> Result<Ended, Ended> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new("can't start the scheduler").cause(error))?;
    let ended = runtime.block_on(async {
        tokio::select! {
            ending = run.playbooks(playbooks) => ending.map_or_else(Ended::Wrong, Ended::from),
            _ = tokio::signal::ctrl_c() => {
                // Connections close, runners see that and end what they have started.
                run.abort().await;
                Ended::Interrupted
            }
        }
    });
    // A thread that still waits for something must not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(ended)
}
