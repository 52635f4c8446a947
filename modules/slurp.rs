use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};

/// Reads a file of the host into a variable.
///
/// The content comes in Base64, so that any bytes get through: `{{ result.content | b64decode }}` gives the text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Slurp {
    /// Which file; symbolic links are followed.
    #[schemars(extend("aliases" = ["path"]))]
    src: HostPath,
    /// Give the content in Base64; otherwise as text, which it must be.
    #[serde(default = "yes")]
    armor: bool,
}

fn yes() -> bool {
    true
}

impl Arguments for Slurp {
    const NAME: &'static str = "slurp";
    const EXAMPLES: &'static str = r#"
- name: Read the host's key
  slurp:
    src: /etc/ssh/ssh_host_ed25519_key.pub
  register: key

- name: Show it
  debug:
    msg: "{{ key.content | b64decode }}"
"#;
}

impl Module for Slurp {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let path = self.src.expand(host)?;
        let shown = path.display();
        // Playbooks look for these words.
        match host.follow(&path) {
            Ok(None) if through_a_file(host, &path)? => {
                return Err(Error::failed(format!("Unable to slurp file: {shown}")));
            }
            Ok(None) => return Err(Error::failed(format!("File not found: {shown}"))),
            Ok(Some(_)) if !host.access(&path)?.read => {
                return Err(Error::failed(format!("File is not readable: {shown}")));
            }
            Ok(Some(found)) if found.is_directory() => {
                let message = format!("Source is a directory and must be a file: {shown}");
                return Err(Error::failed(message));
            }
            Ok(Some(_)) => {}
            Err(error) => return Err(error.context(format!("File is not readable: {shown}"))),
        }
        let bytes = host.read(&path)?;
        let outcome = Outcome::new().with("source", path.to_string_lossy().as_ref());
        if self.armor {
            return Ok(outcome.with("content", STANDARD.encode(bytes)).with("encoding", "base64"));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::failed(format!("{shown} is no UTF-8 text; 'armor: true' reads any bytes")))?;
        Ok(outcome.with("content", text).with("encoding", "utf-8"))
    }
}

/// Whether what should be a directory on the way is none.
fn through_a_file(host: &mut System, path: &Path) -> Result<bool> {
    for ancestor in path.ancestors().skip(1) {
        if let Some(found) = host.follow(ancestor)? {
            return Ok(!found.is_directory());
        }
    }
    Ok(false)
}
