use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use diag::{Error, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::config::{Family, Proxy, Resolved};
use super::stream::PromptTcpStream;
use super::{Session, Ssh, jumps};
use crate::process_group::ProcessGroup;

/// Bytes to and from a host's ssh server.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The way to a host: bytes, and the connection that they run through.
pub(super) struct Road {
    pub(super) stream: Box<dyn Stream>,
    pub(super) through: Option<Arc<Ssh>>,
}

/// A jump host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl Hop {
    /// Reads `[user@]host[:port]`, where an IPv6 address with a port stands in brackets, with or without `ssh://`.
    fn read(text: &str) -> Result<Hop> {
        let wrong = || Error::new(format!("'{text}' is no jump host")).hint("write it as user@host:port");
        let plain = text.strip_prefix("ssh://").unwrap_or(text);
        let (user, place) = match plain.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, plain),
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
                (host, after.strip_prefix(':'))
            }
            None => match place.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (place, None),
            },
        };
        let port = port.filter(|port| !port.is_empty()).map(str::parse).transpose().map_err(|_| wrong())?;
        match host.is_empty() || host.starts_with('-') {
            true => Err(wrong()),
            false => Ok(Hop { user, host: host.to_owned(), port }),
        }
    }
}

impl Session<'_> {
    /// Opens the way to a host.
    pub(super) async fn road(&self, resolved: &Resolved) -> Result<Road> {
        match &resolved.proxy {
            Proxy::None => Ok(Road { stream: Box::new(dial(resolved).await?), through: None }),
            Proxy::Command(command) => {
                Ok(Road { stream: Box::new(ProxyStream::start(command)?), through: None })
            }
            Proxy::Jump(hops) => {
                let Some((last, earlier)) = hops.split_last() else {
                    return Ok(Road { stream: Box::new(dial(resolved).await?), through: None });
                };
                let hop = Hop::read(last)?;
                let key =
                    format!("{:?}", (hops, &resolved.config_file, self.host_key_checking, self.accept_new));
                let jump = jumps::shared(key, self.jump(&hop, earlier, resolved)).await?;
                let channel = jump
                    .handle
                    .channel_open_direct_tcpip(&resolved.host, u32::from(resolved.port), "127.0.0.1", 0)
                    .await
                    .map_err(|error| {
                        Error::new(format!(
                            "the jump host '{last}' can't connect to {}:{}",
                            resolved.host, resolved.port
                        ))
                        .cause(error)
                        .hint("does the jump host reach it, and allow forwarding (AllowTcpForwarding)?")
                    })?;
                Ok(Road { stream: Box::new(channel.into_stream()), through: Some(jump) })
            }
        }
    }
}

async fn dial(resolved: &Resolved) -> Result<PromptTcpStream> {
    let (host, port) = (&resolved.host, resolved.port);
    let found = tokio::net::lookup_host((host.as_str(), port)).await.map_err(|error| {
        Error::new(format!("can't find the address of '{host}'"))
            .cause(error)
            .hint("is the name right? an address can be given with the variable ansible_host")
    })?;
    let fits = |address: &SocketAddr| match resolved.family {
        Family::Any => true,
        Family::V4 => address.is_ipv4(),
        Family::V6 => address.is_ipv6(),
    };
    let mut failure = None;
    for address in found.filter(fits) {
        match TcpStream::connect(address).await.and_then(PromptTcpStream::new) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = Some(error),
        }
    }
    let Some(failure) = failure else {
        return Err(Error::new(format!("'{host}' has no address of the wanted family"))
            .hint("leave out -4, -6 or AddressFamily"));
    };
    let refused = failure.kind() == std::io::ErrorKind::ConnectionRefused;
    let error = Error::new(format!("can't connect to {host}:{port}")).cause(failure);
    Err(match refused {
        true => error.hint(
            "is sshd running there, and on this port? another port is set with the variable ansible_port",
        ),
        false => error.hint("is the host up and reachable from here?"),
    })
}

/// The pipes of a proxy command, which ends with them.
struct ProxyStream {
    pipes: tokio::io::Join<tokio::process::ChildStdout, tokio::process::ChildStdin>,
    _group: ProcessGroup,
}

impl ProxyStream {
    fn start(command: &str) -> Result<ProxyStream> {
        let failed =
            |cause: String| Error::new(format!("can't start the proxy command '{command}'")).cause(cause);
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("exec {command}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Its complaints would land in the middle of our output.
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let pipes = (child.stdout.take(), child.stdin.take());
        let group = ProcessGroup::led_by(child);
        match pipes {
            (Some(stdout), Some(stdin)) => {
                Ok(ProxyStream { pipes: tokio::io::join(stdout, stdin), _group: group })
            }
            _ => Err(failed("it has no pipes".to_owned())),
        }
    }
}

impl AsyncRead for ProxyStream {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        into: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipes).poll_read(context, into)
    }
}

impl AsyncWrite for ProxyStream {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.pipes).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipes).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipes).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jump_hosts_are_read() {
        let hop = |user: Option<&str>, host: &str, port| Hop {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
        };
        let cases = [
            ("bastion", hop(None, "bastion", None)),
            ("me@bastion:2222", hop(Some("me"), "bastion", Some(2222))),
            ("ssh://me@bastion:22", hop(Some("me"), "bastion", Some(22))),
            ("[::1]:22", hop(None, "::1", Some(22))),
            ("a@b@::1", hop(Some("a@b"), "::1", None)),
        ];
        for (text, expected) in cases {
            assert_eq!(Hop::read(text).unwrap(), expected);
        }
        for text in ["", "me@", "host:x", "-oProxyCommand=x", "host:99999"] {
            assert!(Hop::read(text).is_err(), "{text}");
        }
    }
}
