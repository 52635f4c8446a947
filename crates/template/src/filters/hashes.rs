//! Filters that hash.

use blake2::{Blake2b512, Blake2s256};
use md5::Md5;
use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};
use value::Value;

use crate::arguments::{Arguments, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

type Hash = fn(&[u8]) -> String;

fn hashed<D: Digest>(bytes: &[u8]) -> String {
    hex(&D::digest(bytes))
}

/// The hashes, by the names that Python has for them.
const HASHES: &[(&str, Hash)] = &[
    ("blake2b", hashed::<Blake2b512>),
    ("blake2s", hashed::<Blake2s256>),
    ("md5", hashed::<Md5>),
    ("ripemd160", hashed::<Ripemd160>),
    ("sha1", hashed::<Sha1>),
    ("sha224", hashed::<Sha224>),
    ("sha256", hashed::<Sha256>),
    ("sha384", hashed::<Sha384>),
    ("sha3_224", hashed::<Sha3_224>),
    ("sha3_256", hashed::<Sha3_256>),
    ("sha3_384", hashed::<Sha3_384>),
    ("sha3_512", hashed::<Sha3_512>),
    ("sha512", hashed::<Sha512>),
];

fn digest(bytes: &[u8], kind: &str) -> Outcome<String> {
    let name = kind.to_lowercase();
    match HASHES.iter().find(|(known, _)| *known == name) {
        Some((_, hash)) => Ok(hash(bytes)),
        None => {
            let known: Vec<&str> = HASHES.iter().map(|(name, _)| *name).collect();
            let error = diag::Error::new(format!("unsupported hash type {kind}"));
            Err(error.hint(format!("there are {}", known.join(", "))).into())
        }
    }
}

fn bytes(value: Option<Value>) -> Outcome<Vec<u8>> {
    Ok(match required(value, "data")? {
        Value::Bytes(bytes) => bytes.to_vec(),
        value => text(&value)?.into_bytes(),
    })
}

pub(super) fn hash(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, kind] = arguments.bind(["data", "hashtype"])?;
    Ok(Value::string(digest(&bytes(value)?, &text_or(kind, "sha1")?)?))
}

pub(super) fn md5(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["data"])?;
    Ok(Value::string(digest(&bytes(value)?, "md5")?))
}

pub(super) fn sha1(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["data"])?;
    Ok(Value::string(digest(&bytes(value)?, "sha1")?))
}

/// The namespace that Ansible's own identifiers are made in.
const NAMESPACE: &str = "361e6d51-faec-444a-9079-341386da8e2e";

/// An identifier made from a name: version 5 of RFC 9562.
pub(super) fn to_uuid(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, namespace] = arguments.bind(["string", "namespace"])?;
    let name = text(&required(value, "string")?)?;
    let namespace = text_or(namespace, NAMESPACE)?;
    let digits: String = namespace.chars().filter(|character| *character != '-').collect();
    let mut data: Vec<u8> = (0..digits.len() / 2)
        .filter_map(|index| u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok())
        .collect();
    if data.len() != 16 || digits.len() != 32 {
        return Err(Stop::new(format!(
            "Invalid value '{namespace}' for 'namespace': badly formed hexadecimal UUID string"
        )));
    }
    data.extend(name.as_bytes());
    let mut hashed = Sha1::digest(&data).to_vec();
    hashed.truncate(16);
    if let Some(byte) = hashed.get_mut(6) {
        *byte = (*byte & 0x0f) | 0x50;
    }
    if let Some(byte) = hashed.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    let all = hex(&hashed);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| all.get(range).unwrap_or_default());
    Ok(Value::string(parts.join("-")))
}
