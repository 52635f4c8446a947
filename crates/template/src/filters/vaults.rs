//! Filters that close and open vaults.

use value::{Text, Value};
use vault::{Secret, Secrets};

use crate::arguments::{Arguments, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// The label of vaults that a template makes.
const LABEL: &str = "filter_default";

pub(super) fn vault(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [content, password, salt, label, _wrap] =
        arguments.bind(["data", "secret", "salt", "vault_id", "wrap_object"])?;
    let content = text(&required(content, "data")?)?;
    let label = text_or(label, LABEL)?;
    let secret = Secret::new(label.as_str(), text(&required(password, "secret")?)?);
    let salt = text_or(salt, "")?;
    let vaulted = if salt.is_empty() {
        ::vault::encrypt(content.as_bytes(), &secret, Some(&label))?
    } else {
        ::vault::encrypt_with_salt(content.as_bytes(), &secret, Some(&label), salt.as_bytes())?
    };
    Ok(Value::string(vaulted))
}

/// What is in a vault; text that is no vault stays as it is.
pub(super) fn unvault(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [vaulted, password, label] = arguments.bind(["vault", "secret", "vault_id"])?;
    let vaulted = text(&required(vaulted, "vault")?)?;
    if !::vault::is_vaulted(&vaulted) {
        return Ok(Value::string(vaulted));
    }
    let mut secrets = Secrets::new();
    secrets.push(Secret::new(text_or(label, LABEL)?, text(&required(password, "secret")?)?));
    let (content, _) = ::vault::decrypt(&vaulted, &secrets)?;
    let content = String::from_utf8(content).map_err(|_| Stop::new("what is in the vault is not text"))?;
    Ok(Value::String(Text::new(content).secret()))
}
