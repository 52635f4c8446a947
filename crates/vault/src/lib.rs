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
    open(text, secrets).map(|opened| (opened.content, opened.secret.label().to_owned()))
}

/// What a vaulted text holds, and how it was opened.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The content.
    pub content: Vec<u8>,
    /// The secret that opened it.
    pub secret: &'a Secret,
    /// The label in the text's header, which may be another one than the secret's.
    pub label: Option<String>,
}

/// [`decrypt`], for those who will encrypt the content again in the same way.
///
/// # Errors
///
/// As for [`decrypt`].
pub fn open<'a>(text: &str, secrets: &'a Secrets) -> Result<Opened<'a>> {
    let envelope = Envelope::parse(text)?;
    let mut tried = Vec::new();
    for secret in secrets.for_label(envelope.label.as_deref()) {
        if let Some(content) = cipher::decrypt(&envelope, secret.password())? {
            return Ok(Opened { content, secret, label: envelope.label.clone() });
        }
        tried.push(secret.label());
    }
    Err(refused(envelope.label.as_deref(), &tried, secrets))
}

fn refused(label: Option<&str>, tried: &[&str], secrets: &Secrets) -> Error {
    let of_label = label.map(|label| format!(" (label '{label}')")).unwrap_or_default();
    if secrets.is_empty() {
        return Error::new(format!("Attempting to decrypt but no vault secrets found{of_label}."))
            .hint("give one with --vault-password-file, --vault-id or --ask-vault-pass")
            .of_environment();
    }
    let error = Error::new("Decryption failed (no vault secrets were found that could decrypt).");
    if tried.is_empty() {
        return error.hint(format!(
            "no secret has the label of the text{of_label}: give one with --vault-id LABEL@SOURCE, or turn off \
             vault_id_match"
        ));
    }
    error.hint(format!("wrong password, or the text is damaged; tried: {}", tried.join(", ")))
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
