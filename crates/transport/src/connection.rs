use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use diag::{Error, Result, did_you_mean};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::Target;
use crate::local::Local;
use crate::openssh::OpenSsh;
use crate::ssh::Ssh;
use crate::wrapped::{self, Wrapped};

/// Somewhere that commands can be started.
#[async_trait]
pub trait Connection: Send + Sync {
    /// Starts a shell command line there. Several commands may run at once. What a command writes is taken off a shared
    /// connection at once and kept in memory until it is read, so that a slow reader holds up nobody else.
    ///
    /// # Errors
    /// When the connection is lost or takes no further command.
    async fn exec(&self, command: &str) -> Result<Pipe>;

    /// Ends the connection and everything that runs over it.
    async fn close(&self);

    /// The host's name in the inventory, for errors.
    fn name(&self) -> &str;
}

/// The two directions of a running command. When `stdout` and `exit` are both dropped, nobody can be interested in the
/// command any more: it is told to terminate and its channel is closed, and a local one is killed with its process group.
/// A runner ([`crate::start_runner`]) is spared that; it ends by itself when its input ends.
pub struct Pipe {
    /// What the command reads; dropping it or shutting it down ends the command's input.
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    /// What the command writes.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    /// What the command writes about errors; it need not be read.
    pub stderr: Box<dyn AsyncRead + Send + Unpin>,
    /// How it ends.
    pub exit: ExitFuture,
}

/// Resolves when a command has ended.
pub type ExitFuture = Pin<Box<dyn Future<Output = Exit> + Send>>;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this exit code.
    Code(i32),
    /// By a signal, named without `SIG`.
    Signal(String),
    /// Nobody knows, for this reason; as a rule the connection broke.
    Lost(String),
}

impl Exit {
    /// The exit code as a shell would say it, where 128 and more stands for a signal; `None` if it was lost.
    pub fn code(&self) -> Option<i32> {
        match self {
            Exit::Code(code) => Some(*code),
            Exit::Signal(name) => Some(128 + signal_number(name).unwrap_or(0)),
            Exit::Lost(_) => None,
        }
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Exit::Code(code) => write!(formatter, "exit code {code}"),
            Exit::Signal(name) => write!(formatter, "signal {name}"),
            Exit::Lost(reason) => formatter.write_str(reason),
        }
    }
}

/// The signals that ssh has names for (RFC 4254, section 6.10), and those that end a process by default.
const SIGNALS: [(&str, i32); 18] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("SYS", 31),
];

fn signal_number(name: &str) -> Option<i32> {
    SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// The name of a signal without `SIG`, or its number where it has none here.
pub(crate) fn signal_name(number: i32) -> String {
    SIGNALS
        .iter()
        .find(|(_, known)| *known == number)
        .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

type Opening<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn Connection>>> + Send + 'a>>;
type Plugin = (&'static str, for<'a> fn(&'a Target) -> Opening<'a>);

/// Every connection plugin. A new one is one file and one line here.
const PLUGINS: &[Plugin] = &[
    ("ssh", |target| opened(Ssh::connect(target))),
    ("smart", |target| opened(Ssh::connect(target))),
    ("openssh", |target| opened(OpenSsh::connect(target))),
    ("local", |target| opened(async { Ok(Local::new(target)) })),
    ("docker", |target| opened(Wrapped::connect(target, &wrapped::DOCKER))),
    ("podman", |target| opened(Wrapped::connect(target, &wrapped::PODMAN))),
    ("kubectl", |target| opened(Wrapped::connect(target, &wrapped::KUBECTL))),
    ("chroot", |target| opened(Wrapped::connect(target, &wrapped::CHROOT))),
];

/// The collections whose plugins of the same name ours stand in for.
const COLLECTIONS: &[&str] = &[
    "ansible.builtin.",
    "ansible.legacy.",
    "community.docker.",
    "containers.podman.",
    "kubernetes.core.",
    "community.general.",
];

fn opened<'a, C: Connection + 'static>(opening: impl Future<Output = Result<C>> + Send + 'a) -> Opening<'a> {
    Box::pin(async move { Ok(Arc::new(opening.await?) as Arc<dyn Connection>) })
}

/// The names that [`Target::connection`] may have.
pub fn connection_names() -> impl Iterator<Item = &'static str> {
    PLUGINS.iter().map(|(name, _)| *name)
}

/// Connects to a host and logs in.
///
/// # Errors
/// When the plugin is unknown, or the host can't be reached or logged in to: the error names the host, the reason and
/// what to do.
pub async fn connect(target: &Target) -> Result<Arc<dyn Connection>> {
    let given = target.connection.as_str();
    let name = COLLECTIONS.iter().find_map(|collection| given.strip_prefix(collection)).unwrap_or(given);
    let Some((_, open)) = PLUGINS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = connection_names().collect();
        return Err(Error::new(format!("unknown connection '{given}'"))
            .host(&target.name)
            .hint_some(did_you_mean(name, connection_names()))
            .hint(format!("the connections are {}", names.join(", "))));
    };
    open(target).await.map_err(|error| error.host(&target.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_connection_is_refused_with_the_known_ones() {
        let mut target = Target::new("web1");
        target.connection = "shs".to_owned();
        let error = connect(&target).await.err().unwrap();
        assert_eq!(error.message(), "unknown connection 'shs'");
        assert_eq!(error.hints()[0], "did you mean 'ssh'?");
        assert!(error.hints()[1].contains("openssh"), "{:?}", error.hints());
    }

    #[test]
    fn a_signal_has_a_shell_s_exit_code() {
        assert_eq!(Exit::Signal("TERM".to_owned()).code(), Some(143));
        assert_eq!(Exit::Code(3).code(), Some(3));
        assert_eq!(Exit::Lost("gone".to_owned()).code(), None);
        assert_eq!(signal_name(9), "KILL");
    }
}
