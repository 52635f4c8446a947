use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConnection, StreamOwned};

use super::trust::client_config;
use super::{HttpFailure, HttpRequest, HttpResponse, HttpRoute, message};

/// A line to the other side.
trait Line: Read + Write {}
impl<T: Read + Write> Line for T {}

/// Sends a request to one of these addresses and waits for the answer.
///
/// # Errors
/// There is none.
pub(crate) fn exchange(request: &HttpRequest, addresses: &[SocketAddr]) -> Result<HttpResponse, HttpFailure> {
    let line = connect(request, addresses)?;
    let line: Box<dyn Line> = if request.address.secure { encrypt(request, line)? } else { line };
    let mut line = BufReader::new(line);
    message::send(line.get_mut(), request).map_err(failure(request))?;
    message::receive(&mut line, &request.method).map_err(failure(request))
}

fn connect(request: &HttpRequest, addresses: &[SocketAddr]) -> Result<Box<dyn Line>, HttpFailure> {
    let timeout = request.timeout.max(Duration::from_millis(1));
    if let HttpRoute::Socket(path) = &request.route {
        let stream = UnixStream::connect(path).map_err(failure(request))?;
        stream.set_read_timeout(Some(timeout)).map_err(failure(request))?;
        stream.set_write_timeout(Some(timeout)).map_err(failure(request))?;
        return Ok(Box::new(stream));
    }
    let mut outcome = Err(HttpFailure::NoSuchHost);
    for address in addresses {
        let connected = TcpStream::connect_timeout(address, timeout);
        outcome = connected.map_err(failure(request));
        if outcome.is_ok() {
            break;
        }
    }
    let mut stream = outcome?;
    stream.set_read_timeout(Some(timeout)).map_err(failure(request))?;
    stream.set_write_timeout(Some(timeout)).map_err(failure(request))?;
    if let HttpRoute::Proxy(_, authorization) = &request.route
        && request.address.secure
    {
        tunnel(&mut stream, request, authorization.as_deref())?;
    }
    Ok(Box::new(stream))
}

/// Has a proxy pass on everything.
fn tunnel(
    stream: &mut TcpStream,
    request: &HttpRequest,
    authorization: Option<&str>,
) -> Result<(), HttpFailure> {
    let server = format!("{}:{}", request.address.host, request.address.port);
    let authorization =
        authorization.map_or(String::new(), |value| format!("Proxy-Authorization: {value}\r\n"));
    let head = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{authorization}\r\n");
    stream.write_all(head.as_bytes()).map_err(failure(request))?;
    // Byte by byte, so that nothing of what comes after is swallowed.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < 64 * 1024 {
        let mut byte = [0];
        stream.read_exact(&mut byte).map_err(failure(request))?;
        answer.extend(byte);
    }
    let head = message::receive_head(&mut answer.as_slice()).map_err(failure(request))?;
    match head.status {
        200..300 => Ok(()),
        status => Err(HttpFailure::Broken(format!("Tunnel connection failed: {status} {}", head.reason))),
    }
}

fn encrypt(request: &HttpRequest, mut line: Box<dyn Line>) -> Result<Box<dyn Line>, HttpFailure> {
    let config = client_config(&request.trust)?;
    let host = request.address.host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| HttpFailure::Broken(format!("'{host}' can't be the name of a server")))?;
    let mut connection = ClientConnection::new(Arc::new(config), name)
        .map_err(|error| HttpFailure::Broken(error.to_string()))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut line).map_err(failure(request))?;
    }
    Ok(Box::new(StreamOwned::new(connection, line)))
}

/// What went wrong, in words for which playbooks look.
fn failure(request: &HttpRequest) -> impl Fn(io::Error) -> HttpFailure {
    let host = request.address.host.clone();
    move |error| {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match (inner, error.kind()) {
            (Some(rustls::Error::InvalidCertificate(why)), _) => HttpFailure::Certificate(match why {
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    format!("Hostname mismatch, certificate is not valid for '{host}'.")
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "certificate has expired".into()
                }
                CertificateError::UnknownIssuer => "unable to get local issuer certificate".into(),
                other => format!("{other:?}"),
            }),
            (_, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => HttpFailure::TimedOut,
            (_, io::ErrorKind::ConnectionRefused) => {
                HttpFailure::Broken("[Errno 111] Connection refused".into())
            }
            _ => HttpFailure::Broken(crate::error::plain(&error)),
        }
    }
}
