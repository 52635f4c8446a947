use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use flate2::read::{GzDecoder, MultiGzDecoder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{HttpAddress, HttpFailure, HttpRequest, HttpResponse, HttpRoute, HttpTrust, System};

use super::authorization::{answer, basic};
use super::surroundings::{authorities, netrc, route};

/// How a host asks web servers.
#[derive(Clone, Debug)]
pub struct WebClient {
    /// How long to wait for the other side.
    pub timeout: Duration,
    /// What it calls itself.
    pub agent: String,
    /// Whether what is asked changes nothing on the server, so that a dry run asks as well.
    pub only_reads: bool,
    /// Login, if there is one.
    pub login: Option<(String, String)>,
    /// Whether the login is sent without being asked for.
    pub force_basic: bool,
    /// Whether the user's `.netrc` may have a login.
    pub use_netrc: bool,
    /// Whether the environment's proxies are used.
    pub use_proxy: bool,
    /// Which redirections are followed.
    pub redirects: Redirects,
    /// Headers that go to the first server only.
    pub unredirected: Vec<String>,
    /// A socket on the host to use instead of the network.
    pub socket: Option<PathBuf>,
    /// Whether what comes compressed is decompressed.
    pub decompress: bool,
    /// Whether the server's certificate is checked.
    pub verify: bool,
    /// The certificates of those who vouch for servers, instead of the host's.
    pub authorities: Option<Vec<u8>>,
    /// The certificate with which the host is identified, and its key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// Which redirections are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Redirects {
    /// All.
    All,
    /// None.
    No,
    /// None.
    None,
    /// Those of `GET` and `HEAD`.
    #[default]
    Safe,
    /// As Python's library does: those of `GET`, `HEAD` and, but for 307 and 308, `POST`; all of them with `GET`.
    Urllib2,
    /// All.
    Yes,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub struct WebAnswer {
    /// The last server's answer.
    pub response: HttpResponse,
    /// Where it comes from.
    pub address: HttpAddress,
    /// Whether that is elsewhere.
    pub redirected: bool,
    /// Cookies, by name, in the order in which they were set.
    pub cookies: Vec<(String, String)>,
}

/// How often a request may be sent elsewhere.
const REDIRECT_LIMIT: usize = 10;

/// A request on its way from server to server.
struct Journey {
    /// The first server, for which the login is.
    origin: String,
    method: String,
    address: HttpAddress,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    cookies: Vec<(String, String, String)>,
}

impl WebClient {
    /// One that only reads, as whom nobody logs in, and that follows redirections as Python's library does.
    pub fn new(timeout: Duration) -> WebClient {
        WebClient {
            timeout,
            agent: "ansible-httpget".into(),
            only_reads: true,
            login: None,
            force_basic: false,
            use_netrc: true,
            use_proxy: true,
            redirects: Redirects::Urllib2,
            unredirected: Vec::new(),
            socket: None,
            decompress: true,
            verify: true,
            authorities: None,
            identity: None,
        }
    }

    /// Asks and follows redirections.
    ///
    /// # Errors
    /// There is no answer.
    pub fn ask(
        &self,
        host: &mut System,
        method: &str,
        address: HttpAddress,
        headers: Vec<(String, String)>,
        body: Option<Vec<u8>>,
    ) -> Result<WebAnswer, HttpFailure> {
        let start = address.clone();
        let origin = address.host.clone();
        let mut journey =
            Journey { origin, method: method.to_owned(), address, headers, body, cookies: Vec::new() };
        for redirections in 0.. {
            let first = redirections == 0;
            let mut response = self.ask_one(host, &journey, first)?;
            journey.keep_cookies(&response);
            let next = response.header("Location").and_then(|location| journey.address.join(location));
            match next {
                Some(next)
                    if redirections < REDIRECT_LIMIT
                        && self.redirects.follows(response.status, &journey.method) =>
                {
                    journey.turn(response.status, next, self.redirects);
                }
                _ => {
                    self.unpack(&mut response);
                    let redirected = journey.address != start;
                    let cookies = journey.cookies.into_iter().map(|(_, name, value)| (name, value)).collect();
                    return Ok(WebAnswer { response, address: journey.address, redirected, cookies });
                }
            }
        }
        Err(HttpFailure::Broken("too many redirections".into()))
    }

    /// Asks one server, and once more with a login if it wants one.
    fn ask_one(
        &self,
        host: &mut System,
        journey: &Journey,
        first: bool,
    ) -> Result<HttpResponse, HttpFailure> {
        let address = &journey.address;
        let mut login = address.credentials.clone().or_else(|| self.login.clone());
        let mut forced = self.force_basic && login.is_some();
        if self.use_netrc
            && login.is_none()
            && let Some(found) = netrc(host, &address.host)
        {
            (login, forced) = (Some(found), true);
        }
        let drops =
            |name: &str| !first && self.unredirected.iter().any(|drop| drop.eq_ignore_ascii_case(name));
        let mut headers: Vec<(String, String)> =
            journey.headers.iter().filter(|(name, _)| !drops(name)).cloned().collect();
        let mut set = |name: &str, value: String, replace: bool| {
            let given = headers.iter().position(|(found, _)| found.eq_ignore_ascii_case(name));
            match given {
                Some(at) if replace => headers[at].1 = value,
                Some(_) => {}
                None => headers.push((name.to_owned(), value)),
            }
        };
        set("User-Agent", self.agent.clone(), false);
        set("Accept-Encoding", if self.decompress { "gzip" } else { "identity" }.into(), false);
        if let (true, Some((user, password))) = (forced && !drops("Authorization"), &login) {
            set("Authorization", basic(user, password), true);
        }
        let cookies: Vec<String> = journey
            .cookies
            .iter()
            .filter(|(server, _, _)| *server == address.host)
            .map(|(_, name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            set("Cookie", cookies.join("; "), false);
        }
        let trust = HttpTrust {
            verify: self.verify,
            authorities: match &self.authorities {
                _ if !address.secure || !self.verify => Vec::new(),
                Some(own) => own.clone(),
                None => authorities(host),
            },
            identity: self.identity.clone(),
        };
        let route = match &self.socket {
            Some(path) => HttpRoute::Socket(path.clone()),
            None if self.use_proxy => route(host, address),
            None => HttpRoute::Direct,
        };
        let mut request = HttpRequest {
            method: journey.method.clone(),
            address: address.clone(),
            headers,
            body: journey.body.clone(),
            timeout: self.timeout,
            route,
            trust,
        };
        let response = self.exchange(host, &request)?;
        if response.status != 401 || forced {
            return Ok(response);
        }
        let own = address.credentials.is_some() || address.host == journey.origin;
        let Some((user, password)) = login.filter(|_| own) else { return Ok(response) };
        let random = host.unguessable().map_err(|error| HttpFailure::Broken(error.to_string()))?;
        let challenges =
            response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("WWW-Authenticate"));
        let authorization = challenges
            .filter_map(|(_, challenge)| {
                answer(challenge, &user, &password, &journey.method, address, random)
            })
            .next();
        let Some(authorization) = authorization else { return Ok(response) };
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Authorization"));
        request.headers.push(("Authorization".into(), authorization));
        self.exchange(host, &request)
    }

    fn exchange(&self, host: &mut System, request: &HttpRequest) -> Result<HttpResponse, HttpFailure> {
        if self.only_reads { host.query_http(request) } else { host.send_http(request) }
    }

    fn unpack(&self, response: &mut HttpResponse) {
        let compressed =
            response.header("Content-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
        if !self.decompress || !compressed || GzDecoder::new(response.body.as_slice()).header().is_none() {
            return;
        }
        let mut plain = Vec::new();
        response.complete &= MultiGzDecoder::new(response.body.as_slice()).read_to_end(&mut plain).is_ok();
        response.body = plain;
    }
}

impl Redirects {
    fn follows(self, status: u16, method: &str) -> bool {
        let reading = matches!(method, "GET" | "HEAD");
        matches!(status, 301 | 302 | 303 | 307 | 308)
            && match self {
                Redirects::All | Redirects::Yes => true,
                Redirects::No | Redirects::None => false,
                Redirects::Safe => reading,
                Redirects::Urllib2 => reading || (method == "POST" && status < 307),
            }
    }
}

impl Journey {
    /// Goes on elsewhere, as browsers do; or as urllib does in the Pythons that most hosts have, which up to 3.12 forgets
    /// that only the head was asked for.
    fn turn(&mut self, status: u16, next: HttpAddress, redirects: Redirects) {
        self.address = next;
        let as_urllib = redirects == Redirects::Urllib2;
        if status >= 307 && !as_urllib {
            return;
        }
        self.body = None;
        self.headers.retain(|(name, _)| {
            !["content-length", "content-type", "transfer-encoding"]
                .contains(&name.to_ascii_lowercase().as_str())
        });
        let reads = match status {
            _ if as_urllib => true,
            301 => self.method == "POST",
            _ => self.method != "HEAD",
        };
        if reads {
            self.method = "GET".into();
        }
    }

    fn keep_cookies(&mut self, response: &HttpResponse) {
        for (header, value) in &response.headers {
            if !header.eq_ignore_ascii_case("Set-Cookie") {
                continue;
            }
            let Some((name, value)) = value.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            let server = self.address.host.clone();
            match self.cookies.iter_mut().find(|(from, known, _)| *from == server && *known == name) {
                Some(known) => known.2 = value,
                None => self.cookies.push((server, name, value)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_changes_the_method() {
        let after = |redirects, status, method: &str| {
            let address: HttpAddress = HttpAddress::parse("http://a.example/b").unwrap();
            let mut journey = Journey {
                origin: String::new(),
                address: address.clone(),
                method: method.into(),
                headers: Vec::new(),
                body: None,
                cookies: Vec::new(),
            };
            journey.turn(status, address, redirects);
            journey.method
        };
        for (status, method, expected) in [
            (301, "HEAD", "HEAD"),
            (301, "PUT", "PUT"),
            (301, "POST", "GET"),
            (303, "PUT", "GET"),
            (308, "POST", "POST"),
        ] {
            assert_eq!(after(Redirects::All, status, method), expected, "{status} {method}");
        }
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(after(Redirects::Urllib2, status, "HEAD"), "GET", "{status}");
        }
    }

    #[test]
    fn redirections_are_followed_as_asked() {
        use Redirects::*;
        assert!(Safe.follows(302, "GET") && !Safe.follows(302, "POST"));
        assert!(All.follows(308, "PUT") && !No.follows(301, "GET"));
        assert!(
            Urllib2.follows(303, "POST") && !Urllib2.follows(307, "POST") && !Urllib2.follows(301, "PUT")
        );
        assert!(!All.follows(304, "GET"));
    }
}
