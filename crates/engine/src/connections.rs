//! The connections of a run: one for each way to reach a host, one runner on it for each user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use diag::{Error, Result};
use protocol::{Change, Outcome, Request};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;
use transport::{Become, Connection, RunnerBinary, Target};

use actions::{Answer, BlobSource};
use protocol::BlobId;

use value::Value;

use crate::runner::Runner;
use crate::told_connection::ToldConnection;
use crate::world::World;

/// All connections of a run.
pub(crate) struct Connections {
    binary: Option<RunnerBinary>,
    links: Mutex<HashMap<String, Arc<Link>>>,
}

/// The place of one user's runner; empty until it is started.
#[derive(Default)]
struct Slot {
    /// The user, if not the one who logs in.
    user: Option<String>,
    runner: AsyncMutex<Option<Arc<Runner>>>,
}

/// The way to one host.
#[derive(Default)]
pub(crate) struct Link {
    connection: AsyncMutex<Option<Arc<dyn Connection>>>,
    runners: AsyncMutex<HashMap<String, Arc<Slot>>>,
    predictions: Mutex<Predictions>,
}

/// What the runners on one host have predicted: each must learn what the others did.
#[derive(Default)]
struct Predictions {
    changes: Vec<(String, Change)>,
    known: HashMap<String, usize>,
}

impl Connections {
    pub(crate) fn new(binary: Option<RunnerBinary>) -> Connections {
        Connections { binary, links: Mutex::default() }
    }

    /// The way to a target; nothing connects yet.
    pub(crate) fn link(&self, target: &Target) -> Arc<Link> {
        let key = format!(
            "{} {} {:?} {:?} {:?} {:?} {}",
            target.connection,
            target.host,
            target.port,
            target.user,
            target.private_key_file,
            target.ssh_args,
            target.host_key_checking
        );
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(links.entry(key).or_default())
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        let links: Vec<Arc<Link>> =
            self.links.lock().unwrap_or_else(PoisonError::into_inner).drain().map(|(_, link)| link).collect();
        // Each waits for its runners to tidy up.
        let mut closing: JoinSet<()> =
            links.into_iter().map(|link| async move { link.close().await }).collect();
        while closing.join_next().await.is_some() {}
    }

    /// Calls a module on a host.
    ///
    /// # Errors
    /// The host can't be reached, or the runner can't be started there.
    pub(crate) async fn call(
        &self,
        world: &World,
        target: &Target,
        become_user: Option<&Become>,
        mut request: Request,
        blobs: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer> {
        let link = self.link(target);
        let key = become_user
            .map(|become_user| {
                let Become { method, user, executable, flags, folder, .. } = become_user;
                format!("{} {user} {executable:?} {flags:?} {folder:?}", method.name())
            })
            .unwrap_or_default();
        if let Some(user) = removed_user(&request) {
            link.dismiss(user).await;
        }
        let shares = request.dry_run && request.rehearsal.is_none();
        let (runner, missing) = match link.runner(world, target, become_user, &key).await {
            Ok(runner) => (runner, None),
            Err(error) => match become_user.filter(|user| shares && transport::is_missing_user(&error, user))
            {
                // An earlier task of the dry run may make the account.
                Some(user) => {
                    let root = Become { user: "root".into(), ..user.clone() };
                    request.acts_for = Some(user.user.clone());
                    (link.runner(world, target, Some(&root), &format!("{key} by root")).await?, Some(error))
                }
                None => return Err(error),
            },
        };
        if shares {
            request.predicted = link.news_for(&key);
        }
        let answer = runner.call(request, blobs).await;
        if let (Ok(answer), Some(error)) = (&answer, missing)
            && has_failed_with(answer, error.message())
        {
            return Err(error);
        }
        match &answer {
            Ok(answer) if shares => link.predicted(&key, &answer.report.changes),
            Ok(_) => {}
            Err(_) if !runner.is_alive() => link.close().await,
            Err(_) => {}
        }
        answer
    }
}

/// Whether the module failed with this message.
fn has_failed_with(answer: &Answer, message: &str) -> bool {
    let Outcome::Failed(result) = &answer.report.outcome else { return false };
    result.get("msg").and_then(Value::as_str) == Some(message)
}

/// The user whose account a request takes away: nothing of ours must run as that user, or it would be in use.
fn removed_user(request: &Request) -> Option<&str> {
    let argument = |name: &str| request.arguments.get(name)?.as_str();
    let removes = request.module == "user" && !request.dry_run && argument("state") == Some("absent");
    argument("name").filter(|_| removes)
}

impl Link {
    /// The open connection, opened if need be.
    pub(crate) async fn connection(&self, target: &Target) -> Result<Arc<dyn Connection>> {
        let mut connection = self.connection.lock().await;
        match &*connection {
            Some(open) => Ok(Arc::clone(open)),
            None => {
                let open = transport::connect(target).await?;
                *connection = Some(Arc::clone(&open));
                Ok(open)
            }
        }
    }

    async fn runner(
        &self,
        world: &World,
        target: &Target,
        become_user: Option<&Become>,
        key: &str,
    ) -> Result<Arc<Runner>> {
        let slot = Arc::clone(self.runners.lock().await.entry(key.to_owned()).or_insert_with(|| {
            let user = become_user.map(|become_user| become_user.user.clone());
            Arc::new(Slot { user, ..Slot::default() })
        }));
        let mut slot = slot.runner.lock().await;
        if let Some(runner) = slot.as_ref().filter(|runner| runner.is_alive()) {
            return Ok(Arc::clone(runner));
        }
        let binary = world.connections.binary.as_ref().ok_or_else(|| {
            Error::new("the runner is missing")
                .hint("build it with 'cargo xtask runner', or name its file in CAPSTAN_RUNNER")
        })?;
        let connection = ToldConnection { connection: self.connection(target).await?, world };
        let pipe = transport::start_runner(&connection, binary, become_user).await?;
        let runner = Arc::new(Runner::start(pipe).await.map_err(|error| error.host(target.name.as_str()))?);
        *slot = Some(Arc::clone(&runner));
        Ok(runner)
    }

    /// Ends the runners of a user; the next call starts a new one.
    async fn dismiss(&self, user: &str) {
        let slots: Vec<Arc<Slot>> = self.runners.lock().await.values().cloned().collect();
        for slot in slots.iter().filter(|slot| slot.user.as_deref() == Some(user)) {
            if let Some(runner) = slot.runner.lock().await.take() {
                runner.end().await;
            }
        }
    }

    /// Closes the connection; the next call opens a new one.
    pub(crate) async fn close(&self) {
        let slots: Vec<Arc<Slot>> = self.runners.lock().await.drain().map(|(_, slot)| slot).collect();
        for slot in slots {
            if let Some(runner) = slot.runner.lock().await.take() {
                runner.end().await;
            }
        }
        if let Some(connection) = self.connection.lock().await.take() {
            connection.close().await;
        }
    }

    /// Whether a dry run has predicted changes of this host.
    pub(crate) fn has_predictions(&self) -> bool {
        !self.predictions.lock().unwrap_or_else(PoisonError::into_inner).changes.is_empty()
    }

    fn news_for(&self, key: &str) -> Vec<Change> {
        let mut predictions = self.predictions.lock().unwrap_or_else(PoisonError::into_inner);
        let count = predictions.changes.len();
        let known = predictions.known.insert(key.to_owned(), count).unwrap_or(0);
        let news = predictions.changes[known..].iter().filter(|(author, _)| author != key);
        news.map(|(_, change)| change.clone()).collect()
    }

    fn predicted(&self, key: &str, changes: &[Change]) {
        let mut predictions = self.predictions.lock().unwrap_or_else(PoisonError::into_inner);
        predictions.changes.extend(changes.iter().map(|change| (key.to_owned(), change.clone())));
    }
}
