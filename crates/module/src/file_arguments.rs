use schemars::JsonSchema;
use serde::Deserialize;
use system::{Inode, Result, System};

use crate::{FileMarks, Mode, NewContent, attributes};

/// What file modules' arguments say of a file, whatever they put into it: a part of their structs, by
/// `#[serde(flatten)]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct FileArguments {
    /// Owner, by name or number.
    pub owner: Option<String>,
    /// Group, by name or number.
    pub group: Option<String>,
    /// Permissions: an octal number in quotes, symbols such as `u=rw,go=r`, or, where a file is copied, `preserve` for
    /// those that it has.
    pub mode: Option<Mode>,
    /// Flags as chattr(1) has them: all that there shall be, after `+` those to add, after `-` those to take away.
    #[schemars(extend("aliases" = ["attr"]))]
    pub attributes: Option<String>,
    /// User of the SELinux label, where SELinux is on.
    pub seuser: Option<String>,
    /// Role of the SELinux label.
    pub serole: Option<String>,
    /// Type of the SELinux label.
    pub setype: Option<String>,
    /// Level of the SELinux label.
    pub selevel: Option<String>,
    /// Write over a file that can't be replaced in one step, such as one that is itself a mount.
    #[serde(default)]
    pub unsafe_writes: bool,
}

impl FileArguments {
    /// The names of all of them, for whoever passes them on.
    pub const NAMES: [&str; 9] =
        ["owner", "group", "mode", "attributes", "seuser", "serole", "setype", "selevel", "unsafe_writes"];

    /// What is at a path, with this owner, group and permissions.
    ///
    /// # Errors
    /// There is no such user or group.
    pub fn applied_to(&self, host: &mut System, inode: Inode) -> Result<Inode> {
        attributes(host, inode, self.owner.as_deref(), self.group.as_deref(), self.mode.as_ref())
    }

    /// Whether they say anything of owner, group or permissions.
    pub fn has_attributes(&self) -> bool {
        self.owner.is_some() || self.group.is_some() || self.mode.is_some()
    }

    /// Flags and label.
    pub fn marks(&self) -> FileMarks<'_> {
        FileMarks {
            flags: self.attributes.as_deref(),
            user: self.seuser.as_deref(),
            role: self.serole.as_deref(),
            kind: self.setype.as_deref(),
            level: self.selevel.as_deref(),
        }
    }

    /// A content that stays as it is, in a file of this owner, group and permissions.
    pub fn kept_content(&self) -> NewContent<'_> {
        NewContent {
            owner: self.owner.as_deref(),
            group: self.group.as_deref(),
            mode: self.mode.as_ref(),
            ..NewContent::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_are_those_of_the_fields() {
        let schema = schemars::schema_for!(FileArguments).to_value();
        let fields: BTreeSet<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(FileArguments::NAMES));
    }
}
