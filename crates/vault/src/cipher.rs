use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use diag::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::envelope::Envelope;

pub(crate) const SALT_LENGTH: usize = 32;
const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;

/// What a password and a salt give.
struct Keys(Zeroizing<[u8; 32 + 32 + BLOCK]>);

impl Keys {
    fn derive(password: &[u8], salt: &[u8]) -> Keys {
        let mut keys = Zeroizing::new([0; 32 + 32 + BLOCK]);
        pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, keys.as_mut());
        Keys(keys)
    }

    fn apply(&self, text: &mut [u8]) -> Result<()> {
        let mut cipher = Ctr128BE::<Aes256>::new_from_slices(&self.0[..32], &self.0[64..])
            .map_err(|_| Error::new("the vault's key has a wrong length"))?;
        cipher.try_apply_keystream(text).map_err(|_| Error::new("the vault-encrypted text is too long"))
    }

    fn seal(&self, ciphertext: &[u8]) -> Result<Hmac<Sha256>> {
        let mut seal = Hmac::<Sha256>::new_from_slice(&self.0[32..64])
            .map_err(|_| Error::new("the vault's key has a wrong length"))?;
        seal.update(ciphertext);
        Ok(seal)
    }
}

/// The content, or `None` if the password does not fit.
pub(crate) fn decrypt(envelope: &Envelope, password: &[u8]) -> Result<Option<Vec<u8>>> {
    let keys = Keys::derive(password, &envelope.salt);
    if keys.seal(&envelope.ciphertext)?.verify_slice(&envelope.seal).is_err() {
        return Ok(None);
    }
    let mut content = envelope.ciphertext.clone();
    keys.apply(&mut content)?;
    let padding = usize::from(content.last().copied().unwrap_or_default());
    let length = content.len().saturating_sub(padding);
    let padded =
        (1..=BLOCK).contains(&padding) && content[length..].iter().all(|byte| usize::from(*byte) == padding);
    if !padded || !content.len().is_multiple_of(BLOCK) {
        content.zeroize();
        return Err(Error::new("the vault-encrypted text is damaged: its padding is wrong"));
    }
    content.truncate(length);
    Ok(Some(content))
}

pub(crate) fn encrypt(content: &[u8], password: &[u8], salt: &[u8], label: Option<&str>) -> Result<Envelope> {
    let keys = Keys::derive(password, salt);
    let padding = BLOCK - content.len() % BLOCK;
    // Of the full size from the start: growing would leave a copy of the content behind.
    let mut ciphertext = Vec::with_capacity(content.len() + padding);
    ciphertext.extend_from_slice(content);
    ciphertext.resize(content.len() + padding, padding as u8);
    keys.apply(&mut ciphertext)?;
    let seal = keys.seal(&ciphertext)?.finalize().into_bytes().to_vec();
    Ok(Envelope { label: label.map(str::to_owned), salt: salt.to_vec(), seal, ciphertext })
}
