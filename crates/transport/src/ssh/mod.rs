//! Our own ssh client, over russh.

mod account;
mod authenticate;
mod channel;
mod client;
mod config;
mod host_key;
mod identity;
mod jumps;
mod known_hosts;
mod lost;
mod pattern;
mod proxy;
mod stream;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diag::{Error, Result};
use russh::client::Handle;
use russh::{ChannelOpenFailure, Disconnect};

use crate::{Connection, Pipe, Secret, Target};
use account::Account;
use client::Client;
use config::{Given, Resolved};
use host_key::{HostKeyCheck, Strictness};
use lost::Lost;
use proxy::Road;

/// An ssh connection that is logged in.
pub(crate) struct Ssh {
    name: String,
    handle: Handle<Client>,
    lost: Lost,
    forwards_agent: bool,
    environment: Vec<(String, String)>,
    /// The connection that this one runs through, which must not end before it.
    _through: Option<Arc<Ssh>>,
}

/// What jump hosts share with the host behind them.
struct Session<'a> {
    name: &'a str,
    account: &'a Account,
    host_key_checking: bool,
    accept_new: bool,
    password: Option<&'a Secret>,
    passphrase: Option<&'a Secret>,
}

impl Ssh {
    /// Connects and logs in.
    ///
    /// # Errors
    /// When the host can't be reached in time, is not the one that is known, or refuses.
    pub(crate) async fn connect(target: &Target) -> Result<Ssh> {
        let account = Account::current();
        let given = Given {
            host: &target.host,
            port: target.port,
            user: target.user.as_deref(),
            private_key_file: target.private_key_file.as_deref(),
            arguments: &target.ssh_args,
        };
        let resolved = config::resolve(&given, &account).await?;
        let session = Session {
            name: &target.name,
            account: &account,
            host_key_checking: target.host_key_checking,
            accept_new: target.accept_new,
            password: target.password.as_ref(),
            passphrase: target.key_passphrase.as_ref(),
        };
        let limit = resolved.connect_timeout.unwrap_or(target.connect_timeout);
        let mut attempt = 0;
        loop {
            let connecting = session.connect(&resolved, target.private_key_file.as_deref());
            let refusal = match tokio::time::timeout(limit, connecting).await {
                Ok(Ok(ssh)) => return Ok(ssh),
                Ok(Err(refusal)) => refusal,
                Err(_) => Refusal::Passing(took_too_long(&resolved, limit)),
            };
            match refusal {
                Refusal::Passing(_) if attempt < target.retries => {
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                }
                other => return Err(other.into_error()),
            }
        }
    }
}

/// How long to wait after a number of failed retries: a server that is overwhelmed gets more time each time.
fn pause(attempt: u32) -> Duration {
    Duration::from_secs(2u64.saturating_pow(attempt).saturating_sub(1).min(30))
}

fn took_too_long(resolved: &Resolved, limit: Duration) -> Error {
    let (host, port, seconds) = (&resolved.host, resolved.port, limit.as_secs_f64());
    Error::new(format!("connecting to {host}:{port} took longer than {seconds} seconds"))
        .hint("is the host up, and does a firewall let ssh through?")
        .hint("allow more time with --timeout (-T) or the variable ansible_ssh_timeout")
}

/// Why there is no connection.
enum Refusal {
    /// Another try may have more luck: the host is not there yet, or has too much to do.
    Passing(Error),
    /// It would be the same again.
    Final(Error),
}

impl Refusal {
    fn into_error(self) -> Error {
        match self {
            Refusal::Passing(error) | Refusal::Final(error) => error,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Final(error)
    }
}

impl Session<'_> {
    async fn connect(&self, resolved: &Resolved, key: Option<&Path>) -> Result<Ssh, Refusal> {
        let road = Box::pin(self.road(resolved)).await.map_err(Refusal::Passing)?;
        let strictness = match (self.host_key_checking, self.accept_new) {
            (false, _) => Strictness::AcceptAny,
            (true, true) if resolved.strictness == Strictness::Refuse => Strictness::AcceptNew,
            _ => resolved.strictness,
        };
        let name = resolved.host_key_alias.as_ref().unwrap_or(&resolved.host).to_ascii_lowercase();
        let port = resolved.host_key_alias.is_none().then_some(resolved.port);
        let (own, global) = (resolved.user_known_hosts.clone(), resolved.global_known_hosts.clone());
        let hash_names = resolved.hash_known_hosts;
        // Thousands of hashed lines take their time.
        let check =
            blocking(move || HostKeyCheck::new(strictness, name, port, own, global, hash_names)).await?;
        let lost = Lost::default();
        let configuration = client::configuration(&check, resolved);
        let (client, trusted) = Client::new(check, lost.clone(), resolved.forwarded_agent.clone());
        let Road { stream, through } = road;
        let address = format!("{}:{}", resolved.host, resolved.port);
        let mut handle = russh::client::connect_stream(Arc::new(configuration), stream, client)
            .await
            .map_err(|error| error.into_refusal(&address))?;
        let login = authenticate::Login {
            resolved,
            key,
            passphrase: self.passphrase,
            password: self.password,
            trusted: trusted.load(std::sync::atomic::Ordering::Relaxed),
        };
        login.perform(&mut handle, &lost).await?;
        Ok(Ssh {
            name: self.name.to_owned(),
            handle,
            lost,
            forwards_agent: resolved.forwarded_agent.is_some(),
            environment: resolved.environment.clone(),
            _through: through,
        })
    }

    /// Looks a jump host up and connects to it. It shares the account, the agent and whether keys are checked, but no
    /// password.
    async fn jump(&self, hop: &proxy::Hop, earlier: &[String], resolved: &Resolved) -> Result<Ssh> {
        let mut arguments = match &resolved.config_file {
            Some(file) => vec!["-F".to_owned(), file.display().to_string()],
            None => Vec::new(),
        };
        if !earlier.is_empty() {
            arguments.extend(["-J".to_owned(), earlier.join(",")]);
        }
        let given = Given {
            host: &hop.host,
            port: hop.port,
            user: hop.user.as_deref(),
            private_key_file: None,
            arguments: &arguments,
        };
        let resolved = config::resolve(&given, self.account).await?;
        let session = Session { password: None, ..*self };
        session
            .connect(&resolved, None)
            .await
            .map_err(|refusal| refusal.into_error().context(format!("jump host '{}'", hop.host)))
    }
}

/// Runs what takes its time (files, passphrases) where it holds up no other host.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::new("a part of the login was stopped").cause(error))
}

#[async_trait]
impl Connection for Ssh {
    async fn exec(&self, command: &str) -> Result<Pipe> {
        let refused = |error: russh::Error| {
            let error = match error {
                russh::Error::ChannelOpenFailure(reason) => {
                    let error = Error::new("the server refuses another session on this connection")
                        .cause(format!("{reason:?}"));
                    match reason {
                        ChannelOpenFailure::ConnectFailed
                        | ChannelOpenFailure::AdministrativelyProhibited => error.hint(
                            "raise MaxSessions in the host's sshd_config, or use fewer become users at once",
                        ),
                        _ => error,
                    }
                }
                other => Error::new("the connection was lost")
                    .cause(self.lost.reason().unwrap_or_else(|| other.to_string())),
            };
            error.host(&self.name)
        };
        let channel = self.handle.channel_open_session().await.map_err(refused)?;
        if self.forwards_agent {
            channel.agent_forward(false).await.map_err(refused)?;
        }
        for (name, value) in &self.environment {
            channel.set_env(false, name, value).await.map_err(refused)?;
        }
        // The answer is seen by whoever drains the channel; waiting for it here would cost a round trip.
        channel.exec(true, command).await.map_err(refused)?;
        Ok(channel::pipe(channel, self.lost.clone()))
    }

    async fn close(&self) {
        self.lost.set("the connection was closed");
        // A server that does not listen any more has nothing to be told.
        let farewell = self.handle.disconnect(Disconnect::ByApplication, "", "");
        let _ = tokio::time::timeout(Duration::from_secs(1), farewell).await;
    }

    fn name(&self) -> &str {
        &self.name
    }
}
