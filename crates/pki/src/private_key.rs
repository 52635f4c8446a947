use der::Encode;
use der::asn1::{BitString, ObjectIdentifier};
use rsa::RsaPrivateKey;
use rsa::traits::PublicKeyParts;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::{Curve, Error, PublicKey, Result, random};

pub(crate) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(crate) const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(crate) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA, with the number of bits.
    Rsa(usize),
    /// On an elliptic curve.
    Elliptic(Curve),
    /// Ed25519.
    Ed25519,
}

/// A private key.
#[derive(Clone)]
pub enum PrivateKey {
    /// RSA.
    Rsa(Box<RsaPrivateKey>),
    /// On the curve P-256.
    P256(p256::SecretKey),
    /// On the curve P-384.
    P384(p384::SecretKey),
    /// On the curve P-521.
    P521(p521::SecretKey),
    /// Ed25519.
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl PrivateKey {
    /// Makes a new one.
    ///
    /// # Errors
    /// No key can have so few or so many bits, or the host has no random numbers.
    pub fn generate(kind: KeyKind) -> Result<PrivateKey> {
        let mut random = random::generator()?;
        Ok(match kind {
            KeyKind::Rsa(bits) => {
                if !(1024..=16384).contains(&bits) {
                    return Err(Error::new(format!("an RSA key can't have {bits} bits")));
                }
                let key = RsaPrivateKey::new_with_exp(&mut random, bits, rsa::BoxedUint::from(65537_u64));
                PrivateKey::Rsa(Box::new(
                    key.map_err(|error| Error::new(format!("no RSA key was made: {error}")))?,
                ))
            }
            KeyKind::Elliptic(Curve::P256) => {
                PrivateKey::P256(p256::elliptic_curve::Generate::generate_from_rng(&mut random))
            }
            KeyKind::Elliptic(Curve::P384) => {
                PrivateKey::P384(p256::elliptic_curve::Generate::generate_from_rng(&mut random))
            }
            KeyKind::Elliptic(Curve::P521) => {
                PrivateKey::P521(p256::elliptic_curve::Generate::generate_from_rng(&mut random))
            }
            KeyKind::Ed25519 => {
                PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&random::bytes()?)))
            }
        })
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        match self {
            PrivateKey::Rsa(key) => KeyKind::Rsa(key.n().bits_vartime() as usize),
            PrivateKey::P256(_) => KeyKind::Elliptic(Curve::P256),
            PrivateKey::P384(_) => KeyKind::Elliptic(Curve::P384),
            PrivateKey::P521(_) => KeyKind::Elliptic(Curve::P521),
            PrivateKey::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// Its public half.
    ///
    /// # Errors
    /// It can't be written down, which does not happen to whole keys.
    pub fn public_key(&self) -> Result<PublicKey> {
        let failed = || Error::of("the public key can't be written");
        let bits = match self {
            PrivateKey::Rsa(key) => {
                let (modulus, exponent) = (key.n_bytes(), key.e_bytes());
                let public = RsaPublicKeyBody {
                    modulus: der::asn1::UintRef::new(&modulus).map_err(failed())?,
                    exponent: der::asn1::UintRef::new(&exponent).map_err(failed())?,
                };
                public.to_der().map_err(failed())?
            }
            PrivateKey::P256(key) => key.public_key().to_sec1_bytes().to_vec(),
            PrivateKey::P384(key) => key.public_key().to_sec1_bytes().to_vec(),
            PrivateKey::P521(key) => key.public_key().to_sec1_bytes().to_vec(),
            PrivateKey::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
        };
        Ok(PublicKey(SubjectPublicKeyInfoOwned {
            algorithm: self.algorithm()?,
            subject_public_key: BitString::from_bytes(&bits).map_err(failed())?,
        }))
    }

    /// How keys of its kind are named in what holds one: RFC 3279, RFC 5480, RFC 8410.
    pub(crate) fn algorithm(&self) -> Result<AlgorithmIdentifierOwned> {
        let (oid, parameters) = match self.kind() {
            KeyKind::Rsa(_) => (RSA, Some(der::Any::null())),
            KeyKind::Elliptic(curve) => {
                let named = der::Any::encode_from(&curve.identifier());
                (ELLIPTIC, Some(named.map_err(Error::of("the curve can't be named"))?))
            }
            KeyKind::Ed25519 => (ED25519, None),
        };
        Ok(AlgorithmIdentifierOwned { oid, parameters })
    }
}

/// Shows nothing of what is secret.
impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PrivateKey({:?})", self.kind())
    }
}

/// RFC 8017, appendix A.1.1.
#[derive(der::Sequence)]
pub(crate) struct RsaPublicKeyBody<'a> {
    pub(crate) modulus: der::asn1::UintRef<'a>,
    pub(crate) exponent: der::asn1::UintRef<'a>,
}
