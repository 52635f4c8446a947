//! The encryption of single PEM blocks with `DEK-Info`: what OpenSSL writes for keys in their traditional formats.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use md5::{Digest, Md5};

use crate::pem::Block;
use crate::{Error, Result, random};

/// What stands in the header that tells of the encryption.
const DEK_INFO: &str = "DEK-Info";

/// Whether a block is encrypted this way.
pub(crate) fn is_encrypted(block: &Block) -> bool {
    block.header(DEK_INFO).is_some()
}

/// The block with its bytes encrypted.
///
/// # Errors
/// The host has no random numbers.
pub(crate) fn encrypt(mut block: Block, passphrase: &[u8]) -> Result<Block> {
    let start: [u8; 16] = random::bytes()?;
    let key = derived_key(passphrase, &start, 32);
    let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &start)
        .map_err(|_| Error::new("the key has a wrong length"))?;
    block.bytes = cipher.encrypt_padded_vec::<Pkcs7>(&block.bytes);
    let digits: String = start.iter().map(|byte| format!("{byte:02X}")).collect();
    block.headers =
        vec![("Proc-Type".into(), "4,ENCRYPTED".into()), (DEK_INFO.into(), format!("AES-256-CBC,{digits}"))];
    Ok(block)
}

/// A block's bytes.
///
/// # Errors
/// The passphrase is wrong, or this is another cipher.
pub(crate) fn decrypt(block: &Block, passphrase: &[u8]) -> Result<Vec<u8>> {
    let header = block.header(DEK_INFO).unwrap_or_default();
    let (cipher, digits) = header.split_once(',').unwrap_or((header, ""));
    let start: Option<Vec<u8>> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let start = start
        .filter(|start| start.len() == 16)
        .ok_or_else(|| Error::new("the key's encryption is not described properly"))?;
    let key = |length| derived_key(passphrase, &start, length);
    let decrypted = match cipher {
        "AES-128-CBC" => opened(cbc::Decryptor::<aes::Aes128>::new_from_slices(&key(16), &start), block),
        "AES-192-CBC" => opened(cbc::Decryptor::<aes::Aes192>::new_from_slices(&key(24), &start), block),
        "AES-256-CBC" => opened(cbc::Decryptor::<aes::Aes256>::new_from_slices(&key(32), &start), block),
        other => return Err(Error::new(format!("keys that are encrypted with {other} can't be read"))),
    };
    decrypted.ok_or_else(|| Error::passphrase("the passphrase is wrong"))
}

fn opened<D: BlockModeDecrypt, E>(cipher: Result<D, E>, block: &Block) -> Option<Vec<u8>> {
    cipher.ok()?.decrypt_padded_vec::<Pkcs7>(&block.bytes).ok()
}

/// OpenSSL's EVP_BytesToKey with MD5 and one round: the salt is the start of the initial vector.
fn derived_key(passphrase: &[u8], start: &[u8], length: usize) -> Vec<u8> {
    let mut key: Vec<u8> = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    while key.len() < length {
        let digest = Md5::new().chain_update(&last).chain_update(passphrase).chain_update(&start[..8]);
        last = digest.finalize().to_vec();
        key.extend(&last);
    }
    key.truncate(length);
    key
}
