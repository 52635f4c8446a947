use std::fmt;

/// The address of something on a web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAddress {
    /// Whether the connection is encrypted: `https`.
    pub secure: bool,
    /// Name or address of the server; an address of version 6 in brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User and password before the host, their `%` codes undone.
    pub credentials: Option<(String, String)>,
    /// Path and question, with their `%` codes.
    pub path: String,
}

impl HttpAddress {
    /// An address as it is written; nothing if it is none of `http` or `https`.
    pub fn parse(text: &str) -> Option<HttpAddress> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (credentials, server) = match authority.rsplit_once('@') {
            Some((credentials, server)) => {
                let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
                (Some((without_codes(user), without_codes(password))), server)
            }
            None => (None, authority),
        };
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                (host, if port.is_empty() { None } else { Some(port.parse().ok()?) })
            }
            _ => (server, None),
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return None;
        }
        let path = path.replace(' ', "%20");
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        let port = port.unwrap_or(if secure { 443 } else { 80 });
        Some(HttpAddress { secure, host: host.to_owned(), port, credentials, path })
    }

    /// Where a redirection leads that is written relative to this address.
    pub fn join(&self, location: &str) -> Option<HttpAddress> {
        let scheme = if self.secure { "https" } else { "http" };
        let location = location.trim();
        // The same scheme without a host says nothing, as for Python's urljoin.
        let location = match location.strip_prefix(scheme).and_then(|rest| rest.strip_prefix(':')) {
            Some(rest) if !rest.starts_with("//") => rest,
            Some(rest) if rest.starts_with("///") => &rest[2..],
            _ => location,
        };
        if location.contains("://") {
            return HttpAddress::parse(location);
        }
        if let Some(rest) = location.strip_prefix("//") {
            return HttpAddress::parse(&format!("{scheme}://{rest}"));
        }
        let path = if location.starts_with('/') {
            location.to_owned()
        } else {
            let here = self.path.split('?').next().unwrap_or_default();
            match location.strip_prefix('?') {
                Some(question) => format!("{here}?{question}"),
                None => format!("{}{location}", &here[..=here.rfind('/').unwrap_or(0)]),
            }
        };
        HttpAddress::parse(&format!("{scheme}://{}{}", self.server(), without_dots(&path)))
    }

    /// Host, and port unless it is the usual one.
    pub fn server(&self) -> String {
        if self.port == if self.secure { 443 } else { 80 } {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// Credentials are left out.
impl fmt::Display for HttpAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(formatter, "{scheme}://{}{}", self.server(), self.path)
    }
}

fn without_codes(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|code| u8::from_str_radix(code, 16).ok())
            }
            _ => None,
        };
        match code {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The path with the segments `.` and `..` followed, as RFC 3986 (5.2.4) has it; a query is left alone.
fn without_dots(path: &str) -> String {
    let end = path.find('?').unwrap_or(path.len());
    let (path, query) = path.split_at(end);
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.trim_start_matches('/').split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_dots = matches!(segment, "." | "..");
        if segment == ".." {
            kept.pop();
        }
        if !is_dots {
            kept.push(segment);
        } else if segments.peek().is_none() {
            // What ends in dots is a directory.
            kept.push("");
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart_and_joined() {
        let address = HttpAddress::parse("https://a%40b:p%3Aq@host.example:8443/x/y?z=1#part").unwrap();
        assert_eq!(address.credentials, Some(("a@b".into(), "p:q".into())));
        assert_eq!(address.to_string(), "https://host.example:8443/x/y?z=1");
        let join = |location: &str| address.join(location).map(|joined| joined.to_string());
        assert_eq!(join("w").as_deref(), Some("https://host.example:8443/x/w"));
        assert_eq!(join("/w?q").as_deref(), Some("https://host.example:8443/w?q"));
        assert_eq!(join("http://other").as_deref(), Some("http://other/"));
        assert_eq!(join("./v/../w?a/../b").as_deref(), Some("https://host.example:8443/x/w?a/../b"));
        assert_eq!(join("../../..").as_deref(), Some("https://host.example:8443/"));
        assert_eq!(join("https:w").as_deref(), Some("https://host.example:8443/x/w"));
        assert_eq!(join("https:///w").as_deref(), Some("https://host.example:8443/w"));
        assert_eq!(HttpAddress::parse("http://[::1]:80?q").unwrap().to_string(), "http://[::1]/?q");
        assert_eq!(HttpAddress::parse("ftp://host/"), None);
        assert_eq!(HttpAddress::parse("http://host:x/"), None);
        assert_eq!(HttpAddress::parse("nonsense"), None);
    }
}
