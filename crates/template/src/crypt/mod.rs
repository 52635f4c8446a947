//! Hashes of passwords in the form that `crypt` of the C library gives them.

mod md5_crypt;

use diag::Error;

use crate::outcome::{Outcome, Stop};
use crate::random::Random;

/// The digits of crypt's base 64.
const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The most rounds of SHA-crypt that are worked through; more take minutes.
const MOST_ROUNDS: i64 = 999_999_999;

/// A way of hashing passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// MD5, for old systems only.
    Md5,
    /// Blowfish.
    Bcrypt,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Scheme {
    /// The scheme of a name, as passlib or Ansible knows it.
    ///
    /// # Errors
    /// There is none of this name.
    pub(crate) fn named(name: &str) -> Outcome<Scheme> {
        Ok(match name {
            "md5" | "md5_crypt" => Scheme::Md5,
            "blowfish" | "bcrypt" => Scheme::Bcrypt,
            "sha256" | "sha256_crypt" => Scheme::Sha256,
            "sha512" | "sha512_crypt" => Scheme::Sha512,
            other => {
                let error = Error::new(format!(
                    "{other} is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512"
                ));
                return Err(error.into());
            }
        })
    }

    /// How long the most of salts is.
    fn longest_salt(self) -> usize {
        match self {
            Scheme::Md5 => 8,
            Scheme::Bcrypt => 22,
            Scheme::Sha256 | Scheme::Sha512 => 16,
        }
    }

    /// How long a salt is to be, where a length may be asked for.
    ///
    /// # Errors
    /// The scheme takes no salt of that length.
    pub(crate) fn salt_length(self, wanted: Option<usize>) -> Outcome<usize> {
        let longest = self.longest_salt();
        match wanted {
            None => Ok(longest),
            Some(size) if self == Scheme::Bcrypt && size != longest => {
                Err(Stop::new(format!("invalid salt size supplied ({size}), expected {longest}")))
            }
            Some(size) if size > longest => {
                Err(Stop::new(format!("invalid salt size supplied ({size}), expected at most {longest}")))
            }
            Some(size) => Ok(size),
        }
    }

    /// The hash of a password. The salt is what a salt is made from, as `crypt_gensalt` does it.
    ///
    /// # Errors
    /// The salt or the rounds are none for the scheme.
    pub(crate) fn hash(
        self,
        password: &str,
        salt: &str,
        rounds: Option<i64>,
        ident: Option<&str>,
    ) -> Outcome<String> {
        if !salt.bytes().all(|byte| DIGITS.contains(&byte)) {
            return Err(Stop::new("invalid characters in salt"));
        }
        self.salt_length(Some(salt.len()))?;
        match self {
            Scheme::Bcrypt => bcrypted(password, salt, rounds.unwrap_or(12), ident.unwrap_or("2b")),
            Scheme::Md5 if rounds.is_some() => Err(Stop::new("md5 has no rounds to choose")),
            Scheme::Md5 => Ok(md5_crypt::crypted(password, &made_salt(salt, 8)?)),
            Scheme::Sha256 => sha_crypted(false, password, &made_salt(salt, 16)?, rounds.unwrap_or(535_000)),
            Scheme::Sha512 => sha_crypted(true, password, &made_salt(salt, 16)?, rounds.unwrap_or(656_000)),
        }
    }
}

/// A salt that no one can guess.
pub(crate) fn random_salt(length: usize) -> Outcome<String> {
    let mut random = Random::new(None)?;
    let digit =
        |_| DIGITS.get(usize::try_from(random.below(64)).unwrap_or(0)).copied().map_or('.', char::from);
    Ok((0..length).map(digit).collect())
}

/// The salt that is made from bytes: of three of them each four digits, as long as there are more than these three.
fn made_salt(bytes: &str, longest: usize) -> Outcome<String> {
    if bytes.len() < 3 {
        return Err(Stop::new("a salt must have three characters at least"));
    }
    let mut salt = String::new();
    let whole = if longest == 8 { bytes.len() / 3 } else { (bytes.len() - 1) / 3 };
    for part in bytes.as_bytes().chunks_exact(3).take(whole) {
        let number = part.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte));
        push_digits(&mut salt, number, 4);
    }
    salt.truncate(longest);
    Ok(salt)
}

/// The digits of a number, the lowest first.
fn push_digits(out: &mut String, mut number: u32, count: usize) {
    for _ in 0..count {
        out.extend(DIGITS.get((number & 63) as usize).copied().map(char::from));
        number >>= 6;
    }
}

fn bcrypted(password: &str, salt: &str, cost: i64, ident: &str) -> Outcome<String> {
    let version = match ident {
        "2a" => bcrypt::Version::TwoA,
        "2b" => bcrypt::Version::TwoB,
        "2x" => bcrypt::Version::TwoX,
        "2y" => bcrypt::Version::TwoY,
        other => return Err(Stop::new(format!("there is no kind of bcrypt named '{other}'"))),
    };
    let salt: [u8; 16] = salt
        .as_bytes()
        .first_chunk()
        .copied()
        .ok_or_else(|| Stop::new("the salt is too short for bcrypt"))?;
    let cost = u32::try_from(cost)
        .ok()
        .filter(|cost| (4..=31).contains(cost))
        .ok_or_else(|| Stop::new(format!("rounds of bcrypt must be from 4 to 31, not {cost}")))?;
    let parts = bcrypt::hash_with_salt(password, cost, salt)
        .map_err(|error| Error::new("bcrypt can't hash the password").cause(error))?;
    Ok(parts.format_for_version(version))
}

fn sha_crypted(is_long: bool, password: &str, salt: &str, rounds: i64) -> Outcome<String> {
    let rounds = rounds.clamp(1000, MOST_ROUNDS);
    let parameters = u32::try_from(rounds)
        .ok()
        .and_then(|rounds| sha_crypt::Params::new(rounds).ok())
        .ok_or_else(|| Stop::new(format!("rounds must be from 1000 to {MOST_ROUNDS}, not {rounds}")))?;
    let (ident, digits) = if is_long {
        let hashed = sha_crypt::sha512_crypt(password.as_bytes(), salt.as_bytes(), parameters);
        (6, sha_digits(&hashed, 21, [[2, 1, 0], [0, 2, 1], [1, 0, 2]]))
    } else {
        let hashed = sha_crypt::sha256_crypt(password.as_bytes(), salt.as_bytes(), parameters);
        (5, sha_digits(&hashed, 10, [[2, 1, 0], [1, 0, 2], [0, 2, 1]]))
    };
    let rounds = if rounds == 5000 { String::new() } else { format!("rounds={rounds}$") };
    Ok(format!("${ident}${rounds}{salt}${digits}"))
}

/// A hash in crypt's base 64: its bytes are taken from three parts of it in turn, in an order that goes round as well.
fn sha_digits(hashed: &[u8], part: usize, orders: [[usize; 3]; 3]) -> String {
    let byte = |index: usize| u32::from(hashed.get(index).copied().unwrap_or(0));
    let mut out = String::new();
    for index in 0..part {
        let [low, middle, high] =
            orders.get(index % 3).copied().unwrap_or_default().map(|third| byte(index + third * part));
        push_digits(&mut out, low | middle << 8 | high << 16, 4);
    }
    match hashed.len() - 3 * part {
        1 => push_digits(&mut out, byte(3 * part), 2),
        _ => push_digits(&mut out, byte(3 * part) | byte(3 * part + 1) << 8, 3),
    }
    out
}
