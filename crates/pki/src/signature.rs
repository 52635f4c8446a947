use der::asn1::{BitString, ObjectIdentifier};
use der::{Any, Decode};
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::signature::{Signer, Verifier};
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::{BoxedUint, RsaPublicKey};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::private_key::{ED25519, ELLIPTIC, RSA, RsaPublicKeyBody};
use crate::{Curve, Error, PrivateKey, PublicKey, Result, random};

/// What is signed of a text: its digest. Ed25519 has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    const ALL: [Digest; 3] = [Digest::Sha256, Digest::Sha384, Digest::Sha512];

    /// `sha256`, `sha384`, `sha512`; `None` for another word.
    pub fn named(word: &str) -> Option<Digest> {
        match word.to_ascii_lowercase().replace('-', "").as_str() {
            "sha256" => Some(Digest::Sha256),
            "sha384" => Some(Digest::Sha384),
            "sha512" => Some(Digest::Sha512),
            _ => None,
        }
    }

    fn of(self, text: &[u8]) -> Vec<u8> {
        match self {
            Digest::Sha256 => Sha256::digest(text).to_vec(),
            Digest::Sha384 => Sha384::digest(text).to_vec(),
            Digest::Sha512 => Sha512::digest(text).to_vec(),
        }
    }

    fn padding(self) -> Pkcs1v15Sign {
        match self {
            Digest::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
            Digest::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
            Digest::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
        }
    }

    /// RFC 8017, appendix A.2.4.
    fn with_rsa(self) -> ObjectIdentifier {
        match self {
            Digest::Sha256 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
            Digest::Sha384 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
            Digest::Sha512 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
        }
    }

    /// RFC 5758, section 3.2.
    fn with_curve(self) -> ObjectIdentifier {
        match self {
            Digest::Sha256 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
            Digest::Sha384 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
            Digest::Sha512 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
        }
    }
}

impl PrivateKey {
    /// How a signature of this key is named.
    pub(crate) fn signs_as(&self, digest: Digest) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self {
            PrivateKey::Rsa(_) => (digest.with_rsa(), Some(Any::null())),
            PrivateKey::Ed25519(_) => (ED25519, None),
            _ => (digest.with_curve(), None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }

    /// The signature of a text.
    pub(crate) fn sign(&self, digest: Digest, text: &[u8]) -> Result<BitString> {
        let failed = || Error::new("the key can't sign");
        let hash = digest.of(text);
        let bytes = match self {
            PrivateKey::Rsa(key) => {
                key.sign_with_rng(&mut random::generator()?, digest.padding(), &hash).map_err(|_| failed())?
            }
            PrivateKey::P256(key) => {
                let key = p256::ecdsa::SigningKey::from(key);
                let signature: p256::ecdsa::Signature =
                    key.sign_prehash(&filled(&hash, Curve::P256)).map_err(|_| failed())?;
                signature.to_der().as_bytes().to_vec()
            }
            PrivateKey::P384(key) => {
                let key = p384::ecdsa::SigningKey::from(key);
                let signature: p384::ecdsa::Signature =
                    key.sign_prehash(&filled(&hash, Curve::P384)).map_err(|_| failed())?;
                signature.to_der().as_bytes().to_vec()
            }
            PrivateKey::P521(key) => {
                let key = p521::ecdsa::SigningKey::from(key);
                let signature: p521::ecdsa::Signature =
                    key.sign_prehash(&filled(&hash, Curve::P521)).map_err(|_| failed())?;
                signature.to_der().as_bytes().to_vec()
            }
            PrivateKey::Ed25519(key) => key.sign(text).to_bytes().to_vec(),
        };
        BitString::from_bytes(&bytes).map_err(Error::of("the signature"))
    }
}

/// A digest that is shorter than the curve's numbers stands for the same number with zeros before it. The library takes
/// no digest that is shorter than half of them.
fn filled(hash: &[u8], curve: Curve) -> Vec<u8> {
    let length = curve.bits().div_ceil(8);
    let mut filled = vec![0; length.saturating_sub(hash.len())];
    filled.extend(hash);
    filled
}

impl PublicKey {
    /// Whether this key's private half has signed a text; false if it is of a kind that is not known here.
    pub(crate) fn has_signed(
        &self,
        algorithm: &AlgorithmIdentifierOwned,
        text: &[u8],
        signature: &BitString,
    ) -> bool {
        self.checked(algorithm, text, signature.raw_bytes()).unwrap_or(false)
    }

    fn checked(&self, algorithm: &AlgorithmIdentifierOwned, text: &[u8], signature: &[u8]) -> Option<bool> {
        let bits = self.0.subject_public_key.raw_bytes();
        let digest = Digest::ALL
            .into_iter()
            .find(|digest| [digest.with_rsa(), digest.with_curve()].contains(&algorithm.oid));
        match self.0.algorithm.oid {
            RSA => {
                let body = RsaPublicKeyBody::from_der(bits).ok()?;
                let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
                let (modulus, exponent) = (number(body.modulus.as_bytes()), number(body.exponent.as_bytes()));
                let key = RsaPublicKey::new_with_max_size(modulus, exponent, 16384).ok()?;
                let digest = digest?;
                Some(key.verify(digest.padding(), &digest.of(text), signature).is_ok())
            }
            ELLIPTIC => {
                let curve = Curve::identified(self.0.algorithm.parameters.as_ref()?.decode_as().ok()?)?;
                let hash = filled(&digest?.of(text), curve);
                Some(match curve {
                    Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bits)
                        .ok()?
                        .verify_prehash(&hash, &p256::ecdsa::Signature::from_der(signature).ok()?)
                        .is_ok(),
                    Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(bits)
                        .ok()?
                        .verify_prehash(&hash, &p384::ecdsa::Signature::from_der(signature).ok()?)
                        .is_ok(),
                    Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(bits)
                        .ok()?
                        .verify_prehash(&hash, &p521::ecdsa::Signature::from_der(signature).ok()?)
                        .is_ok(),
                })
            }
            ED25519 => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(bits.try_into().ok()?).ok()?;
                let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
                Some(key.verify(text, &signature).is_ok())
            }
            _ => None,
        }
    }
}
