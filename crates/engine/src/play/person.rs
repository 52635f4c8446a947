//! Where a person takes part in a play: whether a task is to run, and the debugger once it has.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use diag::{Error, Result};
use inventory::HostName;
use playbook::Task;
use value::Convert;
use yaml::Node;

use super::batch::Batch;
use crate::Status;
use crate::debugger::{Debugger, Decision};
use crate::orderly::Orderly;
use crate::task::TaskEnd;
use crate::variables::HostScope;

/// The columns of a banner.
const WIDTH: usize = 79;

impl Batch<'_> {
    /// Asks whether a task is to run, where each is to be confirmed.
    ///
    /// # Errors
    /// Nobody answers.
    pub(super) async fn is_confirmed(&self, title: &str) -> Result<bool> {
        if !self.world.stepping.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let question = format!("Perform task: TASK: {title} (N)o/(y)es/(c)ontinue: ");
        let Some(answer) = self.world.terminal.line(&question).await else {
            return Err(Error::new(format!("nobody answers whether the task '{title}' is to run"))
                .hint("leave --step out where nobody can be asked"));
        };
        let stars = "*".repeat(WIDTH.saturating_sub(question.trim_end().chars().count()).max(3));
        self.world.terminal.say(&format!("\n{question}{stars}\n"));
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "c" | "continue" => {
                self.world.stepping.store(false, Ordering::Relaxed);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Lets a person in with the debugger where the task's end asks for one; gives the end that counts.
    pub(super) async fn debug(&self, task: &Arc<Task>, name: &HostName, mut end: TaskEnd) -> TaskEnd {
        let Some(host) = self.hosts.get(name) else { return end };
        let scope = host.scope.for_task(task);
        let mut debugger: Option<Debugger> = None;
        while self.wants_debugger(task, &scope, &end.ran.status) {
            let debugger = debugger
                .get_or_insert_with(|| Debugger::new(task, scope.clone(), crate::task::title(task, &scope)));
            match debugger.converse(&end.ran.result).await {
                Decision::GoOn => break,
                Decision::Quit => {
                    self.world.terminal.interrupt();
                    std::future::pending::<()>().await;
                }
                Decision::Again => {
                    let lanes = Orderly::lanes(Arc::clone(&self.world.events), 1);
                    let Some((lane, mut run)) = lanes
                        .first()
                        .and_then(|lane| Some((lane.clone(), self.task_run(&debugger.task, name, lane)?)))
                    else {
                        break;
                    };
                    run.scope.locals.extend(debugger.variables.clone());
                    end = run.run().await;
                    lane.finish();
                }
            }
        }
        end
    }

    fn wants_debugger(&self, task: &Task, scope: &HostScope, status: &Status) -> bool {
        let settings = &self.world.settings;
        let resolved = |node: &Option<Node>| {
            let node = node.as_ref()?;
            self.world.templates.resolve(&node.to_value(), scope).ok()
        };
        let ignored = settings.debugger_ignores_errors
            && resolved(&task.keywords.ignore_errors).and_then(|value| value.to_bool().ok()).unwrap_or(false);
        let failed = matches!(status, Status::Failed { .. }) && !ignored;
        let unreachable = matches!(status, Status::Unreachable { .. });
        let occasion = resolved(&task.keywords.debugger).map(|value| value.to_string());
        match occasion.as_deref() {
            Some("always") => true,
            Some("never") => false,
            Some("on_failed") if failed => true,
            Some("on_unreachable") if unreachable => true,
            Some("on_skipped") if matches!(status, Status::Skipped) => true,
            _ => self.debugs && (failed || unreachable),
        }
    }
}
