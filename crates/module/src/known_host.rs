use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A line of a `known_hosts` file that holds a key, as sshd(8) describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHost {
    /// `@cert-authority` or `@revoked`, if the line has one.
    pub marker: Option<String>,
    /// The hosts that it is about: patterns with commas between, or one hashed name.
    pub hosts: String,
    /// The kind of key, such as `ssh-ed25519`.
    pub kind: String,
    /// The key itself.
    pub key: String,
}

/// The mark in front of a hashed name.
const HASHED: &str = "|1|";

impl KnownHost {
    /// A line; nothing if it holds no key.
    pub fn parse(line: &str) -> Option<KnownHost> {
        let mut words = line.split_whitespace().peekable();
        if words.peek()?.starts_with('#') {
            return None;
        }
        let marker = words.next_if(|word| word.starts_with('@')).map(str::to_owned);
        let mut word = || words.next().map(str::to_owned);
        Some(KnownHost { marker, hosts: word()?, kind: word()?, key: word()? })
    }

    /// Whether it is about this host.
    pub fn is_about(&self, host: &str) -> bool {
        if let Some(hashed) = self.hosts.strip_prefix(HASHED) {
            let Some((salt, hash)) = hashed.split_once('|') else { return false };
            return STANDARD.decode(salt).is_ok_and(|salt| digest(&salt, host).as_deref() == Some(hash));
        }
        let host = host.to_lowercase();
        let mut found = false;
        for pattern in self.hosts.to_lowercase().split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if matches(pattern, &host) => return false,
                Some(_) => {}
                None => found |= matches(pattern, &host),
            }
        }
        found
    }

    /// Whether the name in it is hashed.
    pub fn is_hashed(&self) -> bool {
        self.hosts.starts_with(HASHED)
    }
}

/// A host's name so that the file does not tell it, with some random bytes.
pub fn hash_host(host: &str, salt: &[u8]) -> Option<String> {
    Some(format!("{HASHED}{}|{}", STANDARD.encode(salt), digest(salt, host)?))
}

fn digest(salt: &[u8], host: &str) -> Option<String> {
    let mut hmac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    hmac.update(host.as_bytes());
    Some(STANDARD.encode(hmac.finalize().into_bytes()))
}

/// `*` stands for any characters, `?` for one.
fn matches(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.as_bytes(), host.as_bytes());
    let (mut at, mut to) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while to < host.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, to));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || *wanted == host[to] => {
                at += 1;
                to += 1;
            }
            _ => match star {
                Some((position, from)) => {
                    star = Some((position, from + 1));
                    (at, to) = (position + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_plain_by_pattern_and_hashed() {
        let about = |line: &str, host: &str| KnownHost::parse(line).is_some_and(|line| line.is_about(host));
        assert!(about("a.example,10.0.0.1 ssh-rsa AAAA", "10.0.0.1"));
        assert!(about("@cert-authority *.example ssh-rsa AAAA", "b.example"));
        assert!(!about("*.example,!b.example ssh-rsa AAAA", "b.example"));
        assert!(!about("# a.example ssh-rsa AAAA", "a.example"));
        assert!(about("[a?c]:2222 ssh-rsa AAAA", "[abc]:2222"));
        let hashed = hash_host("a.example", b"twenty bytes of salt").unwrap();
        assert!(about(&format!("{hashed} ssh-rsa AAAA"), "a.example"));
        assert!(!about(&format!("{hashed} ssh-rsa AAAA"), "b.example"));
    }
}
