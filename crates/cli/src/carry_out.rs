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
    runtime.spawn(end_children_when_interrupted());
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

/// Ends the programs that were started here, such as those of lookups, once Ctrl-C is pressed: whoever waits for one of
/// them could not take notice of anything else.
async fn end_children_when_interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    loop {
        end_descendants(std::process::id());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Ends what descends from a process, but for what has a session of its own, as jobs have.
fn end_descendants(process: u32) {
    let own = rustix::process::getsid(None).ok();
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return };
    let children =
        tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    for child in
        children.flat_map(|text| text.split(' ').filter_map(|id| id.parse().ok()).collect::<Vec<i32>>())
    {
        let Some(id) = rustix::process::Pid::from_raw(child) else { continue };
        if rustix::process::getsid(Some(id)).ok() == own {
            end_descendants(child.cast_unsigned());
            // One that has just ended is what we want.
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
    }
}
