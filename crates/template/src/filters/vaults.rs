//! Filters that close and open vaults.

use value::{Text, Value};
use vault::{Secret, Secrets};

use crate::arguments::{Arguments, flag, known, required, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// The label of vaults that a template makes.
const LABEL: &str = "filter_default";

fn only_string(value: &Value, demand: &str) -> Outcome<String> {
    known(value)?;
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Stop::new(format!("{demand}, instead we got '{}'", value.type_name())))
}

pub(super) fn vault(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [content, password, salt, label, wrap] =
        arguments.bind(["data", "secret", "salt", "vault_id", "wrap_object"])?;
    let content = required(content, "data")?;
    let wrap = flag(wrap, false)?;
    let content = only_string(&content, "Can only vault strings")?;
    let label = text_or(label, LABEL)?;
    let secret = Secret::new(
        label.as_str(),
        only_string(&required(password, "secret")?, "Secret passed is required to be a string")?,
    );
    let salt = text_or(salt, "")?;
    let vaulted = if salt.is_empty() {
        ::vault::encrypt(content.as_bytes(), &secret, Some(&label))?
    } else {
        ::vault::encrypt_with_salt(content.as_bytes(), &secret, Some(&label), salt.as_bytes())?
    };
    // A vault that is a value is read as what is in it, and kept as secret as that.
    Ok(if wrap { Value::String(Text::new(content).secret()) } else { Value::string(vaulted) })
}

/// What is in a vault; text that is no vault stays as it is.
pub(super) fn unvault(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [vaulted, password, label] = arguments.bind(["vault", "secret", "vault_id"])?;
    let vaulted = match required(vaulted, "vault")? {
        Value::Vaulted(sealed) => Value::String(sealed),
        other => other,
    };
    let vaulted = only_string(&vaulted, "Vault should be in the form of a string")?;
    let password = only_string(&required(password, "secret")?, "Secret passed is required to be as string")?;
    if !::vault::is_vaulted(&vaulted) {
        return Ok(Value::string(vaulted));
    }
    let mut secrets = Secrets::new();
    secrets.push(Secret::new(text_or(label, LABEL)?, password));
    let (content, _) = ::vault::decrypt(&vaulted, &secrets)?;
    let content = String::from_utf8(content).map_err(|_| Stop::new("what is in the vault is not text"))?;
    Ok(Value::String(Text::new(content).secret()))
}
