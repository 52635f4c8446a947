use std::path::PathBuf;
use std::time::Duration;

/// What the `url` lookup asks a web server for; the options are those of Ansible's lookup.
#[derive(Clone, Debug)]
pub struct WebRequest {
    /// Where: `http`, `https`, or `file` for one of the controller's files.
    pub address: String,
    /// More headers.
    pub headers: Vec<(String, String)>,
    /// What the asking program calls itself.
    pub agent: String,
    /// How long to wait for the server.
    pub timeout: Duration,
    /// User and password.
    pub login: Option<(String, String)>,
    /// Whether the login is sent without being asked for.
    pub force_basic_auth: bool,
    /// Whether the user's `.netrc` may have a login.
    pub use_netrc: bool,
    /// Whether the environment's proxies are used.
    pub use_proxy: bool,
    /// Which redirections are followed.
    pub redirections: Redirections,
    /// Headers that go to the first server only.
    pub unredirected_headers: Vec<String>,
    /// A socket to use instead of the network.
    pub socket: Option<PathBuf>,
    /// Whether the server's certificate is checked.
    pub validate_certs: bool,
    /// A file with the certificates of those who vouch for servers, instead of the controller's.
    pub authorities: Option<PathBuf>,
}

/// Which redirections a request follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirections {
    /// All of them.
    All,
    /// None of them.
    None,
    /// Those of requests that only read.
    Safe,
    /// Those that Python's library follows.
    Urllib2,
}
