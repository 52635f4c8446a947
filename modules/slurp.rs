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
        match host.follow(&path)? {
            None => Err(Error::failed(format!("file not found: {}", path.display()))),
            Some(found) if found.is_directory() => {
                Err(Error::failed(format!("{} is a directory; slurp reads files", path.display())))
            }
            Some(_) => Ok(Outcome::new()
                .with("content", STANDARD.encode(host.read(&path)?))
                .with("encoding", "base64")
                .with("source", path.to_string_lossy().as_ref())),
        }
    }
}
