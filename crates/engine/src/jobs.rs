//! Tasks with `async`: started on the host as a job that goes on by itself, and looked at from time to time.

use std::time::Duration;

use actions::{Done, Failure, Site, Verdict};
use inventory::HostName;
use value::{Map, Unknown, Value};

use crate::orderly::Lane;
use crate::remote::Remote;
use crate::{Event, JobState};

/// What `async` and `poll` of a task say.
pub(crate) struct Job {
    /// How long the job may take.
    pub(crate) seconds: u64,
    /// Seconds between two looks; 0 is never.
    pub(crate) poll: f64,
}

impl Job {
    /// The same host, where what is called goes on by itself.
    pub(crate) fn detached(&self, remote: &Remote) -> Remote {
        let mut detached = remote.clone();
        detached.request.job = Some(protocol::Job { name: name(), seconds: self.seconds });
        detached
    }

    /// What a dry run says of the job: what its module would do, and that there is no job to look at.
    pub(crate) fn predicted(&self, done: Done) -> Done {
        let unknown = Value::from(Unknown::new("a dry run starts no jobs"));
        let finished = if self.poll > 0.0 { true.into() } else { unknown.clone() };
        done.and("ansible_job_id", unknown.clone())
            .and("results_file", unknown)
            .and("started", true)
            .and("finished", finished)
    }

    /// Waits for the end of a job that has begun, if the task says so.
    ///
    /// # Errors
    /// The host can't be reached.
    pub(crate) async fn follow(&self, begun: Done, remote: &Remote, lane: &Lane) -> Result<Done, Failure> {
        let id = begun.result.get("ansible_job_id").map(ToString::to_string);
        let (Some(id), true) = (id, self.poll > 0.0) else { return Ok(begun) };
        let tell = |state| {
            lane.take(Event::Job { host: HostName::from(remote.host()), id: id.clone(), state });
        };
        let pause = Duration::try_from_secs_f64(self.poll).unwrap_or(Duration::from_secs(15));
        let mut left = self.seconds as f64;
        let mut last = begun;
        while left > 0.0 {
            tokio::time::sleep(pause).await;
            left -= self.poll;
            last = look(&id, "status", remote).await?;
            let finished = last.result.get("finished").is_some_and(Value::is_true);
            if finished || matches!(last.verdict, Verdict::Failed) {
                break;
            }
            tell(JobState::Running);
        }
        if !last.result.get("finished").is_some_and(Value::is_true) {
            let message =
                format!("async task did not complete within the requested time - {}s", self.seconds);
            tell(JobState::Failed);
            last.result.insert("msg".into(), message.into());
            return Ok(Done { verdict: Verdict::Failed, ..last });
        }
        let failed = matches!(last.verdict, Verdict::Failed);
        tell(if failed { JobState::Failed } else { JobState::Ok });
        // The result is at hand now; the file is of no use any more.
        look(&id, "cleanup", remote).await?;
        Ok(last)
    }
}

async fn look(id: &str, mode: &str, remote: &Remote) -> Result<Done, Failure> {
    let arguments = [("jid", id), ("mode", mode)];
    let arguments: Map = arguments.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ok(remote.call("async_status", arguments, Vec::new()).await?.report.into())
}

/// A name that no other job has.
fn name() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("j{:012}", RandomState::new().hash_one(std::process::id()) % 1_000_000_000_000)
}
