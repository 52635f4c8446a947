use std::net::IpAddr;

use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use x509_cert::ext::pkix::name::GeneralName;

use crate::{Error, Result};

/// Reads `DNS:www.example.com`, `IP:192.0.2.1`, `email:`, `URI:` or `RID:`; for constraints networks too, as
/// `IP:192.0.2.0/24`.
pub(crate) fn parse(text: &str) -> Result<GeneralName> {
    let wrong = |_| Error::new(format!("Cannot parse Subject Alternative Name \"{text}\""));
    let (kind, value) = text.split_once(':').unwrap_or(("", text));
    let ascii = || Ia5String::new(value).map_err(wrong);
    match kind.to_ascii_lowercase().as_str() {
        "dns" => Ok(GeneralName::DnsName(ascii()?)),
        "email" => Ok(GeneralName::Rfc822Name(ascii()?)),
        "uri" => Ok(GeneralName::UniformResourceIdentifier(ascii()?)),
        "rid" => {
            let identifier = ObjectIdentifier::new(value)
                .map_err(|_| Error::new(format!("'{value}' is no object identifier")))?;
            Ok(GeneralName::RegisteredId(identifier))
        }
        "ip" => {
            let bytes = address(value).ok_or_else(|| Error::new(format!("'{value}' is no address")))?;
            Ok(GeneralName::IpAddress(OctetString::new(bytes).map_err(wrong)?))
        }
        "dirname" | "othername" => Err(Error::new(format!("names of the kind '{kind}' are not made"))),
        // Playbooks look for these words.
        _ => Err(Error::new(format!(
            "Cannot parse Subject Alternative Name \"{text}\" (potentially unsupported)"
        ))),
    }
}

/// An address, or a network: the address and its mask.
fn address(text: &str) -> Option<Vec<u8>> {
    let bytes = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let Some((address, length)) = text.split_once('/') else { return text.parse().ok().map(bytes) };
    let mut found = bytes(address.parse().ok()?);
    let length: usize = length.parse().ok().filter(|length| *length <= found.len() * 8)?;
    let mask: Vec<u8> = (0..found.len())
        .map(|at| {
            let bits = length.saturating_sub(at * 8).min(8);
            u8::try_from(0xff00_u16 >> bits & 0xff).unwrap_or(0xff)
        })
        .collect();
    found.extend(mask);
    Some(found)
}
