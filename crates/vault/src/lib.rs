//! The Ansible vault formats 1.1 and 1.2.
//!
//! A vaulted text is a header line, `$ANSIBLE_VAULT;1.1;AES256` or `$ANSIBLE_VAULT;1.2;AES256;LABEL`, and lines of
//! hexadecimal digits. [`decrypt`] and [`encrypt`] are all there is to do with them; where passwords come from is the
//! caller's business.

mod cipher;
mod envelope;
mod secrets;

pub use envelope::is_vaulted;
pub use secrets::{Secret, Secrets};

use diag::{Error, Result};

use envelope::Envelope;

/// Opens a vaulted text: what it holds, and the label of the secret that opened it. The secrets of the text's own
/// label are tried first, then all others, unless [`Secrets::match_labels`] forbids it.
///
/// # Errors
///
/// The text is not vaulted, is damaged, or none of the secrets opens it. No error contains the text or a password.
pub fn decrypt(text: &str, secrets: &Secrets) -> Result<(Vec<u8>, String)> {
    let envelope = Envelope::parse(text)?;
    let label = envelope.label.as_deref();
    let mut tried = Vec::new();
    for secret in secrets.for_label(label) {
        if let Some(content) = cipher::decrypt(&envelope, secret.password())? {
            return Ok((content, secret.label().to_owned()));
        }
        tried.push(secret.label());
    }
    Err(refused(label, &tried, secrets))
}

fn refused(label: Option<&str>, tried: &[&str], secrets: &Secrets) -> Error {
    let of_label = label.map(|label| format!(" (label '{label}')")).unwrap_or_default();
    if secrets.is_empty() {
        return Error::new(format!("the text is vault-encrypted{of_label}, and no vault password was given"))
            .hint("give one with --vault-password-file, --vault-id or --ask-vault-pass");
    }
    if tried.is_empty() {
        return Error::new(format!("no vault secret has the label of the text{of_label}"))
            .hint("give one with --vault-id LABEL@SOURCE, or turn off vault_id_match");
    }
    let plural = if tried.len() == 1 { "secret does" } else { "secrets do" };
    Error::new(format!(
        "the vault {plural} not open the text{of_label}: wrong password, or the text is damaged"
    ))
    .hint(format!("tried: {}", tried.join(", ")))
}

/// Encrypts `content`. The format is 1.2 where there is a label other than `default`, else 1.1; the text ends with a line
/// break.
///
/// # Errors
///
/// The operating system gives no random numbers, or the label can't stand in a header.
pub fn encrypt(content: &[u8], secret: &Secret, label: Option<&str>) -> Result<String> {
    let mut salt = [0; cipher::SALT_LENGTH];
    getrandom::fill(&mut salt)
        .map_err(|cause| Error::new("the operating system gives no random numbers").cause(cause))?;
    encrypt_with_salt(content, secret, label, &salt)
}

/// [`encrypt`] with a salt of the caller's own: the same content then gives the same text, which keeps files under
/// version control quiet and makes equal contents recognisable.
///
/// # Errors
///
/// The label can't stand in a header.
pub fn encrypt_with_salt(
    content: &[u8],
    secret: &Secret,
    label: Option<&str>,
    salt: &[u8],
) -> Result<String> {
    let label = label.filter(|label| !label.is_empty() && *label != Secrets::DEFAULT_LABEL);
    if let Some(label) = label.filter(|label| label.contains([';', '\n', '\r'])) {
        return Err(Error::new(format!("a vault label can't contain ';' or a line break, as in {label:?}")));
    }
    Ok(cipher::encrypt(content, secret.password(), salt, label)?.to_string())
}
