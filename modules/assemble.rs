use module::{Arguments, FileArguments, Fragments, HostPath, Module, NewContent, Outcome, inode_result};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Kind, Result, System, md5_hex, sha1_hex};

/// Puts the files of a directory together into one file, in the order of their names.
///
/// For programs that read one file and no folder: the parts can be put there by many tasks and roles.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assemble {
    /// The directory of the parts; what is no file in it is left out.
    src: HostPath,
    /// Which file to make of them.
    dest: HostPath,
    /// Take the parts from the host; otherwise from the controller, where a relative path is searched in the `files`
    /// folders of the role and the play.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    remote_src: bool,
    /// Take only parts whose names this regular expression matches.
    regexp: Option<String>,
    /// What stands between the parts, on lines of its own; `\n` is a line break.
    delimiter: Option<String>,
    /// Leave out parts whose names start with a dot.
    #[serde(default)]
    ignore_hidden: bool,
    /// Keep the replaced file beside it, under a name with the time.
    #[serde(default)]
    backup: bool,
    /// A program that has to accept the new file before it is put in place; `%s` stands for the file.
    validate: Option<String>,
    /// Decrypt parts of the controller that are in a vault.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    decrypt: bool,
    #[serde(flatten)]
    file: FileArguments,
}

fn yes() -> bool {
    true
}

impl Arguments for Assemble {
    const NAME: &'static str = "assemble";
    const EXAMPLES: &'static str = r##"
- name: One configuration out of many parts
  assemble:
    src: /etc/app/parts.d
    dest: /etc/app/app.conf
    regexp: '\.conf$'
    delimiter: "# ---"
    validate: app --check %s
"##;
}

impl Module for Assemble {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let source = self.src.expand(host)?;
        let dest = self.dest.expand(host)?;
        // Playbooks look for these words.
        match host.follow(&source)? {
            None => return Err(Error::failed(format!("Source ({}) does not exist", source.display()))),
            Some(found) if !found.is_directory() => {
                return Err(Error::failed(format!("Source ({}) is not a directory", source.display())));
            }
            Some(_) => {}
        }
        let fragments =
            Fragments::new(self.regexp.as_deref(), self.delimiter.as_deref(), self.ignore_hidden)?;
        let mut parts = Vec::new();
        for name in host.list(&source)? {
            let path = source.join(&name);
            if fragments.takes(&name)? && host.follow(&path)?.is_some_and(|found| found.is_file()) {
                parts.push(host.read(&path)?);
            }
        }
        let whole = fragments.assemble(parts);
        let real = host.real_path(&dest)?;
        let now = host.inode(&real)?;
        if matches!(now.kind, Kind::Directory | Kind::Other(_)) {
            return Err(Error::failed(format!("{} is a {}, not a file", dest.display(), now.state())));
        }
        let is_new = !now.is_file() || host.read(&now.path)? != whole;
        let outcome = Outcome::new()
            .with("src", source.to_string_lossy().as_ref())
            .with("dest", dest.to_string_lossy().as_ref())
            .with("checksum", sha1_hex(&whole))
            .with("md5sum", md5_hex(&whole))
            .with("msg", "OK");
        let new = NewContent {
            bytes: is_new.then_some(whole),
            validate: self.validate.as_deref(),
            backup: self.backup,
            ..self.file.kept_content()
        };
        let written = new.put(host, &now)?;
        self.file.marks().settle(host, &now.path)?;
        let backup = written.backup.map(|backup| backup.to_string_lossy().into_owned());
        let result = host.inode(&now.path)?;
        inode_result(host, outcome.with_some("backup_file", backup), &result)
    }
}
