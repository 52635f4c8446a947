use der::asn1::{BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode};
use pkcs8::pkcs5::pbes2::Parameters;
use pkcs8::{EncryptedPrivateKeyInfoOwned, EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, RsaPrivateKey};
use zeroize::Zeroizing;

use crate::pem::Block;
use crate::private_key::{ED25519, ELLIPTIC, RSA};
use crate::{Curve, Error, KeyKind, PrivateKey, Result, encrypted_pem, random};

/// How a private key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFormat {
    /// Each kind of key in its own way: RFC 8017 and RFC 5915. Ed25519 has none.
    Traditional,
    /// RFC 5958.
    Pkcs8,
    /// The bytes alone; only of Ed25519.
    Raw,
}

/// A private key as it was found written.
#[derive(Clone, Debug)]
pub struct KeyText {
    /// The key.
    pub key: PrivateKey,
    /// How it is written.
    pub format: KeyFormat,
    /// Whether a passphrase protects it.
    pub encrypted: bool,
}

/// The rounds that turn a passphrase into a key: OpenSSL takes 2,048, which is little today.
const ROUNDS: u32 = 100_000;

impl KeyText {
    /// Reads the first private key of a PEM text, or a raw one.
    ///
    /// # Errors
    /// There is none, it is of a kind that is not known, or the passphrase is wrong or missing.
    pub fn parse(bytes: &[u8], passphrase: Option<&str>) -> Result<KeyText> {
        let Ok(text) = std::str::from_utf8(bytes)
            .map_err(drop)
            .and_then(|text| if text.contains("-----BEGIN ") { Ok(text) } else { Err(()) })
        else {
            let seed = bytes.try_into().map_err(|_| Error::new("there is no private key"))?;
            let key = PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed)));
            return Ok(KeyText { key, format: KeyFormat::Raw, encrypted: false });
        };
        let blocks = Block::all(text)?;
        let block = blocks
            .iter()
            .find(|block| block.label.ends_with("PRIVATE KEY"))
            .ok_or_else(|| Error::new("there is no private key"))?;
        let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty()).map(str::as_bytes);
        let missing = || Error::passphrase("the private key is protected by a passphrase");
        let found = |key, format, encrypted| Ok(KeyText { key, format, encrypted });
        match block.label.as_str() {
            "PRIVATE KEY" => found(from_pkcs8(&block.bytes)?, KeyFormat::Pkcs8, false),
            "ENCRYPTED PRIVATE KEY" => {
                let sealed = EncryptedPrivateKeyInfoRef::try_from(block.bytes.as_slice());
                let sealed = sealed.map_err(|error| Error::new(format!("the private key: {error}")))?;
                let opened = sealed.decrypt(passphrase.ok_or_else(missing)?);
                let opened = opened.map_err(|_| Error::passphrase("the passphrase is wrong"))?;
                found(from_pkcs8(opened.as_bytes())?, KeyFormat::Pkcs8, true)
            }
            label @ ("RSA PRIVATE KEY" | "EC PRIVATE KEY") => {
                let encrypted = encrypted_pem::is_encrypted(block);
                let bytes = Zeroizing::new(match encrypted {
                    true => encrypted_pem::decrypt(block, passphrase.ok_or_else(missing)?)?,
                    false => block.bytes.clone(),
                });
                let key =
                    if label.starts_with("RSA") { from_rsa(&bytes) } else { from_elliptic(&bytes, None) };
                // What a wrong passphrase makes of a key is no key.
                let key = key.map_err(|error| match encrypted {
                    true => Error::passphrase("the passphrase is wrong"),
                    false => error,
                })?;
                found(key, KeyFormat::Traditional, encrypted)
            }
            other => Err(Error::new(format!("what is called '{other}' can't be read"))),
        }
    }
}

impl PrivateKey {
    /// What is to stand in a file.
    ///
    /// # Errors
    /// Keys of this kind can't be written this way.
    pub fn written(&self, format: KeyFormat, passphrase: Option<&str>) -> Result<Zeroizing<Vec<u8>>> {
        let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty()).map(str::as_bytes);
        let text = match (format, self.kind(), passphrase) {
            (KeyFormat::Raw, KeyKind::Ed25519, None) => return Ok(Zeroizing::new(self.secret())),
            (KeyFormat::Raw, _, _) => {
                return Err(Error::new("only keys of Ed25519 can be written raw, without a passphrase"));
            }
            (KeyFormat::Traditional, KeyKind::Ed25519, _) => {
                return Err(Error::new("Ed25519 has no format of its own; there is PKCS #8"));
            }
            (KeyFormat::Traditional, kind, passphrase) => {
                let label =
                    if matches!(kind, KeyKind::Rsa(_)) { "RSA PRIVATE KEY" } else { "EC PRIVATE KEY" };
                let block = Block::new(label, self.traditional(true)?.to_vec());
                match passphrase {
                    Some(passphrase) => encrypted_pem::encrypt(block, passphrase)?.text(),
                    None => block.text(),
                }
            }
            (KeyFormat::Pkcs8, _, None) => Block::new("PRIVATE KEY", self.pkcs8()?.to_vec()).text(),
            (KeyFormat::Pkcs8, _, Some(passphrase)) => {
                let failed = |error| Error::new(format!("the private key can't be encrypted: {error}"));
                let (salt, start) = (random::bytes::<16>()?, random::bytes::<16>()?);
                let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, start);
                let parameters = parameters.map_err(failed)?;
                let sealed = parameters.encrypt(passphrase, &self.pkcs8()?).map_err(failed)?;
                let failed = || Error::of("the private key can't be written");
                let sealed = EncryptedPrivateKeyInfoOwned {
                    encryption_algorithm: parameters.into(),
                    encrypted_data: der::asn1::OctetString::new(sealed).map_err(failed())?,
                };
                Block::new("ENCRYPTED PRIVATE KEY", sealed.to_der().map_err(failed())?).text()
            }
        };
        Ok(Zeroizing::new(text.into_bytes()))
    }

    /// RFC 5958, without the public key, as OpenSSL has it.
    fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        let failed = || Error::of("the private key can't be written");
        let algorithm = self.algorithm()?.to_der().map_err(failed())?;
        let algorithm = x509_cert::spki::AlgorithmIdentifierRef::from_der(&algorithm).map_err(failed())?;
        let inner = match self {
            PrivateKey::Ed25519(_) => {
                let secret = self.secret();
                let inner = OctetStringRef::new(&secret).map_err(failed())?.to_der();
                Zeroizing::new(inner.map_err(failed())?)
            }
            _ => self.traditional(false)?,
        };
        let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inner).map_err(failed())?);
        info.to_der().map(Zeroizing::new).map_err(failed())
    }

    /// The number that nobody may know; of RSA there are several, which this is not for.
    fn secret(&self) -> Vec<u8> {
        match self {
            PrivateKey::Rsa(_) => Vec::new(),
            PrivateKey::P256(key) => key.to_bytes().to_vec(),
            PrivateKey::P384(key) => key.to_bytes().to_vec(),
            PrivateKey::P521(key) => key.to_bytes().to_vec(),
            PrivateKey::Ed25519(key) => key.to_bytes().to_vec(),
        }
    }

    /// RFC 8017, appendix A.1.2; RFC 5915, where the curve is named unless something around it does.
    fn traditional(&self, with_curve: bool) -> Result<Zeroizing<Vec<u8>>> {
        let failed = || Error::of("the private key can't be written");
        let PrivateKey::Rsa(key) = self else {
            let (secret, public) = (Zeroizing::new(self.secret()), self.public_key()?);
            let curve = match self.kind() {
                KeyKind::Elliptic(curve) if with_curve => Some(curve.identifier()),
                _ => None,
            };
            let body = EllipticBody {
                version: 1,
                secret: OctetStringRef::new(&secret).map_err(failed())?,
                curve,
                public: Some(
                    BitStringRef::from_bytes(public.0.subject_public_key.raw_bytes()).map_err(failed())?,
                ),
            };
            return body.to_der().map(Zeroizing::new).map_err(failed());
        };
        let number = |number: Option<&BoxedUint>| {
            number
                .map(|number| Zeroizing::new(number.to_be_bytes_trimmed_vartime().to_vec()))
                .ok_or_else(|| Error::new("the RSA key is not whole"))
        };
        let coefficient = key.crt_coefficient();
        let numbers = [
            number(Some(key.n().as_ref()))?,
            number(Some(key.e()))?,
            number(Some(key.d()))?,
            number(key.primes().first())?,
            number(key.primes().get(1))?,
            number(key.dp())?,
            number(key.dq())?,
            number(coefficient.as_ref())?,
        ];
        let field = |at: usize| UintRef::new(&numbers[at]).map_err(failed());
        let body = RsaBody {
            version: 0,
            modulus: field(0)?,
            public_exponent: field(1)?,
            private_exponent: field(2)?,
            prime1: field(3)?,
            prime2: field(4)?,
            exponent1: field(5)?,
            exponent2: field(6)?,
            coefficient: field(7)?,
        };
        body.to_der().map(Zeroizing::new).map_err(failed())
    }
}

fn from_pkcs8(bytes: &[u8]) -> Result<PrivateKey> {
    let info = PrivateKeyInfoRef::try_from(bytes);
    let info = info.map_err(|error| Error::new(format!("the private key can't be read: {error}")))?;
    let inner = info.private_key.as_bytes();
    match info.algorithm.oid {
        RSA => from_rsa(inner),
        ELLIPTIC => {
            let curve = info.algorithm.parameters_oid();
            from_elliptic(inner, curve.ok())
        }
        ED25519 => {
            let seed = <&OctetStringRef>::from_der(inner).map_err(Error::of("the private key"))?;
            let seed = seed.as_bytes().try_into();
            let seed = seed.map_err(|_| Error::new("the private key has a wrong length"))?;
            Ok(PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed))))
        }
        other => Err(Error::new(format!("private keys of the kind {other} can't be read"))),
    }
}

fn from_rsa(bytes: &[u8]) -> Result<PrivateKey> {
    let body = RsaBody::from_der(bytes).map_err(Error::of("the RSA key can't be read"))?;
    let number = |number: UintRef<'_>| BoxedUint::from_be_slice_vartime(number.as_bytes());
    let key = RsaPrivateKey::from_components(
        number(body.modulus),
        number(body.public_exponent),
        number(body.private_exponent),
        vec![number(body.prime1), number(body.prime2)],
    );
    let mut key = key.map_err(|error| Error::new(format!("the RSA key is wrong: {error}")))?;
    key.precompute().map_err(|error| Error::new(format!("the RSA key is wrong: {error}")))?;
    Ok(PrivateKey::Rsa(Box::new(key)))
}

fn from_elliptic(bytes: &[u8], curve: Option<ObjectIdentifier>) -> Result<PrivateKey> {
    let body = EllipticBody::from_der(bytes).map_err(Error::of("the private key can't be read"))?;
    let identifier = curve.or(body.curve).ok_or_else(|| Error::new("the key's curve is not named"))?;
    let secret = body.secret.as_bytes();
    let wrong = |_| Error::new("the private key is not on its curve");
    match Curve::identified(identifier) {
        Some(Curve::P256) => p256::SecretKey::from_slice(secret).map(PrivateKey::P256).map_err(wrong),
        Some(Curve::P384) => p384::SecretKey::from_slice(secret).map(PrivateKey::P384).map_err(wrong),
        Some(Curve::P521) => p521::SecretKey::from_slice(secret).map(PrivateKey::P521).map_err(wrong),
        None => Err(Error::new(format!("keys on the curve {identifier} can't be read"))),
    }
}

#[derive(der::Sequence)]
struct RsaBody<'a> {
    version: u8,
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
    private_exponent: UintRef<'a>,
    prime1: UintRef<'a>,
    prime2: UintRef<'a>,
    exponent1: UintRef<'a>,
    exponent2: UintRef<'a>,
    coefficient: UintRef<'a>,
}

#[derive(der::Sequence)]
struct EllipticBody<'a> {
    version: u8,
    secret: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    curve: Option<ObjectIdentifier>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    public: Option<BitStringRef<'a>>,
}
