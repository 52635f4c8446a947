//! The MD5 scheme of `crypt`.

use md5::{Digest, Md5};

use super::push_digits;

/// So often the hash is hashed again.
const ROUNDS: usize = 1000;

/// `$1$SALT$HASH`.
pub(super) fn crypted(password: &str, salt: &str) -> String {
    let (password, salt_bytes) = (password.as_bytes(), salt.as_bytes());
    let other = Md5::new().chain_update(password).chain_update(salt_bytes).chain_update(password).finalize();
    let mut first = Md5::new().chain_update(password).chain_update(b"$1$").chain_update(salt_bytes);
    for (_, byte) in password.iter().zip(other.iter().cycle()) {
        first.update([*byte]);
    }
    let mut length = password.len();
    while length > 0 {
        match (length & 1, password.first()) {
            (0, Some(byte)) => first.update([*byte]),
            _ => first.update([0]),
        }
        length >>= 1;
    }
    let mut hash = first.finalize();
    for round in 0..ROUNDS {
        let mut next = Md5::new();
        let is_odd = round % 2 == 1;
        if is_odd {
            next.update(password);
        } else {
            next.update(hash);
        }
        if round % 3 != 0 {
            next.update(salt_bytes);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        if is_odd {
            next.update(hash);
        } else {
            next.update(password);
        }
        hash = next.finalize();
    }
    let byte = |index: usize| u32::from(hash.get(index).copied().unwrap_or(0));
    let mut out = String::new();
    for index in 0..5 {
        // The last of the lowest bytes is the sixth: the order goes round.
        let low = if index == 4 { 5 } else { index + 12 };
        push_digits(&mut out, byte(index) << 16 | byte(index + 6) << 8 | byte(low), 4);
    }
    push_digits(&mut out, byte(11), 2);
    format!("$1${salt}${out}")
}
