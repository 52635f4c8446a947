use module::{Arguments, FileArguments, HostPath, MadeFile, Module, NewContent, Outcome, Presence, back_up};
use pki::{Digest, DistinguishedName, KeyText, PrivateKey, Request, WantedExtensions, WantedRequest};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};
use value::{Map, Value};

/// Makes a request to sign a certificate, with a private key that is there.
///
/// The host needs no program for it. A request that already asks for the same, with the same key, stays. A dry run
/// that knows the key knows the request; if an earlier task would only make the key, it says that there will be one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpensslCsr {
    /// The file of the request.
    path: HostPath,
    /// Whether the file shall be there.
    #[serde(default)]
    state: Presence,
    /// The file of the private key.
    privatekey_path: Option<HostPath>,
    /// The private key itself, instead of its file.
    privatekey_content: Option<String>,
    /// What protects the private key.
    privatekey_passphrase: Option<String>,
    /// What is signed: `sha256`, `sha384` or `sha512`.
    #[serde(default = "sha256")]
    digest: String,
    /// The version of the request: there is one only.
    #[serde(default = "one")]
    #[allow(dead_code)]
    version: u8,
    /// Parts of the name of who or what the certificate is for: word and value, or a list of values.
    #[schemars(schema_with = "mapping")]
    #[serde(default)]
    subject: Map,
    /// The name, where the order of its parts matters: a list of such mappings. No other part may be given then.
    #[schemars(schema_with = "mappings")]
    #[serde(default)]
    subject_ordered: Vec<Map>,
    /// The country, of two letters.
    #[schemars(extend("aliases" = ["C", "countryName"]))]
    country_name: Option<String>,
    /// The state or province.
    #[schemars(extend("aliases" = ["ST", "stateOrProvinceName"]))]
    state_or_province_name: Option<String>,
    /// The town.
    #[schemars(extend("aliases" = ["L", "localityName"]))]
    locality_name: Option<String>,
    /// The organization.
    #[schemars(extend("aliases" = ["O", "organizationName"]))]
    organization_name: Option<String>,
    /// The part of the organization.
    #[schemars(extend("aliases" = ["OU", "organizationalUnitName"]))]
    organizational_unit_name: Option<String>,
    /// The name itself.
    #[schemars(extend("aliases" = ["CN", "commonName"]))]
    common_name: Option<String>,
    /// An address for mail.
    #[schemars(extend("aliases" = ["E", "emailAddress"]))]
    email_address: Option<String>,
    /// Other names, each with its kind: `DNS:www.example.com`, `IP:192.0.2.1`, `email:`, `URI:` or `RID:`.
    #[schemars(extend("aliases" = ["subjectAltName"]))]
    #[serde(default)]
    subject_alt_name: Vec<String>,
    /// Who does not understand the other names must not trust the certificate.
    #[schemars(extend("aliases" = ["subjectAltName_critical"]))]
    #[serde(default)]
    subject_alt_name_critical: bool,
    /// Without other names, make one of the name itself.
    #[schemars(extend("aliases" = ["useCommonNameForSAN"]))]
    #[serde(default = "yes")]
    use_common_name_for_san: bool,
    /// What the key may be used for, such as `digitalSignature` or `keyCertSign`.
    #[schemars(extend("aliases" = ["keyUsage"]))]
    #[serde(default)]
    key_usage: Vec<String>,
    /// Whether that must be understood.
    #[schemars(extend("aliases" = ["keyUsage_critical"]))]
    #[serde(default)]
    key_usage_critical: bool,
    /// What its owner may do with it, such as `serverAuth`, or an object identifier.
    #[schemars(extend("aliases" = ["extKeyUsage", "extendedKeyUsage"]))]
    #[serde(default)]
    extended_key_usage: Vec<String>,
    /// Whether that must be understood.
    #[schemars(extend("aliases" = ["extKeyUsage_critical", "extendedKeyUsage_critical"]))]
    #[serde(default)]
    extended_key_usage_critical: bool,
    /// `CA:TRUE` for who may sign certificates, and `pathlen:0` for how many may stand between.
    #[schemars(extend("aliases" = ["basicConstraints"]))]
    #[serde(default)]
    basic_constraints: Vec<String>,
    /// Whether that must be understood.
    #[schemars(extend("aliases" = ["basicConstraints_critical"]))]
    #[serde(default)]
    basic_constraints_critical: bool,
    /// Servers have to prove that the certificate was not revoked.
    #[schemars(extend("aliases" = ["ocspMustStaple"]))]
    #[serde(default)]
    ocsp_must_staple: bool,
    /// Whether that must be understood.
    #[schemars(extend("aliases" = ["ocspMustStaple_critical"]))]
    #[serde(default)]
    ocsp_must_staple_critical: bool,
    /// Names that a CA may certify.
    #[serde(default)]
    name_constraints_permitted: Vec<String>,
    /// Names that a CA must not certify.
    #[serde(default)]
    name_constraints_excluded: Vec<String>,
    /// Whether these two must be understood.
    #[serde(default)]
    name_constraints_critical: bool,
    /// Ask for what tells the key from others, worked out from the key.
    #[serde(default)]
    create_subject_key_identifier: bool,
    /// What tells the key from others, in digits.
    subject_key_identifier: Option<String>,
    /// What tells the issuer's key from others, in digits.
    authority_key_identifier: Option<String>,
    /// Names of the issuer of the issuer's certificate.
    #[serde(default)]
    authority_cert_issuer: Vec<String>,
    /// The number of the issuer's certificate.
    authority_cert_serial_number: Option<u64>,
    /// Where lists of revoked certificates are.
    #[serde(default)]
    crl_distribution_points: Vec<DistributionPoint>,
    /// Make a new request each time.
    #[serde(default)]
    force: bool,
    /// Keep what is replaced or removed beside it.
    #[serde(default)]
    backup: bool,
    /// Give the request as `csr`.
    #[serde(default)]
    return_content: bool,
    /// Taken, and means nothing.
    #[serde(default = "auto")]
    #[allow(dead_code)]
    select_crypto_backend: String,
    #[serde(flatten)]
    file: FileArguments,
}

/// Where a list of revoked certificates is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct DistributionPoint {
    /// Its names, such as `URI:https://ca.example.com/revoked.crl`.
    #[serde(default)]
    full_name: Vec<String>,
    /// Who issues it.
    #[serde(default)]
    crl_issuer: Vec<String>,
    /// For which reasons.
    #[serde(default)]
    reasons: Vec<String>,
}

fn mapping(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "additionalProperties": true })
}

fn mappings(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "array", "items": { "type": "object", "additionalProperties": true } })
}

fn sha256() -> String {
    "sha256".to_owned()
}

fn auto() -> String {
    "auto".to_owned()
}

fn one() -> u8 {
    1
}

fn yes() -> bool {
    true
}

impl Arguments for OpensslCsr {
    const NAME: &'static str = "openssl_csr";
    const EXAMPLES: &'static str = r#"
- name: A certificate for the web server is asked for
  openssl_csr:
    path: /etc/ssl/www.example.com.csr
    privatekey_path: /etc/ssl/private/www.example.com.key
    common_name: www.example.com
    subject_alt_name: ["DNS:www.example.com", "DNS:example.com"]
    extended_key_usage: [serverAuth]
"#;
}

impl Module for OpensslCsr {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let path = self.path.expand(host)?;
        let mut outcome = Outcome::new().with("filename", path.to_string_lossy().as_ref());
        let now = host.inode(&path)?;
        let keep = |host: &mut System, outcome: Outcome| -> Result<Outcome> {
            match self.backup && !now.is_absent() {
                true => Ok(outcome.with("backup_file", back_up(host, &path)?.to_string_lossy().as_ref())),
                false => Ok(outcome),
            }
        };
        if self.state == Presence::Absent {
            outcome = keep(host, outcome)?;
            if !now.is_absent() {
                host.place(&now, now.clone().removed())?;
            }
            return Ok(outcome);
        }
        let parts = self.parts()?;
        let names = self.alternative_names(&parts);
        let digest = Digest::named(&self.digest).ok_or_else(|| {
            Error::failed(format!("nothing is signed with the digest '{}' here", self.digest))
        })?;
        let key = self.key(host)?;
        match &key {
            None => {
                outcome = keep(host, outcome)?;
                let unknown = "a request that is signed with a key that has not been made yet";
                let file = MadeFile { file: &self.file, permissions: 0o644, unknown };
                file.put(host, &now, || Err(Error::failed("there is no key")))?;
            }
            Some(key) => {
                let wanted = self.wanted(&parts, names.clone(), key)?;
                let kept = !self.force && is_there(host, &path, &wanted, key)?;
                if !kept {
                    outcome = keep(host, outcome)?;
                }
                let bytes = match kept {
                    true => None,
                    false => {
                        let request = wanted.signed(key, digest).map_err(failed)?;
                        Some(request.text().map_err(failed)?.into_bytes())
                    }
                };
                NewContent { bytes, ..self.file.kept_content() }.put(host, &now)?;
            }
        }
        self.file.marks().settle(host, &path)?;
        if self.return_content {
            outcome = match host.read(&path) {
                Ok(bytes) => outcome.with("csr", String::from_utf8_lossy(&bytes).as_ref()),
                Err(Error::Unknown(unknown)) => outcome.with("csr", host.caused(unknown)),
                Err(error) => return Err(error),
            };
        }
        Ok(self.told(outcome, &parts, names))
    }
}

/// Whether the file already asks for it. What can't be read does not.
fn is_there(
    host: &mut System,
    path: &std::path::Path,
    wanted: &WantedRequest,
    key: &PrivateKey,
) -> Result<bool> {
    if host.follow(path)?.is_none() {
        return Ok(false);
    }
    match host.read(path) {
        // What is known only as a request with another key.
        Err(Error::Unknown(_)) => Ok(false),
        Err(error) => Err(error),
        Ok(bytes) => {
            Ok(Request::parse(&bytes).and_then(|request| wanted.is_asked_by(&request, key)).unwrap_or(false))
        }
    }
}

impl OpensslCsr {
    /// Word and value of each part of the name.
    fn parts(&self) -> Result<Vec<(String, String)>> {
        let written = [
            ("C", &self.country_name),
            ("ST", &self.state_or_province_name),
            ("L", &self.locality_name),
            ("O", &self.organization_name),
            ("OU", &self.organizational_unit_name),
            ("CN", &self.common_name),
            ("emailAddress", &self.email_address),
        ];
        let mut parts: Vec<(String, String)> = written
            .into_iter()
            .filter_map(|(word, value)| Some((word.to_owned(), value.clone()?)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        add(&mut parts, &self.subject)?;
        if !self.subject_ordered.is_empty() {
            if !parts.is_empty() {
                // Playbooks look for these words.
                let message = "subject_ordered cannot be combined with any other subject field";
                return Err(Error::failed(message));
            }
            self.subject_ordered.iter().try_for_each(|part| add(&mut parts, part))?;
        }
        Ok(parts)
    }

    fn alternative_names(&self, parts: &[(String, String)]) -> Vec<String> {
        if !self.subject_alt_name.is_empty() || !self.use_common_name_for_san {
            return self.subject_alt_name.clone();
        }
        let common = parts.iter().find(|(word, _)| pki::attribute_word(word) == Some("CN"));
        common.map(|(_, name)| format!("DNS:{name}")).into_iter().collect()
    }

    /// The key; `None` if a dry run can't know it.
    fn key(&self, host: &mut System) -> Result<Option<PrivateKey>> {
        let bytes = match (&self.privatekey_path, &self.privatekey_content) {
            (Some(_), Some(_)) => {
                let message = "parameters are mutually exclusive: privatekey_path|privatekey_content";
                return Err(Error::failed(message));
            }
            (None, None) => {
                let message = "one of the following is required: privatekey_path, privatekey_content";
                return Err(Error::failed(message));
            }
            (None, Some(content)) => content.clone().into_bytes(),
            (Some(path), None) => {
                let path = path.expand(host)?;
                match host.read(&path) {
                    Ok(bytes) => bytes,
                    Err(Error::Unknown(_)) => return Ok(None),
                    // Playbooks look for these words.
                    Err(error) if host.follow(&path)?.is_none() => {
                        let message = format!("The private key {} does not exist", path.display());
                        return Err(Error::failed(message).context(error));
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let found = KeyText::parse(&bytes, self.privatekey_passphrase.as_deref()).map_err(failed)?;
        Ok(Some(found.key))
    }

    fn wanted(
        &self,
        parts: &[(String, String)],
        names: Vec<String>,
        key: &PrivateKey,
    ) -> Result<WantedRequest> {
        let subject_key_identifier = match (&self.subject_key_identifier, self.create_subject_key_identifier)
        {
            (Some(_), true) => {
                return Err(Error::failed(
                    "subject_key_identifier cannot be specified if create_subject_key_identifier is true",
                ));
            }
            (Some(digits), false) => Some(bytes_of(digits, "subject_key_identifier")?),
            (None, true) => Some(key.public_key().map_err(failed)?.identifier()),
            (None, false) => None,
        };
        let authority_key_identifier = self
            .authority_key_identifier
            .as_deref()
            .map(|digits| bytes_of(digits, "authority_key_identifier"))
            .transpose()?;
        let points = self.crl_distribution_points.iter().map(|point| pki::DistributionPoint {
            full_name: point.full_name.clone(),
            issuer: point.crl_issuer.clone(),
            reasons: point.reasons.clone(),
        });
        let extensions = WantedExtensions {
            alternative_names: (names, self.subject_alt_name_critical),
            key_usage: (self.key_usage.clone(), self.key_usage_critical),
            extended_key_usage: (self.extended_key_usage.clone(), self.extended_key_usage_critical),
            basic_constraints: (self.basic_constraints.clone(), self.basic_constraints_critical),
            must_staple: (self.ocsp_must_staple, self.ocsp_must_staple_critical),
            permitted: self.name_constraints_permitted.clone(),
            excluded: self.name_constraints_excluded.clone(),
            name_constraints_critical: self.name_constraints_critical,
            subject_key_identifier,
            authority_key_identifier,
            authority_issuer: self.authority_cert_issuer.clone(),
            authority_serial: self.authority_cert_serial_number,
            distribution_points: points.collect(),
        };
        let pairs = parts.iter().map(|(word, value)| (word.as_str(), value.as_str()));
        Ok(WantedRequest {
            subject: DistinguishedName::of(pairs).map_err(failed)?,
            ordered: !self.subject_ordered.is_empty(),
            extensions: extensions.build().map_err(failed)?,
        })
    }

    fn told(self, outcome: Outcome, parts: &[(String, String)], names: Vec<String>) -> Outcome {
        let list = |list: Vec<String>| Some(list).filter(|list| !list.is_empty()).map(Value::list);
        let subject = parts.iter().map(|(word, value)| Value::list([word.as_str(), value.as_str()]));
        outcome
            .with("privatekey", self.privatekey_path.as_ref().map(HostPath::as_str))
            .with("subject", Value::list(subject))
            .with("subjectAltName", list(names))
            .with("keyUsage", list(self.key_usage))
            .with("extendedKeyUsage", list(self.extended_key_usage))
            .with("basicConstraints", list(self.basic_constraints))
            .with("ocspMustStaple", self.ocsp_must_staple)
            .with("name_constraints_permitted", Value::list(self.name_constraints_permitted))
            .with("name_constraints_excluded", Value::list(self.name_constraints_excluded))
    }
}

/// Adds the parts that a mapping names; a list of values is as many parts.
fn add(parts: &mut Vec<(String, String)>, subject: &Map) -> Result<()> {
    for (word, value) in subject {
        let word = word.as_str().unwrap_or_default();
        let values = match value.as_list() {
            Some(values) => values.to_vec(),
            None => vec![value.clone()],
        };
        for value in values {
            let text = match value.as_str() {
                Some(text) => text.to_owned(),
                None if value.as_i64().is_some() => value.to_string(),
                None => return Err(Error::failed(format!("the value of '{word}' in subject is no text"))),
            };
            parts.push((word.to_owned(), text));
        }
    }
    Ok(())
}

fn bytes_of(digits: &str, argument: &str) -> Result<Vec<u8>> {
    let plain = digits.replace(':', "");
    let pairs = plain.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect::<Option<_>>().ok_or_else(|| Error::failed(format!("Cannot parse {argument}: {digits}")))
}

fn failed(error: pki::Error) -> Error {
    Error::failed(error.to_string())
}
