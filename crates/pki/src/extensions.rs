use der::asn1::{BitString, ObjectIdentifier, OctetString};
use der::flagset::FlagSet;
use der::{Any, Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::constraints::name::{GeneralSubtree, NameConstraints};
use x509_cert::ext::pkix::crl::dp::{DistributionPoint as Point, Reasons};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints};
use x509_cert::serial_number::SerialNumber;

use crate::{Error, PublicKey, Result, general_name};

const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const ALTERNATIVE_NAMES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
const DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const TLS_FEATURES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.24");

/// What a key may be used for, by bit: RFC 5280, section 4.2.1.3, and what OpenSSL prints.
const USAGES: [&[&str]; 9] = [
    &["digitalSignature", "Digital Signature"],
    &["nonRepudiation", "contentCommitment", "Non Repudiation", "Content Commitment"],
    &["keyEncipherment", "Key Encipherment"],
    &["dataEncipherment", "Data Encipherment"],
    &["keyAgreement", "Key Agreement"],
    &["keyCertSign", "Certificate Sign"],
    &["cRLSign", "CRL Sign"],
    &["encipherOnly", "Encipher Only"],
    &["decipherOnly", "Decipher Only"],
];

/// What the owner of a key may do with it.
const PURPOSES: [(&[&str], &str); 11] = [
    (&["serverAuth", "TLS Web Server Authentication"], "1.3.6.1.5.5.7.3.1"),
    (&["clientAuth", "TLS Web Client Authentication"], "1.3.6.1.5.5.7.3.2"),
    (&["codeSigning", "Code Signing"], "1.3.6.1.5.5.7.3.3"),
    (&["emailProtection", "E-mail Protection"], "1.3.6.1.5.5.7.3.4"),
    (&["timeStamping", "Time Stamping"], "1.3.6.1.5.5.7.3.8"),
    (&["OCSPSigning", "OCSP Signing"], "1.3.6.1.5.5.7.3.9"),
    (&["ipsecEndSystem", "IPSec End System"], "1.3.6.1.5.5.7.3.5"),
    (&["ipsecTunnel", "IPSec Tunnel"], "1.3.6.1.5.5.7.3.6"),
    (&["ipsecUser", "IPSec User"], "1.3.6.1.5.5.7.3.7"),
    (&["msSmartcardLogin", "Microsoft Smartcard Login"], "1.3.6.1.4.1.311.20.2.2"),
    (&["anyExtendedKeyUsage", "Any Extended Key Usage"], "2.5.29.37.0"),
];

/// What stands in a request or certificate beside name and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions(pub(crate) Vec<Extension>);

/// What is asked for in a request. Lists that are empty ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct WantedExtensions {
    /// Names: `DNS:www.example.com`, and whether who does not understand them must not trust the certificate.
    pub alternative_names: (Vec<String>, bool),
    /// What the key may be used for.
    pub key_usage: (Vec<String>, bool),
    /// What its owner may do with it.
    pub extended_key_usage: (Vec<String>, bool),
    /// `CA:TRUE`, `pathlen:0`.
    pub basic_constraints: (Vec<String>, bool),
    /// Whether servers must prove that the certificate was not revoked.
    pub must_staple: (bool, bool),
    /// Names that a CA may certify.
    pub permitted: Vec<String>,
    /// Names that a CA must not certify.
    pub excluded: Vec<String>,
    /// Whether the two must be understood.
    pub name_constraints_critical: bool,
    /// What tells the key from others.
    pub subject_key_identifier: Option<Vec<u8>>,
    /// What tells the issuer's key from others.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// Names of the issuer of the issuer's certificate.
    pub authority_issuer: Vec<String>,
    /// The number of the issuer's certificate.
    pub authority_serial: Option<u64>,
    /// Where the list of revoked certificates is.
    pub distribution_points: Vec<DistributionPoint>,
}

/// Where a list of revoked certificates is.
#[derive(Clone, Debug, Default)]
pub struct DistributionPoint {
    /// Its names, such as `URI:https://example.com/ca.crl`.
    pub full_name: Vec<String>,
    /// Who issues it.
    pub issuer: Vec<String>,
    /// What for.
    pub reasons: Vec<String>,
}

impl WantedExtensions {
    /// The extensions themselves.
    ///
    /// # Errors
    /// A word means nothing, or a name is none.
    pub fn build(&self) -> Result<Extensions> {
        let mut built = Vec::new();
        let (names, critical) = &self.alternative_names;
        if !names.is_empty() {
            built.push(extension(ALTERNATIVE_NAMES, *critical, &general_names(names)?)?);
        }
        let (words, critical) = &self.key_usage;
        if !words.is_empty() {
            built.push(extension(KEY_USAGE, *critical, &key_usage(words)?)?);
        }
        let (words, critical) = &self.extended_key_usage;
        if !words.is_empty() {
            let purposes: Vec<ObjectIdentifier> =
                words.iter().map(|word| purpose(word)).collect::<Result<_>>()?;
            built.push(extension(EXTENDED_KEY_USAGE, *critical, &purposes)?);
        }
        let (words, critical) = &self.basic_constraints;
        if !words.is_empty() {
            built.push(extension(BASIC_CONSTRAINTS, *critical, &basic_constraints(words)?)?);
        }
        if let (true, critical) = self.must_staple {
            built.push(extension(TLS_FEATURES, critical, &vec![5_u8])?);
        }
        if !(self.permitted.is_empty() && self.excluded.is_empty()) {
            let constraints = NameConstraints {
                permitted_subtrees: subtrees(&self.permitted)?,
                excluded_subtrees: subtrees(&self.excluded)?,
            };
            built.push(extension(NAME_CONSTRAINTS, self.name_constraints_critical, &constraints)?);
        }
        if let Some(identifier) = &self.subject_key_identifier {
            built.push(subject_key(identifier)?);
        }
        let some =
            |names: &[String]| Some(names).filter(|names| !names.is_empty()).map(general_names).transpose();
        if self.authority_key_identifier.is_some()
            || !self.authority_issuer.is_empty()
            || self.authority_serial.is_some()
        {
            let failed = || Error::of("the authority's key");
            let identifier = self.authority_key_identifier.as_deref().map(OctetString::new);
            let serial = self.authority_serial.map(|serial| SerialNumber::new(&serial.to_be_bytes()));
            let authority = AuthorityKeyIdentifier {
                key_identifier: identifier.transpose().map_err(failed())?,
                authority_cert_issuer: some(&self.authority_issuer)?,
                authority_cert_serial_number: serial.transpose().map_err(failed())?,
            };
            built.push(extension(AUTHORITY_KEY, false, &authority)?);
        }
        if !self.distribution_points.is_empty() {
            let points: Vec<Point> = self
                .distribution_points
                .iter()
                .map(|point| {
                    Ok(Point {
                        distribution_point: some(&point.full_name)?.map(DistributionPointName::FullName),
                        reasons: reasons(&point.reasons)?,
                        crl_issuer: some(&point.issuer)?,
                    })
                })
                .collect::<Result<_>>()?;
            built.push(extension(DISTRIBUTION_POINTS, false, &points)?);
        }
        Ok(Extensions(built))
    }
}

impl Extensions {
    /// Whether both have the same, whatever the order is.
    pub fn are_same(&self, other: &Extensions) -> bool {
        let sorted = |extensions: &Extensions| {
            let mut all: Vec<_> = extensions
                .0
                .iter()
                .map(|extension| {
                    let value = extension.extn_value.as_bytes();
                    (extension.extn_id, extension.critical, in_any_order(value))
                })
                .collect();
            all.sort();
            all
        };
        sorted(self) == sorted(other)
    }

    /// What tells the key from others, if it is told.
    pub(crate) fn subject_key_identifier(&self) -> Option<Vec<u8>> {
        let found = self.0.iter().find(|extension| extension.extn_id == SUBJECT_KEY)?;
        OctetString::from_der(found.extn_value.as_bytes()).ok().map(|found| found.as_bytes().to_vec())
    }

    /// With what tells the subject's key from others: `always`, or if there is none yet.
    pub(crate) fn with_subject_key(mut self, key: &PublicKey, always: bool) -> Result<Extensions> {
        if always {
            self.0.retain(|extension| extension.extn_id != SUBJECT_KEY);
        }
        if self.subject_key_identifier().is_none() {
            self.0.push(subject_key(&key.identifier())?);
        }
        Ok(self)
    }

    /// With what tells the issuer's key from others, in the place of what there is of it.
    pub(crate) fn with_authority_key(mut self, identifier: &[u8]) -> Result<Extensions> {
        self.0.retain(|extension| extension.extn_id != AUTHORITY_KEY);
        let identifier = OctetString::new(identifier).map_err(Error::of("the authority's key"))?;
        let authority =
            AuthorityKeyIdentifier { key_identifier: Some(identifier), ..AuthorityKeyIdentifier::default() };
        self.0.push(extension(AUTHORITY_KEY, false, &authority)?);
        Ok(self)
    }
}

/// The parts of a list, sorted; what is no list as it is.
fn in_any_order(value: &[u8]) -> Vec<Vec<u8>> {
    let Ok(parts) = Vec::<Any>::from_der(value) else { return vec![value.to_vec()] };
    let mut parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_der().unwrap_or_default()).collect();
    parts.sort();
    parts
}

fn extension(identifier: ObjectIdentifier, critical: bool, value: &impl Encode) -> Result<Extension> {
    let failed = || Error::of("the extension can't be written");
    let value = value.to_der().map_err(failed())?;
    let extn_value = OctetString::new(value).map_err(failed())?;
    Ok(Extension { extn_id: identifier, critical, extn_value })
}

fn subject_key(identifier: &[u8]) -> Result<Extension> {
    let identifier = OctetString::new(identifier).map_err(Error::of("the subject's key"))?;
    extension(SUBJECT_KEY, false, &identifier)
}

fn general_names(texts: &[String]) -> Result<Vec<GeneralName>> {
    texts.iter().map(|text| general_name::parse(text)).collect()
}

fn subtrees(texts: &[String]) -> Result<Option<Vec<GeneralSubtree>>> {
    if texts.is_empty() {
        return Ok(None);
    }
    let names = general_names(texts)?.into_iter();
    Ok(Some(names.map(|base| GeneralSubtree { base, minimum: 0, maximum: None }).collect()))
}

/// A list of bits, without those behind the last that is set.
fn key_usage(words: &[String]) -> Result<BitString> {
    let mut bits: u16 = 0;
    for word in words {
        let at = USAGES.iter().position(|known| known.contains(&word.as_str()));
        let at = at.ok_or_else(|| Error::new(format!("Unknown key usage \"{word}\"")))?;
        bits |= 0x8000 >> at;
    }
    let bytes = bits.to_be_bytes();
    let used = if bytes[1] == 0 { &bytes[..1] } else { &bytes[..] };
    let unused = used.last().map_or(0, |last| last.trailing_zeros().min(7));
    BitString::new(u8::try_from(unused).unwrap_or(0), used).map_err(Error::of("the key usage"))
}

fn purpose(word: &str) -> Result<ObjectIdentifier> {
    let known = PURPOSES.iter().find(|(words, _)| words.contains(&word)).map(|(_, dotted)| *dotted);
    ObjectIdentifier::new(known.unwrap_or(word))
        .map_err(|_| Error::new(format!("Unknown extended key usage \"{word}\"")))
}

fn basic_constraints(words: &[String]) -> Result<BasicConstraints> {
    let mut constraints = BasicConstraints { ca: false, path_len_constraint: None };
    for word in words {
        let wrong = || Error::new(format!("Unknown basic constraint \"{word}\""));
        match word.split_once(':') {
            Some(("CA", value)) => constraints.ca = value.eq_ignore_ascii_case("true"),
            Some(("pathlen", length)) => {
                constraints.path_len_constraint = Some(length.trim().parse().map_err(|_| wrong())?);
            }
            _ => return Err(wrong()),
        }
    }
    Ok(constraints)
}

fn reasons(words: &[String]) -> Result<Option<FlagSet<Reasons>>> {
    let mut reasons: Option<FlagSet<Reasons>> = None;
    for word in words {
        let reason = match word.as_str() {
            "key_compromise" => Reasons::KeyCompromise,
            "ca_compromise" => Reasons::CaCompromise,
            "affiliation_changed" => Reasons::AffiliationChanged,
            "superseded" => Reasons::Superseded,
            "cessation_of_operation" => Reasons::CessationOfOperation,
            "certificate_hold" => Reasons::CertificateHold,
            "privilege_withdrawn" => Reasons::PrivilegeWithdrawn,
            "aa_compromise" => Reasons::AaCompromise,
            other => return Err(Error::new(format!("'{other}' is no reason for a revocation"))),
        };
        reasons = Some(reasons.map_or(reason.into(), |reasons| reasons | reason));
    }
    Ok(reasons)
}
