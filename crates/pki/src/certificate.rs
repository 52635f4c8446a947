use std::time::SystemTime;

use der::asn1::{BitString, UintRef};
use der::{Decode, Encode};
use x509_cert::name::Name;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::pem::Block;
use crate::{Digest, DistinguishedName, Error, Extensions, PrivateKey, PublicKey, Request, Result, random};

/// A certificate: RFC 5280.
#[derive(Clone, Debug)]
pub struct Certificate(x509_cert::Certificate);

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Issuer<'a> {
    /// The key that signs.
    pub key: &'a PrivateKey,
    /// The certificate of that key; `None` if the certificate is to be signed with its own key.
    pub certificate: Option<&'a Certificate>,
}

/// What is to be certified, and how.
#[derive(Clone, Debug)]
pub struct Issue<'a> {
    /// What is asked for; `None` if nothing is said of the key's owner.
    pub request: Option<&'a Request>,
    /// Who signs.
    pub issuer: Issuer<'a>,
    /// What is signed.
    pub digest: Digest,
    /// What tells the key from others: `Some(true)` always, `Some(false)` if the request does not say it.
    pub subject_key: Option<bool>,
    /// Tell the issuer's key from others.
    pub authority_key: bool,
}

/// What is signed.
#[derive(der::Sequence)]
struct Body<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial: UintRef<'a>,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<x509_cert::ext::Extension>>,
}

/// What is signed, with the signature.
#[derive(der::Sequence)]
struct Signed<'a> {
    body: Body<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

impl Issue<'_> {
    fn subject(&self) -> Result<DistinguishedName> {
        self.request.map_or_else(|| DistinguishedName::of([]), |request| Ok(request.subject()))
    }

    fn issuer(&self) -> Result<DistinguishedName> {
        self.issuer.certificate.map_or_else(|| self.subject(), |issuer| Ok(issuer.subject()))
    }

    fn public_key(&self) -> Result<PublicKey> {
        self.request.map_or_else(|| self.issuer.key.public_key(), |request| Ok(request.public_key()))
    }

    fn extensions(&self) -> Result<Extensions> {
        let mut extensions = self.request.map(Request::extensions).transpose()?.unwrap_or_default();
        if let Some(always) = self.subject_key {
            extensions = extensions.with_subject_key(&self.public_key()?, always)?;
        }
        match self.issuer.certificate.filter(|_| self.authority_key) {
            None => Ok(extensions),
            Some(issuer) => {
                let told = issuer.extensions().subject_key_identifier();
                extensions.with_authority_key(&told.unwrap_or_else(|| issuer.public_key().identifier()))
            }
        }
    }

    /// The certificate, signed, with a number of its own.
    ///
    /// # Errors
    /// The key can't sign, or certificates can't hold the times.
    pub fn signed(&self, not_before: SystemTime, not_after: SystemTime) -> Result<Certificate> {
        let failed = || Error::of("the certificate can't be written");
        let time = |time| Time::try_from(time).map_err(Error::of("certificates can't hold this time"));
        let mut serial: [u8; 20] = random::bytes()?;
        // A number is not negative, and has no zeros before it.
        serial[0] = serial[0] & 0x7f | 0x40;
        let extensions = self.extensions()?.0;
        let body = Body {
            version: 2,
            serial: UintRef::new(&serial).map_err(failed())?,
            signature: self.issuer.key.signs_as(self.digest),
            issuer: self.issuer()?.0,
            validity: Validity::new(time(not_before)?, time(not_after)?),
            subject: self.subject()?.0,
            key: self.public_key()?.0,
            extensions: Some(extensions).filter(|extensions| !extensions.is_empty()),
        };
        let signature = self.issuer.key.sign(self.digest, &body.to_der().map_err(failed())?)?;
        let signed = Signed { algorithm: body.signature.clone(), body, signature };
        let bytes = signed.to_der().map_err(failed())?;
        x509_cert::Certificate::from_der(&bytes).map(Certificate).map_err(failed())
    }

    /// Whether a certificate is what this would make, but for its number and times.
    ///
    /// # Errors
    /// The request can't be read.
    pub fn is_done_by(&self, certificate: &Certificate) -> Result<bool> {
        let issuer_key = match self.issuer.certificate {
            Some(issuer) => issuer.public_key(),
            None => self.issuer.key.public_key()?,
        };
        Ok(certificate.subject() == self.subject()?
            && certificate.issuer() == self.issuer()?
            && certificate.public_key() == self.public_key()?
            && certificate.extensions().are_same(&self.extensions()?)
            && certificate.is_signed_by(&issuer_key))
    }
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(text: &[u8]) -> Result<Certificate> {
        let blocks = Block::all(&String::from_utf8_lossy(text))?;
        let block = blocks
            .iter()
            .find(|block| block.label.ends_with("CERTIFICATE"))
            .ok_or_else(|| Error::new("there is no certificate"))?;
        x509_cert::Certificate::from_der(&block.bytes).map(Certificate).map_err(Error::of("the certificate"))
    }

    /// The certificate as PEM.
    ///
    /// # Errors
    /// It can't be written, which does not happen to one that was read.
    pub fn text(&self) -> Result<String> {
        let bytes = self.0.to_der().map_err(Error::of("the certificate can't be written"))?;
        Ok(Block::new("CERTIFICATE", bytes).text())
    }

    /// Who or what it is for.
    pub fn subject(&self) -> DistinguishedName {
        DistinguishedName(self.0.tbs_certificate().subject().clone())
    }

    /// Who has signed it.
    pub fn issuer(&self) -> DistinguishedName {
        DistinguishedName(self.0.tbs_certificate().issuer().clone())
    }

    /// The key that it is for.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.tbs_certificate().subject_public_key_info().clone())
    }

    /// What else stands in it.
    pub fn extensions(&self) -> Extensions {
        Extensions(self.0.tbs_certificate().extensions().cloned().unwrap_or_default())
    }

    /// From when it holds, and until when.
    pub fn validity(&self) -> (SystemTime, SystemTime) {
        let validity = self.0.tbs_certificate().validity();
        (validity.not_before.to_system_time(), validity.not_after.to_system_time())
    }

    /// Its number, as digits to the base of 16.
    pub fn serial(&self) -> String {
        self.0.tbs_certificate().serial_number().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether the owner of a key has signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signed = self.0.tbs_certificate().to_der();
        signed.is_ok_and(|text| key.has_signed(self.0.signature_algorithm(), &text, self.0.signature()))
    }
}
