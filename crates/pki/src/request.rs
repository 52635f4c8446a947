use der::asn1::SetOfVec;
use der::{Decode, Encode};
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};

use crate::pem::Block;
use crate::{Digest, DistinguishedName, Error, Extensions, PrivateKey, PublicKey, Result};

/// A request to sign a certificate: RFC 2986.
#[derive(Clone, Debug)]
pub struct Request(pub(crate) CertReq);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct WantedRequest {
    /// Who or what the certificate is for.
    pub subject: DistinguishedName,
    /// Whether the order of the name's parts matters.
    pub ordered: bool,
    /// What else stands in it.
    pub extensions: Extensions,
}

impl WantedRequest {
    /// The request, signed.
    ///
    /// # Errors
    /// The key can't sign.
    pub fn signed(&self, key: &PrivateKey, digest: Digest) -> Result<Request> {
        let failed = || Error::of("the request can't be written");
        let mut attributes: Attributes = SetOfVec::new();
        if !self.extensions.0.is_empty() {
            let asked = Attribute::try_from(ExtensionReq(self.extensions.0.clone())).map_err(failed())?;
            attributes.insert(asked).map_err(failed())?;
        }
        let info = CertReqInfo {
            version: Version::V1,
            subject: self.subject.0.clone(),
            public_key: key.public_key()?.0,
            attributes,
        };
        let signature = key.sign(digest, &info.to_der().map_err(failed())?)?;
        Ok(Request(CertReq { info, algorithm: key.signs_as(digest), signature }))
    }

    /// Whether a request asks for this, with this key.
    ///
    /// # Errors
    /// The public key can't be worked out.
    pub fn is_asked_by(&self, request: &Request, key: &PrivateKey) -> Result<bool> {
        let (there, wanted) = (request.subject(), &self.subject);
        let same_name = if self.ordered { there == *wanted } else { there.has_same_parts(wanted) };
        Ok(same_name
            && request.extensions()?.are_same(&self.extensions)
            && request.public_key() == key.public_key()?
            && request.is_signed())
    }
}

impl Request {
    /// Reads the first request of a PEM text.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(text: &[u8]) -> Result<Request> {
        let blocks = Block::all(&String::from_utf8_lossy(text))?;
        let block = blocks
            .iter()
            .find(|block| block.label.ends_with("CERTIFICATE REQUEST"))
            .ok_or_else(|| Error::new("there is no certificate request"))?;
        CertReq::from_der(&block.bytes).map(Request).map_err(Error::of("the certificate request"))
    }

    /// The request as PEM.
    ///
    /// # Errors
    /// It can't be written, which does not happen to one that was read.
    pub fn text(&self) -> Result<String> {
        let bytes = self.0.to_der().map_err(Error::of("the request can't be written"))?;
        Ok(Block::new("CERTIFICATE REQUEST", bytes).text())
    }

    /// Who or what the certificate is to be for.
    pub fn subject(&self) -> DistinguishedName {
        DistinguishedName(self.0.info.subject.clone())
    }

    /// The key that the certificate is to be for.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.info.public_key.clone())
    }

    /// What else is asked for.
    ///
    /// # Errors
    /// It can't be read.
    pub fn extensions(&self) -> Result<Extensions> {
        use der::oid::AssociatedOid as _;
        let mut found = Vec::new();
        for attribute in self.0.info.attributes.iter().filter(|found| found.oid == ExtensionReq::OID) {
            for value in attribute.values.iter() {
                let listed: Vec<x509_cert::ext::Extension> =
                    value.decode_as().map_err(Error::of("what the request asks for"))?;
                found.extend(listed);
            }
        }
        Ok(Extensions(found))
    }

    /// Whether the owner of the key has signed it.
    pub fn is_signed(&self) -> bool {
        let signed = self.0.info.to_der();
        signed.is_ok_and(|text| self.public_key().has_signed(&self.0.algorithm, &text, &self.0.signature))
    }
}
