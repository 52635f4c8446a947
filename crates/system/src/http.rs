//! Requests over HTTP from a host: one request and its answer; what follows from it is the modules' matter.

mod address;
mod connection;
mod message;
mod trust;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use value::Unknown;

use crate::{Error, System};

pub use address::HttpAddress;
pub(crate) use connection::exchange;

/// What is asked of a web server.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Where.
    pub address: HttpAddress,
    /// Headers, without `Host`, `Connection` and `Content-Length`, which follow from the rest.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    pub body: Option<Vec<u8>>,
    /// How long to wait for the other side.
    pub timeout: Duration,
    /// The way to the server.
    pub route: HttpRoute,
    /// Whom to trust, and how to prove who asks.
    pub trust: HttpTrust,
}

/// The way to a web server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HttpRoute {
    /// The server itself.
    #[default]
    Direct,
    /// A proxy, which may want an `Proxy-Authorization` header.
    Proxy(HttpAddress, Option<String>),
    /// A socket on the host, whatever the address says.
    Socket(PathBuf),
}

/// Which certificates count.
#[derive(Clone, Debug)]
pub struct HttpTrust {
    /// Whether the server's certificate is checked.
    pub verify: bool,
    /// The certificates of those who vouch for servers, as PEM.
    pub authorities: Vec<u8>,
    /// The certificate with which the host itself is identified, and its key, as PEM.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// What a web server says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// Its number.
    pub status: u16,
    /// The words beside the number.
    pub reason: String,
    /// Headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body as it came over the line, only put together.
    pub body: Vec<u8>,
    /// Whether the body is whole.
    pub complete: bool,
}

impl HttpResponse {
    /// A header's value; of several the first.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpFailure {
    /// Nobody knows the server's name.
    NoSuchHost,
    /// The server's certificate does not count: why.
    Certificate(String),
    /// It took too long.
    TimedOut,
    /// Something else: what.
    Broken(String),
    /// This is a dry run, and what was to be sent might change something: what nobody knows therefore.
    NotSent(Unknown),
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Playbooks look for these words.
        match self {
            HttpFailure::NoSuchHost => formatter.write_str("[Errno -2] Name or service not known"),
            HttpFailure::Certificate(why) => {
                write!(formatter, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {why}")
            }
            HttpFailure::TimedOut => formatter.write_str("timed out"),
            HttpFailure::Broken(what) => formatter.write_str(what),
            HttpFailure::NotSent(unknown) => unknown.fmt(formatter),
        }
    }
}

impl System {
    /// Asks a web server for something that changes nothing there; in a dry run as well.
    ///
    /// # Errors
    /// There is no answer.
    pub fn query_http(&mut self, request: &HttpRequest) -> Result<HttpResponse, HttpFailure> {
        self.note("http", request.address.to_string());
        let addresses = match &request.route {
            HttpRoute::Direct => self.socket_addresses(&request.address, request.timeout)?,
            HttpRoute::Proxy(proxy, _) => self.socket_addresses(proxy, request.timeout)?,
            HttpRoute::Socket(_) => Vec::new(),
        };
        self.backend_mut().exchange(request, &addresses)
    }

    /// Asks a web server for something that may change something there; a dry run does not send it.
    ///
    /// # Errors
    /// There is no answer; in a dry run [`HttpFailure::NotSent`].
    pub fn send_http(&mut self, request: &HttpRequest) -> Result<HttpResponse, HttpFailure> {
        if self.is_dry_run() {
            let cause = "a dry run sends nothing to web servers, so nobody knows what they would answer";
            return Err(HttpFailure::NotSent(self.caused(Unknown::new(cause))));
        }
        self.query_http(request)
    }

    fn socket_addresses(
        &mut self,
        address: &HttpAddress,
        timeout: Duration,
    ) -> Result<Vec<SocketAddr>, HttpFailure> {
        let host = address.host.trim_start_matches('[').trim_end_matches(']');
        let found =
            self.resolve(host, timeout).map_err(|error: Error| HttpFailure::Broken(error.to_string()))?;
        if found.is_empty() {
            return Err(HttpFailure::NoSuchHost);
        }
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, address.port)).collect())
    }
}
