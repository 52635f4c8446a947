//! Hashes of passwords as systems keep them.

use value::Value;

use crate::arguments::{Arguments, integer, known, required, text, text_or};
use crate::crypt::{Scheme, random_salt};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

pub(super) fn password_hash(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [password, kind, salt, salt_size, rounds, ident] =
        arguments.bind(["password", "hashtype", "salt", "salt_size", "rounds", "ident"])?;
    let password = text(&required(password, "password")?)?;
    let scheme = Scheme::named(&text_or(kind, "sha512")?)?;
    let given = |value: Option<Value>| value.filter(|value| !value.is_null());
    let rounds = given(rounds).map(|rounds| integer(&rounds, "rounds")).transpose()?;
    let salt_size = match given(salt_size) {
        None => None,
        Some(Value::Int(size)) => Some(usize::try_from(size).unwrap_or(0)),
        Some(other) => {
            known(&other)?;
            return Err(Stop::new("salt_size must be an integer"));
        }
    };
    let salt = text_or(salt, "")?;
    let salt = if salt.is_empty() { random_salt(scheme.salt_length(salt_size)?)? } else { salt };
    let ident = text_or(ident, "")?;
    Ok(Value::string(scheme.hash(
        &password,
        &salt,
        rounds,
        Some(ident.as_str()).filter(|ident| !ident.is_empty()),
    )?))
}
