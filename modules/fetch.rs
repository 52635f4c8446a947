use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System, md5_hex, sha1_hex};

/// Copies a file from the host to the controller.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fetch {
    /// Which file on the host; symbolic links are followed. Directories can't be fetched.
    src: HostPath,
    /// Where to put it on the controller: a folder, in which it lands at `HOST/SRC`, or with `flat` the file itself.
    #[allow(dead_code)]
    dest: String,
    /// Put it right at `dest`, or into it under its own name if `dest` ends with a slash.
    #[serde(default)]
    #[allow(dead_code)]
    flat: bool,
    /// Fail if there is no such file on the host or it can't be read.
    #[serde(default = "yes")]
    fail_on_missing: bool,
    /// Compare the checksums of both files afterwards.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    validate_checksum: bool,
    /// The SHA-1 of what the controller has already; a file that has it is not sent.
    #[serde(default, rename = "_checksum")]
    #[schemars(skip)]
    known: Option<String>,
}

fn yes() -> bool {
    true
}

impl Arguments for Fetch {
    const NAME: &'static str = "fetch";
    const EXAMPLES: &'static str = r#"
- name: Keep every host's certificate
  fetch:
    src: /etc/ssl/certs/host.pem
    dest: certificates

- name: One file, right here
  fetch:
    src: /var/log/installer/status
    dest: "status-{{ inventory_hostname }}"
    flat: true
"#;
}

impl Module for Fetch {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let path = self.src.expand(host)?;
        let source = path.to_string_lossy().into_owned();
        // Playbooks compare these words.
        let refusal = match host.follow(&path)? {
            None => Some("the remote file does not exist, not transferring, ignored"),
            Some(found) if found.is_directory() => {
                Some("remote file is a directory, fetch cannot work on directories")
            }
            Some(_) => None,
        };
        let bytes = match refusal {
            Some(message) => Err(Error::failed(message)),
            None => host.read(&path),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(Error::Failed(failure)) if !self.fail_on_missing => {
                let message = failure.message.strip_suffix(", ignored").unwrap_or(&failure.message);
                return Ok(Outcome::new()
                    .with("msg", format!("{message}, ignored"))
                    .with("file", source)
                    .with("skipped_missing", true));
            }
            Err(error) => return Err(error.with("file", source)),
        };
        let checksum = sha1_hex(&bytes);
        let outcome = Outcome::new()
            .with("source", source)
            .with("size", bytes.len())
            .with("md5sum", md5_hex(&bytes))
            .with("sent", self.known.as_ref() != Some(&checksum));
        if self.known.as_ref() != Some(&checksum) {
            host.send(&bytes)?;
        }
        Ok(outcome.with("checksum", checksum))
    }
}
