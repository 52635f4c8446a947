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
    // On a thread of its own: all others may be waiting for such a program.
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(end_children_when_interrupted());
        }
    });
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
fn end_descendants(ancestor: u32) {
    let mut ending = vec![ancestor.cast_signed()];
    let processes = processes();
    let own = processes.iter().find(|process| process.id == ending[0]).map(|process| process.session);
    while let Some(parent) = ending.pop() {
        let children =
            processes.iter().filter(|process| process.parent == parent && Some(process.session) == own);
        for child in children {
            ending.push(child.id);
            if let Some(id) = rustix::process::Pid::from_raw(child.id) {
                // One that has just ended is what we want.
                let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
            }
        }
    }
}

struct Process {
    id: i32,
    parent: i32,
    session: i32,
}

fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let process = |entry: std::fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name before it may hold anything, so what follows its last bracket counts: state, parent, group, session.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let session = fields.nth(1)?.parse().ok()?;
        Some(Process { id, parent, session })
    };
    entries.flatten().filter_map(process).collect()
}
