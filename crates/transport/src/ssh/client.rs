use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diag::Error;
use russh::client::{ChannelOpenHandle, Config, DisconnectReason, Handler, Msg, Session};
use russh::keys::{Algorithm, PublicKeyOrCertificate};
use russh::{Channel, Preferred, SshId};
use tokio::net::UnixStream;

use super::Refusal;
use super::config::Resolved;
use super::host_key::HostKeyCheck;
use super::lost::Lost;

/// Our side of an ssh connection, as russh calls it.
pub(super) struct Client {
    check: HostKeyCheck,
    trusted: Arc<AtomicBool>,
    lost: Lost,
    forwarded_agent: Option<PathBuf>,
}

impl Client {
    /// Also gives the flag that says, once connected, whether the host is who it should be.
    pub(super) fn new(
        check: HostKeyCheck,
        lost: Lost,
        forwarded_agent: Option<PathBuf>,
    ) -> (Client, Arc<AtomicBool>) {
        let trusted = Arc::new(AtomicBool::new(false));
        (Client { check, trusted: Arc::clone(&trusted), lost, forwarded_agent }, trusted)
    }
}

/// What went wrong in a connection's own task.
#[derive(Debug)]
pub(super) enum Failure {
    Protocol(russh::Error),
    HostKey(Error),
}

impl From<russh::Error> for Failure {
    fn from(error: russh::Error) -> Failure {
        Failure::Protocol(error)
    }
}

impl Failure {
    /// Why it could not be connected.
    pub(super) fn into_refusal(self, address: &str) -> Refusal {
        match self {
            Failure::HostKey(error) => Refusal::Final(error),
            Failure::Protocol(russh::Error::NoCommonAlgo { kind, ours, theirs }) => Refusal::Final(
                Error::new(format!("{address} and we have no {kind:?} algorithm in common"))
                    .cause(format!("theirs are {}", theirs.join(", ")))
                    .cause(format!("ours are {}", ours.join(", ")))
                    .hint("bring the host's sshd up to date, or use 'ansible_connection: openssh'"),
            ),
            Failure::Protocol(error) => Refusal::Passing(
                Error::new(format!("{address} ended the connection before the login"))
                    .cause(describe(&error))
                    .hint("is it an ssh server, and does it take more connections (MaxStartups)?"),
            ),
        }
    }
}

fn describe(error: &russh::Error) -> String {
    match error {
        russh::Error::KeepaliveTimeout => "the host does not answer any more".to_owned(),
        russh::Error::HUP | russh::Error::Disconnect => "the host closed the connection".to_owned(),
        russh::Error::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the host closed the connection".to_owned()
        }
        other => other.to_string(),
    }
}

impl Handler for Client {
    type Error = Failure;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Failure> {
        let trusted = self.check.judge(shown).map_err(Failure::HostKey)?;
        self.trusted.store(trusted, Ordering::Relaxed);
        Ok(true)
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Failure> {
        // A host that was not offered the agent does not get it: dropping the reply refuses.
        let Some(socket) = self.forwarded_agent.clone() else { return Ok(()) };
        reply.accept().await;
        tokio::spawn(async move {
            if let Ok(mut agent) = UnixStream::connect(socket).await {
                let mut stream = channel.into_stream();
                // When either side has had enough, so has the other.
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut agent).await;
            }
        });
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Failure>) -> Result<(), Failure> {
        match reason {
            DisconnectReason::ReceivedDisconnect(farewell) => {
                let words = if farewell.message.is_empty() {
                    format!("{:?}", farewell.reason_code)
                } else {
                    farewell.message
                };
                self.lost.set(format!("the host says: {words}"));
                Ok(())
            }
            DisconnectReason::Error(Failure::Protocol(error)) => {
                self.lost.set(describe(&error));
                Err(Failure::Protocol(error))
            }
            DisconnectReason::Error(Failure::HostKey(error)) => {
                self.lost.set(error.summary());
                Err(Failure::HostKey(error))
            }
        }
    }
}

/// How russh is to connect.
pub(super) fn configuration(check: &HostKeyCheck, resolved: &Resolved) -> Config {
    // Signatures with SHA-1 are not accepted from anybody, as in OpenSSH.
    let safe = Preferred::DEFAULT.key.iter().filter(|algorithm| **algorithm != Algorithm::Rsa { hash: None });
    let key = check.ordered(&safe.cloned().collect::<Vec<_>>());
    let certificates = if check.wants_certificate() { key.clone() } else { Vec::new() };
    Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-Capstan_", env!("CARGO_PKG_VERSION")))),
        preferred: Preferred {
            key: Cow::Owned(key),
            host_key_certificates: Cow::Owned(certificates),
            ..Preferred::DEFAULT
        },
        keepalive_interval: resolved.keep_alive.map(|(interval, _)| interval),
        keepalive_max: resolved.keep_alive.map_or(0, |(_, count)| count),
        nodelay: true,
        ..Config::default()
    }
}
