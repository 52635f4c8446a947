use std::path::Path;

use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Output, Result, State, System};
use value::{Unknown, Value};

/// Sets and tells the access control lists of files: what single users and groups may do with them, acl(5).
///
/// The host needs the programs `getfacl` and `setfacl`, which on Debian and Ubuntu come with the package `acl`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acl {
    /// The file or folder.
    #[schemars(extend("aliases" = ["name"]))]
    path: HostPath,
    /// Whether the entry shall be there, or only what is there is told.
    #[serde(default)]
    state: Wanted,
    /// Whom the entry is about.
    etype: Option<Kind>,
    /// The user or group; without it, the owner or the owning group.
    #[serde(default)]
    entity: String,
    /// What they may do: of `r`, `w`, `x`, and `X` for folders and programs only.
    permissions: Option<String>,
    /// The entry in one, as `user:ann:rw`; instead of `etype`, `entity` and `permissions`.
    entry: Option<String>,
    /// The entry is one that files get which are made in this folder.
    #[serde(default)]
    default: bool,
    /// If the path is a symbolic link, what it leads to is meant; without it, nothing happens to a link.
    #[serde(default = "yes")]
    follow: bool,
    /// All that is below the folder as well.
    #[serde(default)]
    #[schemars(extend("aliases" = ["recurse"]))]
    recursive: bool,
    /// What becomes of the mask, which limits all users and groups that are named.
    #[serde(default)]
    recalculate_mask: Recalculation,
    /// Those of NFSv4, which this module does not know: an error.
    #[serde(default)]
    use_nfsv4_acls: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    /// It is not there.
    Absent,
    /// It is there.
    Present,
    /// Nothing changes.
    #[default]
    Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A group.
    Group,
    /// All users and groups that are named, and the owning group.
    Mask,
    /// Everybody else.
    Other,
    /// A user.
    User,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Group => "group",
            Kind::Mask => "mask",
            Kind::Other => "other",
            Kind::User => "user",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Recalculation {
    /// It allows what the entries allow, unless the entry is a mask itself.
    #[default]
    Default,
    /// It allows what the entries allow.
    Mask,
    /// It stays.
    NoMask,
}

fn yes() -> bool {
    true
}

impl Arguments for Acl {
    const NAME: &'static str = "acl";
    const EXAMPLES: &'static str = r#"
- name: The web server may read the uploads, also those to come
  acl:
    path: /srv/uploads
    etype: user
    entity: www-data
    permissions: rX
    default: "{{ item }}"
    state: present
  loop: [false, true]

- name: Who may do what?
  acl:
    path: /srv/uploads
  register: uploads
"#;
}

/// The entries of a file, as getfacl(1) writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AccessList {
    path: String,
    entries: Vec<String>,
}

impl State for AccessList {
    const KIND: &'static str = "access control list";

    fn name(&self) -> String {
        self.path.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<AccessList> {
        let command = ["getfacl", "--omit-header", "--absolute-names", "--no-effective", "--", name];
        let said = ask(host, &Command::new(command).env("LC_ALL", "C.UTF-8"), name)?.stdout();
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(AccessList { path: name.to_owned(), entries: lines.map(str::to_owned).collect() })
    }

    fn absent(name: &str) -> AccessList {
        AccessList { path: name.to_owned(), entries: Vec::new() }
    }

    fn is_absent(&self) -> bool {
        self.entries.is_empty()
    }

    fn bring_about(_: &mut dyn Backend, _: &AccessList, want: &AccessList) -> Result<()> {
        Err(Error::failed(format!("the access control list of {} is changed by its module only", want.path)))
    }
}

impl Module for Acl {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.use_nfsv4_acls {
            return Err(Error::failed(
                "access control lists of NFSv4 are not supported: use the command nfs4_setfacl",
            ));
        }
        // Playbooks look for these words.
        if self.state == Wanted::Query && self.recursive {
            return Err(Error::failed("'recursive' MUST NOT be set when 'state=query'."));
        }
        let entry = self.entry()?;
        let written = self.path.expand(host)?;
        let Some(found) = host.follow(&written)? else {
            return Err(Error::failed("Path not found or not accessible."));
        };
        let is_link = matches!(host.inode(&written)?.kind, system::Kind::Link(_));
        let path = if self.follow { found.path } else { written };
        let name = path.to_string_lossy().into_owned();
        let Some(entry) = entry.filter(|_| self.follow || !is_link) else {
            let now = host.observe::<AccessList>(&name)?;
            return Ok(self.told("current acl".into(), now.entries));
        };
        if entry.default && !self.recursive && !host.inode(&path)?.is_directory() {
            return Err(Error::failed(format!("{name} is no folder: only folders have default entries")));
        }
        let message = match self.state {
            Wanted::Absent => format!("{} is absent", entry.text),
            _ => format!("{} is present", entry.text),
        };
        let tested = ask(host, &self.command(&entry, &name, true), &name)?.stdout();
        if self.recursive {
            return self.set_below(host, &entry, &path, &tested, message);
        }
        let now = host.observe::<AccessList>(&name)?;
        let mut want = now.clone();
        // setfacl knows nothing of what a dry run has predicted before: what it would do is done to that.
        let on_host = AccessList::observe(host, &name)?.entries;
        let tested = tested.lines().next().and_then(|line| after(line, &on_host)).unwrap_or_default();
        if now.entries == on_host {
            want.entries = tested;
        } else {
            want.entries.retain(|entry| tested.contains(entry) || !on_host.contains(entry));
            want.entries.extend(tested.into_iter().filter(|entry| !on_host.contains(entry)));
            want.entries.dedup();
        }
        let command = self.command(&entry, &name, false);
        let doing = format!("the access control list of {name} can't be set");
        host.settle_by(&now, want, |backend, _, _| backend.carry_out(&command, &doing).map(drop))?;
        let entries = host.observe::<AccessList>(&name)?.entries;
        Ok(Acl { default: entry.default, ..self }.told(message, entries))
    }
}

/// An entry for setfacl(1).
struct Entry {
    text: String,
    default: bool,
}

impl Acl {
    /// What is to be set or removed; nothing for a question.
    fn entry(&self) -> Result<Option<Entry>> {
        let has_parts = self.etype.is_some() || !self.entity.is_empty() || self.permissions.is_some();
        let wanted = match (&self.entry, self.state) {
            (_, Wanted::Query) => return Ok(None),
            (Some(_), _) if has_parts => {
                let message = "'entry' MUST NOT be set when 'entity', 'etype' or 'permissions' are set";
                return Err(Error::failed(message));
            }
            (Some(entry), _) => entry.clone(),
            (None, _) => {
                let kind = self.etype.ok_or_else(|| Error::failed("either 'entry' or 'etype' is needed"))?;
                let permissions = self.permissions.as_deref().unwrap_or_default();
                format!("{}:{}:{permissions}", kind.word(), self.entity)
            }
        };
        let mut parts: Vec<&str> = wanted.split(':').collect();
        let mut default = self.default;
        if matches!(parts.first(), Some(&("d" | "default"))) {
            default = true;
            parts.remove(0);
        }
        let text = match (self.state, parts.as_slice()) {
            (Wanted::Absent, [kind, entity] | [kind, entity, _]) => format!("{kind}:{entity}"),
            (Wanted::Absent, _) => {
                return Err(Error::failed(format!("'{wanted}' is no entry: it has to be like user:ann")));
            }
            (_, [_, _, permissions]) if !permissions.is_empty() => parts.join(":"),
            _ => return Err(Error::failed(format!("'{wanted}' is no entry: it has to be like user:ann:rw"))),
        };
        Ok(Some(Entry { text, default }))
    }

    fn command(&self, entry: &Entry, path: &str, test: bool) -> Command {
        let words = [
            ("--test", test),
            ("--recursive", self.recursive),
            ("--physical", !self.follow),
            ("--mask", self.recalculate_mask == Recalculation::Mask),
            ("--no-mask", self.recalculate_mask == Recalculation::NoMask),
            ("--default", entry.default),
        ];
        let verb = if self.state == Wanted::Absent { "--remove" } else { "--modify" };
        Command::new(["setfacl"])
            .args(words.into_iter().filter(|(_, wanted)| *wanted).map(|(word, _)| word))
            .args([verb, &entry.text, "--", path])
            .env("LC_ALL", "C.UTF-8")
    }

    fn set_below(
        self,
        host: &mut System,
        entry: &Entry,
        path: &Path,
        tested: &str,
        message: String,
    ) -> Result<Outcome> {
        let name = path.to_string_lossy();
        let count = tested.lines().filter(|line| !line.is_empty() && !line.ends_with(UNCHANGED)).count();
        let mut is_known = count == 0;
        if count > 0 {
            let command = self.command(entry, &name, false);
            let doing = format!("the access control lists below {name} can't be set");
            let what = format!("{message} for {count} files");
            host.act("access control lists", &name, &what, |backend| {
                is_known = true;
                backend.carry_out(&command, &doing).map(drop)
            })?;
        }
        let entries = host.observe::<AccessList>(&name)?.entries;
        let outcome = Acl { default: entry.default, ..self }.told(message, entries);
        Ok(match is_known {
            true => outcome,
            false => {
                let unknown = Unknown::new("access control lists that a dry run does not set");
                outcome.with("acl", Value::from(host.caused(unknown)))
            }
        })
    }

    fn told(self, message: String, entries: Vec<String>) -> Outcome {
        let entries: Vec<String> = match self.default {
            true => {
                entries.iter().filter_map(|entry| entry.strip_prefix(DEFAULT).map(str::to_owned)).collect()
            }
            false => entries,
        };
        Outcome::new().with("msg", message).with("acl", Value::list(entries))
    }
}

/// What getfacl writes before default entries.
const DEFAULT: &str = "default:";

/// What `setfacl --test` says of a file that would stay as it is.
const UNCHANGED: &str = ": *,*";

/// Asks about a path. A dry run can't ask about one that it only predicts.
fn ask(host: &mut System, command: &Command, path: &str) -> Result<Output> {
    let output = host.query(command)?;
    if !output.success() && host.would_change_below(path.as_ref()) {
        return Err(Unknown::new("the access control list of what a dry run only predicts").into());
    }
    output.checked(&format!("the access control list of {path} can't be told"))
}

/// The entries of a file after what a line of `setfacl --test` says: `PATH: ACCESS,DEFAULT`, each the entries with commas
/// between, or `*` if they stay.
fn after(line: &str, now: &[String]) -> Option<Vec<String>> {
    let (_, said) = line.rsplit_once(": ")?;
    let words: Vec<&str> = said.split(',').collect();
    let (is_default, is_access): (Vec<&str>, Vec<&str>) =
        words.iter().filter(|word| **word != "*").partition(|word| word.starts_with("d:"));
    let kept = |default: bool| now.iter().filter(move |entry| entry.starts_with(DEFAULT) == default).cloned();
    let mut entries: Vec<String> = match words.first() {
        Some(&"*") => kept(false).collect(),
        _ => is_access.into_iter().map(long).collect(),
    };
    match words.last() {
        Some(&"*") => entries.extend(kept(true)),
        _ => entries.extend(is_default.into_iter().map(|word| format!("{DEFAULT}{}", long(&word[2..])))),
    }
    Some(entries)
}

/// `u:ann:r--` as getfacl writes it.
fn long(entry: &str) -> String {
    match entry.split_once(':') {
        Some(("u", rest)) => format!("user:{rest}"),
        Some(("g", rest)) => format!("group:{rest}"),
        Some(("m", rest)) => format!("mask:{rest}"),
        Some(("o", rest)) => format!("other:{rest}"),
        _ => entry.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setfacl_foretells_the_entries() {
        let now: Vec<String> = ["user::rw-", "group::r--", "other::---"].map(str::to_owned).to_vec();
        let after = |line: &str| after(line, &now).unwrap_or_default().join(" ");
        assert_eq!(after("/a: *,*"), "user::rw- group::r-- other::---");
        assert_eq!(after("/a: b: u::rw-,u:x:r--,o::---,*"), "user::rw- user:x:r-- other::---");
        assert_eq!(
            after("/a: *,d:u::rwx,d:m::rwx"),
            "user::rw- group::r-- other::--- default:user::rwx default:mask::rwx"
        );
    }
}
