//! What of a host's surroundings counts when it asks web servers.

use std::path::{Path, PathBuf};

use system::{HttpAddress, HttpRoute, System};

use super::authorization::basic;

/// Where distributions keep the certificates of those who vouch for servers.
const AUTHORITIES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates of those who vouch for servers, as PEM; none if the host has none.
pub(super) fn authorities(host: &mut System) -> Vec<u8> {
    let named = host.environment("SSL_CERT_FILE").map(PathBuf::from);
    let candidates = named.into_iter().chain(AUTHORITIES.map(PathBuf::from));
    for candidate in candidates {
        if let Ok(bytes) = host.read(&candidate) {
            return bytes;
        }
    }
    Vec::new()
}

/// The proxy that the environment names for an address.
pub(super) fn route(host: &System, address: &HttpAddress) -> HttpRoute {
    let variable = |name: &str| {
        let found = host.environment(name).or_else(|| host.environment(&name.to_ascii_uppercase()));
        found.filter(|value| !value.is_empty())
    };
    let scheme = if address.secure { "https" } else { "http" };
    let Some(written) = variable(&format!("{scheme}_proxy")).or_else(|| variable("all_proxy")) else {
        return HttpRoute::Direct;
    };
    if variable("no_proxy").is_some_and(|names| is_among(&names, address)) {
        return HttpRoute::Direct;
    }
    let written = if written.contains("://") { written } else { format!("http://{written}") };
    match HttpAddress::parse(&written) {
        Some(proxy) => {
            let authorization = proxy.credentials.as_ref().map(|(user, password)| basic(user, password));
            HttpRoute::Proxy(proxy, authorization)
        }
        None => HttpRoute::Direct,
    }
}

fn is_among(names: &str, address: &HttpAddress) -> bool {
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).any(|name| {
        let name = name.trim_start_matches('.');
        name == "*"
            || address.host == name
            || address.host.ends_with(&format!(".{name}"))
            || format!("{}:{}", address.host, address.port) == name
    })
}

/// The login that the user's `.netrc` has for a server.
pub(super) fn netrc(host: &mut System, server: &str) -> Option<(String, String)> {
    let path = match host.environment("NETRC") {
        Some(path) => PathBuf::from(path),
        None => Path::new(&host.environment("HOME")?).join(".netrc"),
    };
    let text = host.read_text_if_any(&path).ok()??;
    let mut words = text.split_whitespace();
    let (mut user, mut password, mut counts) = (None, None, false);
    let mut finished = None;
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if counts {
                    break;
                }
                counts = word == "default" || words.next() == Some(server);
            }
            "login" if counts => user = words.next(),
            "password" if counts => password = words.next(),
            _ => {}
        }
        if let (true, Some(user), Some(password)) = (counts, user, password) {
            finished = Some((user.to_owned(), password.to_owned()));
        }
    }
    finished
}
