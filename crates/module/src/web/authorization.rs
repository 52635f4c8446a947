use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use system::{HttpAddress, md5_hex, sha256_hex};

/// The `Authorization` header of a login that is sent as it is.
pub(super) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The `Authorization` header that a server's challenge asks for, as RFC 7617 and RFC 7616 say.
pub(super) fn answer(
    challenge: &str,
    user: &str,
    password: &str,
    method: &str,
    address: &HttpAddress,
    random: u64,
) -> Option<String> {
    let (scheme, rest) = challenge.split_once(char::is_whitespace).unwrap_or((challenge, ""));
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => Some(basic(user, password)),
        "digest" => digest(rest, user, password, method, address, random),
        _ => None,
    }
}

fn digest(
    challenge: &str,
    user: &str,
    password: &str,
    method: &str,
    address: &HttpAddress,
    random: u64,
) -> Option<String> {
    let fields = fields(challenge);
    let field = |name: &str| fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let (realm, nonce) = (field("realm")?, field("nonce")?);
    let algorithm = field("algorithm").unwrap_or("MD5");
    let hash = match algorithm.to_ascii_uppercase().as_str() {
        "MD5" => md5_hex,
        "SHA-256" => sha256_hex,
        _ => return None,
    };
    let secret = hash(format!("{user}:{realm}:{password}").as_bytes());
    let asked = hash(format!("{method}:{}", address.path).as_bytes());
    let quality = field("qop").is_some_and(|kinds| kinds.split(',').any(|kind| kind.trim() == "auth"));
    let own = format!("{random:016x}");
    let response = if quality {
        hash(format!("{secret}:{nonce}:00000001:{own}:auth:{asked}").as_bytes())
    } else {
        hash(format!("{secret}:{nonce}:{asked}").as_bytes())
    };
    let mut header = format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{}\", response=\"{response}\", algorithm={algorithm}",
        address.path
    );
    if let Some(opaque) = field("opaque") {
        header.push_str(&format!(", opaque=\"{opaque}\""));
    }
    if quality {
        header.push_str(&format!(", qop=auth, nc=00000001, cnonce=\"{own}\""));
    }
    Some(header)
}

/// `name="value", name=value`.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([',', ' ', '\t']).to_ascii_lowercase();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.push((name, value.trim().to_owned()));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_answered() {
        let address = HttpAddress::parse("http://host/dir/index.html").unwrap();
        assert_eq!(
            answer("Basic realm=\"x\"", "Aladdin", "open sesame", "GET", &address, 1).as_deref(),
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
        // The example of RFC 2069, without any quality of protection.
        let challenge = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let header = answer(challenge, "Mufasa", "Circle Of Life", "GET", &address, 1).unwrap();
        assert!(header.contains("response=\"670fd8c2df070c60b045671b8b24ff02\""), "{header}");
        assert_eq!(answer("Negotiate", "a", "b", "GET", &address, 1), None);
    }
}
