//! Filters that hash.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use value::Value;

use crate::arguments::{Arguments, integer, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::random::Random;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest(bytes: &[u8], kind: &str) -> Outcome<String> {
    Ok(match kind {
        "md5" => hex(&Md5::digest(bytes)),
        "sha1" => hex(&Sha1::digest(bytes)),
        "sha224" => hex(&Sha224::digest(bytes)),
        "sha256" => hex(&Sha256::digest(bytes)),
        "sha384" => hex(&Sha384::digest(bytes)),
        "sha512" => hex(&Sha512::digest(bytes)),
        other => {
            let known = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
            let error = diag::Error::new(format!("the hash '{other}' is not supported"));
            return Err(error.hint(format!("there are {}", known.join(", "))).into());
        }
    })
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
        return Err(Stop::new(format!("the namespace '{namespace}' is not a UUID")));
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

pub(super) fn password_hash(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [password, kind, salt, salt_size, rounds, ident] =
        arguments.bind(["password", "hashtype", "salt", "salt_size", "rounds", "ident"])?;
    let password = text(&required(password, "password")?)?;
    let kind = text_or(kind, "sha512")?;
    let optional = |value: Option<Value>| value.filter(|value| !value.is_null());
    let rounds = optional(rounds).map(|rounds| integer(&rounds, "rounds")).transpose()?;
    let salt = match optional(salt) {
        Some(salt) => text(&salt)?,
        None => {
            let size = optional(salt_size).map_or(Ok(16), |size| integer(&size, "salt_size"))?;
            random_salt(usize::try_from(size).unwrap_or(16).clamp(1, 16))?
        }
    };
    if optional(ident).is_some() {
        return Err(Stop::new("'ident' is only for bcrypt, which is not supported yet"));
    }
    Ok(Value::string(crypted(&password, &kind, &salt, rounds)?))
}

/// A salt that no one can guess.
pub(crate) fn random_salt(length: usize) -> Outcome<String> {
    let mut random = Random::new(None)?;
    let digit =
        |_| ALPHABET.get(usize::try_from(random.below(64)).unwrap_or(0)).copied().map_or('.', char::from);
    Ok((0..length).map(digit).collect())
}

/// The digits of crypt's base 64.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text that `crypt` makes of a password.
pub(crate) fn crypted(password: &str, kind: &str, salt: &str, rounds: Option<i64>) -> Outcome<String> {
    let (ident, default_rounds) = match kind {
        "sha512" | "sha512_crypt" => (6, 656_000),
        "sha256" | "sha256_crypt" => (5, 535_000),
        other => {
            let error = diag::Error::new(format!("the password hash '{other}' is not supported"));
            return Err(error.hint("there are sha512 and sha256").into());
        }
    };
    if salt.len() > 16 {
        return Err(Stop::new("the salt must not be longer than 16 characters"));
    }
    if !salt.bytes().all(|byte| ALPHABET.contains(&byte)) {
        return Err(Stop::new("the salt must be of letters, digits, '.' and '/'"));
    }
    let rounds = rounds.unwrap_or(default_rounds);
    let parameters = u32::try_from(rounds)
        .ok()
        .and_then(|rounds| sha_crypt::Params::new(rounds).ok())
        .ok_or_else(|| Stop::new(format!("rounds must be from 1000 to 999999999, not {rounds}")))?;
    let digits = if ident == 6 {
        let hashed = sha_crypt::sha512_crypt(password.as_bytes(), salt.as_bytes(), parameters);
        digits(&hashed, 21, [[2, 1, 0], [0, 2, 1], [1, 0, 2]])
    } else {
        let hashed = sha_crypt::sha256_crypt(password.as_bytes(), salt.as_bytes(), parameters);
        digits(&hashed, 10, [[2, 1, 0], [1, 0, 2], [0, 2, 1]])
    };
    let rounds = if rounds == 5000 { String::new() } else { format!("rounds={rounds}$") };
    Ok(format!("${ident}${rounds}{salt}${digits}"))
}

/// A hash in crypt's base 64: its bytes are taken from three parts of it in turn, in an order that goes round as well.
fn digits(hashed: &[u8], part: usize, orders: [[usize; 3]; 3]) -> String {
    let byte = |index: usize| u32::from(hashed.get(index).copied().unwrap_or(0));
    let mut out = String::new();
    let mut push = |mut number: u32, count: usize| {
        for _ in 0..count {
            out.extend(ALPHABET.get((number & 63) as usize).copied().map(char::from));
            number >>= 6;
        }
    };
    for index in 0..part {
        let [low, middle, high] =
            orders.get(index % 3).copied().unwrap_or_default().map(|third| byte(index + third * part));
        push(low | middle << 8 | high << 16, 4);
    }
    match hashed.len() - 3 * part {
        1 => push(byte(3 * part), 2),
        _ => push(byte(3 * part) | byte(3 * part + 1) << 8, 3),
    }
    out
}
