use std::fmt;

use diag::{Error, Result};

const MAGIC: &str = "$ANSIBLE_VAULT";
const CIPHER: &str = "AES256";
/// Hexadecimal digits per line.
const LINE_LENGTH: usize = 80;

/// Whether a text (or the start of a file) is in a vault format.
pub fn is_vaulted(text: impl AsRef<[u8]>) -> bool {
    text.as_ref().starts_with(MAGIC.as_bytes())
}

/// A vaulted text, taken apart.
pub(crate) struct Envelope {
    pub(crate) label: Option<String>,
    pub(crate) salt: Vec<u8>,
    /// The HMAC of the ciphertext.
    pub(crate) seal: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

impl Envelope {
    pub(crate) fn parse(text: &str) -> Result<Envelope> {
        if !is_vaulted(text) {
            return Err(Error::new("Input is not vault encrypted data.")
                .hint("a vault-encrypted text starts with $ANSIBLE_VAULT;1.1;AES256"));
        }
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split(';').map(str::trim).collect();
        let (version, cipher) =
            (header.get(1).copied().unwrap_or_default(), header.get(2).copied().unwrap_or_default());
        if !matches!(version, "1.1" | "1.2") {
            let hint = "formats 1.1 and 1.2 can be read; view the text with the program that wrote it";
            return Err(Error::new(format!("the vault format '{version}' can't be read")).hint(hint));
        }
        if cipher != CIPHER {
            return Err(
                Error::new(format!("the vault cipher '{cipher}' can't be read")).hint("only AES256 can")
            );
        }
        let label = header.get(3).filter(|_| version == "1.2").map(|label| (*label).to_owned());
        let body: String = lines.map(str::trim).collect();
        let damaged = |why: &str| Error::new(format!("the vault-encrypted text is damaged: {why}"));
        let body = from_hexadecimal(body.as_bytes())?;
        let mut parts = body.splitn(3, |byte| *byte == b'\n').map(from_hexadecimal);
        let mut part = || parts.next().unwrap_or_else(|| Err(damaged("a part of it is missing")));
        Ok(Envelope { label, salt: part()?, seal: part()?, ciphertext: part()? })
    }
}

/// The vaulted text.
impl fmt::Display for Envelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            Some(label) => writeln!(formatter, "{MAGIC};1.2;{CIPHER};{label}")?,
            None => writeln!(formatter, "{MAGIC};1.1;{CIPHER}")?,
        }
        let parts = [&self.salt, &self.seal, &self.ciphertext].map(|part| to_hexadecimal(part));
        let body = to_hexadecimal(parts.join("\n").as_bytes());
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(LINE_LENGTH));
            writeln!(formatter, "{line}")?;
            rest = after;
        }
        Ok(())
    }
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Playbooks and scripts look for these words where a text is damaged.
fn from_hexadecimal(digits: &[u8]) -> Result<Vec<u8>> {
    let wrong = |why: &str| Error::new(format!("Vault format unhexlify error: {why}"));
    if digits.len() % 2 == 1 {
        return Err(wrong("Odd-length string").hint("the text is cut short"));
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8);
    digits
        .chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect::<Option<_>>()
        .ok_or_else(|| wrong("Non-hexadecimal digit found"))
}
