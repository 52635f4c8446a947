//! Public keys of OpenPGP (RFC 9580), as far as a keyring needs: which there are, and what they are called.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use system::{sha1_hex, sha256_hex};

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// A public key with its user names, signatures and subkeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPgpKey {
    /// Its packets.
    bytes: Vec<u8>,
    /// The fingerprints in upper-case digits: its own, and those of its subkeys.
    fingerprints: Vec<String>,
}

impl OpenPgpKey {
    /// The keys in bytes or in text; `None` if these are no keys, or secret ones.
    pub fn read_all(content: &[u8]) -> Option<Vec<OpenPgpKey>> {
        let text = String::from_utf8_lossy(content);
        let decoded = match text.contains(BEGIN) {
            true => without_armor(&text)?,
            false => content.to_vec(),
        };
        let mut keys: Vec<OpenPgpKey> = Vec::new();
        let mut rest = decoded.as_slice();
        while !rest.is_empty() {
            let packet = Packet::first(rest)?;
            let (bytes, after) = rest.split_at(packet.length);
            rest = after;
            match (packet.tag, keys.last_mut()) {
                // Secret keys and subkeys.
                (5 | 7, _) => return None,
                (6, _) => {
                    keys.push(OpenPgpKey {
                        bytes: bytes.into(),
                        fingerprints: vec![fingerprint(packet.body)?],
                    });
                }
                (tag, Some(key)) => {
                    key.bytes.extend(bytes);
                    if tag == 14 {
                        key.fingerprints.extend(fingerprint(packet.body));
                    }
                }
                (_, None) => {}
            }
        }
        (!keys.is_empty()).then_some(keys)
    }

    /// Several keys as bytes.
    pub fn to_bytes(keys: &[OpenPgpKey]) -> Vec<u8> {
        keys.iter().flat_map(|key| key.bytes.iter().copied()).collect()
    }

    /// Several keys as text.
    pub fn to_text(keys: &[OpenPgpKey]) -> String {
        let bytes = OpenPgpKey::to_bytes(keys);
        let encoded = STANDARD.encode(&bytes);
        let lines = encoded.as_bytes().chunks(64).map(|line| format!("{}\n", String::from_utf8_lossy(line)));
        let sum = STANDARD.encode(&crc24(&bytes).to_be_bytes()[1..]);
        format!("{BEGIN}\n\n{}={sum}\n{END}\n", lines.collect::<String>())
    }

    /// The long identifiers, sixteen digits each: its own, and those of its subkeys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.fingerprints.iter().map(|fingerprint| long_id(fingerprint))
    }

    /// Whether the fingerprint, or the long or short identifier, is the key's own.
    pub fn is_called(&self, id: &str) -> bool {
        self.fingerprints.first().is_some_and(|fingerprint| is_named(fingerprint, id))
    }

    /// Whether it is the key's own or that of a subkey.
    pub fn has(&self, id: &str) -> bool {
        self.fingerprints.iter().any(|fingerprint| is_named(fingerprint, id))
    }
}

/// Fingerprints of version 4 have 40 digits and end with the identifier, those of version 6 have 64 and start with it.
fn long_id(fingerprint: &str) -> &str {
    if fingerprint.len() == 64 { &fingerprint[..16] } else { &fingerprint[fingerprint.len() - 16..] }
}

fn is_named(fingerprint: &str, id: &str) -> bool {
    match id.len() {
        8 => long_id(fingerprint).ends_with(id),
        16 => long_id(fingerprint) == id,
        _ => fingerprint == id,
    }
}

struct Packet<'a> {
    tag: u8,
    body: &'a [u8],
    /// With its header.
    length: usize,
}

impl Packet<'_> {
    /// The packet that bytes begin with.
    fn first(bytes: &[u8]) -> Option<Packet<'_>> {
        let number = |from: usize, count: usize| {
            let digits = bytes.get(from..from + count)?;
            Some(digits.iter().fold(0, |number, digit| number << 8 | usize::from(*digit)))
        };
        let first = *bytes.first()?;
        let (tag, header, body) = match first {
            0xC0.. => match number(1, 1)? {
                short @ ..192 => (first & 0x3F, 2, short),
                192..224 => (first & 0x3F, 3, number(1, 2)? - (192 << 8) + 192),
                255 => (first & 0x3F, 6, number(2, 4)?),
                // In parts, which no key is.
                _ => return None,
            },
            0x80.. => {
                let count = match first & 3 {
                    3 => return None,
                    power => 1 << power,
                };
                (first >> 2 & 0x0F, 1 + count, number(1, count)?)
            }
            _ => return None,
        };
        let length = header.checked_add(body)?;
        Some(Packet { tag, body: bytes.get(header..length)?, length })
    }
}

/// The fingerprint of a key of version 4 or 6.
fn fingerprint(body: &[u8]) -> Option<String> {
    let hash = match body.first()? {
        4 => sha1_hex(&[&[0x99], &u16::try_from(body.len()).ok()?.to_be_bytes()[..], body].concat()),
        6 => sha256_hex(&[&[0x9B], &u32::try_from(body.len()).ok()?.to_be_bytes()[..], body].concat()),
        _ => return None,
    };
    Some(hash.to_uppercase())
}

/// What is in the text's blocks.
fn without_armor(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for block in text.split(BEGIN).skip(1) {
        let (block, _) = block.split_once(END)?;
        // Headers have a colon, and the checksum comes last.
        let lines = block.lines().map(str::trim).take_while(|line| !line.starts_with('='));
        let digits: String = lines.filter(|line| !line.contains(':')).collect();
        bytes.extend(STANDARD.decode(digits).ok()?);
    }
    Some(bytes)
}

/// The checksum below a block (RFC 9580, section 6.1).
fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xB7_04CE, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 16, |sum, _| {
            let shifted = sum << 1;
            if shifted & 0x100_0000 != 0 { shifted ^ 0x186_4CFB } else { shifted }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n\
        mDMEawCdrBYJKwYBBAHaRw8BAQdAu94xuWJcTHfnMpc3aiqSKUWmgi4nbYK7Lopo\n\
        mhoDMOi0GUxhYiA8bGFiQGV4YW1wbGUuaW52YWxpZD6IkAQTFggAOBYhBJWIXpw3\n\
        2cmrLni4d4ehlAXIVb8oBQJrAJ2sAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheA\n\
        AAoJEIehlAXIVb8oQmIBAPb6vYcFkzWBaDBsEAhYvrXJbm+Fwu5VSkSSe/SPrKXR\n\
        AP4ycDjwTMKC0mcmb2ie5umWsaIiovkTRr5WWQuS/sZbCg==\n\
        =20G3\n\
        -----END PGP PUBLIC KEY BLOCK-----\n";

    #[test]
    fn keys_are_read_and_written() {
        let keys = OpenPgpKey::read_all(KEY.as_bytes()).unwrap();
        let [key] = keys.as_slice() else { panic!("{keys:?}") };
        assert_eq!(key.ids().collect::<Vec<_>>(), ["87A19405C855BF28"]);
        for id in ["C855BF28", "87A19405C855BF28", "95885E9C37D9C9AB2E78B87787A19405C855BF28"] {
            assert!(key.is_called(id) && key.has(id), "{id}");
        }
        assert!(!key.has("C855BF27"));
        assert_eq!(OpenPgpKey::to_text(&keys), KEY);
        assert_eq!(OpenPgpKey::read_all(&OpenPgpKey::to_bytes(&keys)), Some(keys));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let bytes = OpenPgpKey::to_bytes(&OpenPgpKey::read_all(KEY.as_bytes()).unwrap());
        for end in 0..bytes.len() {
            // Behind the key itself come its user name and a signature.
            let read = OpenPgpKey::read_all(&bytes[..end]);
            assert!(read.is_none_or(|keys| keys[0].bytes.len() == end), "{end}");
        }
        for content in ["", "nonsense", "\u{80}", BEGIN, &KEY.replace("mDM", "m?M")] {
            assert_eq!(OpenPgpKey::read_all(content.as_bytes()), None, "{content}");
        }
    }
}
