use der::asn1::{Ia5StringRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use der::{Any, Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use crate::{Error, Result};

/// Who or what a certificate is for, or from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(pub(crate) Name);

/// Words for the parts of a name, and what they stand for: RFC 4519, RFC 2985, and what OpenSSL calls them.
const ATTRIBUTES: [(&[&str], &str); 19] = [
    (&["CN", "commonName"], "2.5.4.3"),
    (&["SN", "surname"], "2.5.4.4"),
    (&["serialNumber"], "2.5.4.5"),
    (&["C", "countryName"], "2.5.4.6"),
    (&["L", "localityName"], "2.5.4.7"),
    (&["ST", "stateOrProvinceName", "S"], "2.5.4.8"),
    (&["street", "streetAddress"], "2.5.4.9"),
    (&["O", "organizationName"], "2.5.4.10"),
    (&["OU", "organizationalUnitName"], "2.5.4.11"),
    (&["title"], "2.5.4.12"),
    (&["postalAddress"], "2.5.4.16"),
    (&["postalCode"], "2.5.4.17"),
    (&["GN", "givenName"], "2.5.4.42"),
    (&["initials"], "2.5.4.43"),
    (&["generationQualifier"], "2.5.4.44"),
    (&["dnQualifier"], "2.5.4.46"),
    (&["pseudonym"], "2.5.4.65"),
    (&["emailAddress", "E"], "1.2.840.113549.1.9.1"),
    (&["DC", "domainComponent"], "0.9.2342.19200300.100.1.25"),
];

/// The first word for a part of a name; `None` if nobody knows it.
pub fn attribute_word(word: &str) -> Option<&'static str> {
    ATTRIBUTES.iter().find(|(words, _)| words.contains(&word)).and_then(|(words, _)| words.first().copied())
}

impl DistinguishedName {
    /// A name of parts: word and value, in order.
    ///
    /// # Errors
    /// Nobody knows the word, or the value can't stand there.
    pub fn of<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<DistinguishedName> {
        let mut sequence = RdnSequence::default();
        for (word, value) in parts {
            let wrong = |error| Error::new(format!("'{value}' can't be the {word} of a name: {error}"));
            let known = ATTRIBUTES.iter().find(|(words, _)| words.contains(&word)).map(|(_, dotted)| *dotted);
            let identifier = ObjectIdentifier::new(known.unwrap_or(word))
                .map_err(|_| Error::new(format!("Unknown subject field identifier \"{word}\"")))?;
            let value = match word {
                "C" | "countryName" | "serialNumber" | "dnQualifier" => {
                    PrintableStringRef::new(value).and_then(|text| Any::encode_from(&text))
                }
                "E" | "emailAddress" | "DC" | "domainComponent" => {
                    Ia5StringRef::new(value).and_then(|text| Any::encode_from(&text))
                }
                _ => Utf8StringRef::new(value).and_then(|text| Any::encode_from(&text)),
            };
            let part = AttributeTypeAndValue { oid: identifier, value: value.map_err(wrong)? };
            sequence.push(RelativeDistinguishedName::try_from(vec![part]).map_err(wrong)?);
        }
        let bytes = sequence.to_der().map_err(Error::of("the name"))?;
        Name::from_der(&bytes).map(DistinguishedName).map_err(Error::of("the name"))
    }

    /// Whether the parts are the same, whatever their order is.
    pub fn has_same_parts(&self, other: &DistinguishedName) -> bool {
        self.sorted() == other.sorted()
    }

    fn sorted(&self) -> Vec<Vec<u8>> {
        let mut parts: Vec<Vec<u8>> =
            self.0.iter_rdn().map(|part| part.to_der().unwrap_or_default()).collect();
        parts.sort();
        parts
    }

    /// Word and value of each part, as far as they are text.
    pub fn parts(&self) -> Vec<(String, String)> {
        self.0
            .iter()
            .map(|part| {
                let dotted = part.oid.to_string();
                let word = ATTRIBUTES
                    .iter()
                    .find(|(_, known)| *known == dotted)
                    .and_then(|(words, _)| words.get(1).or(words.first()))
                    .map_or(dotted, |word| (*word).to_owned());
                (word, String::from_utf8_lossy(part.value.value()).into_owned())
            })
            .collect()
    }
}
