use module::{Arguments, Module, Outcome, Presence, required_since};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Result, State as _, System};

/// Makes, changes and removes groups.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Name of the group.
    name: String,
    /// Its number; left out, the host chooses one, and a group that is there keeps its own.
    gid: Option<u32>,
    /// Whether the group should be there.
    #[serde(default)]
    state: Presence,
    /// When making the group: choose a number from the range for system groups.
    #[serde(default)]
    system: bool,
    /// Go by the host's own files only, not by a directory such as LDAP.
    #[serde(default)]
    local: bool,
    /// Allow a number that another group has.
    #[serde(default)]
    non_unique: bool,
    /// Remove the group even if it is the primary group of a user.
    #[serde(default)]
    force: bool,
    /// The lowest number that the host may choose.
    gid_min: Option<u32>,
    /// The highest number that the host may choose.
    gid_max: Option<u32>,
}

impl Arguments for Group {
    const NAME: &'static str = "group";
    const EXAMPLES: &'static str = r#"
- name: A group for those who deploy
  group:
    name: deploy
    gid: 1500

- name: No such group
  group:
    name: games
    state: absent
"#;
}

impl Module for Group {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.name.is_empty() || self.name.contains([':', ',', '\n']) || self.name.starts_with('-') {
            return Err(Error::failed(format!("'{}' can't be the name of a group", self.name)));
        }
        if self.non_unique {
            required_since("non_unique is True", &[("gid", self.gid.is_some())])?;
        }
        for (argument, given) in [("gid_min", self.gid_min.is_some()), ("gid_max", self.gid_max.is_some())] {
            if self.local && given {
                return Err(Error::failed(format!("'{argument}' can not be used with 'local'")));
            }
        }
        let now = self.find(host)?;
        let outcome = Outcome::new().with("name", self.name.as_str());
        match self.state {
            Presence::Absent => {
                self.remove(host, &now)?;
                Ok(outcome.with("state", "absent"))
            }
            Presence::Present => {
                let gid = self.settle(host, &now)?;
                Ok(outcome.with("state", "present").with("gid", gid).with("system", self.system))
            }
        }
    }
}

impl Group {
    fn find(&self, host: &mut System) -> Result<system::Group> {
        let now = host.observe::<system::Group>(&self.name)?;
        if self.local && !host.has_own_entry("group", &self.name)? {
            return Ok(system::Group::absent(&self.name));
        }
        Ok(now)
    }

    fn settle(&self, host: &mut System, now: &system::Group) -> Result<u32> {
        let gid = match (self.gid, now.gid) {
            (Some(gid), _) | (None, Some(gid)) => gid,
            (None, None) => {
                let (lowest, highest) = host.id_range("group", self.system)?;
                let range = (self.gid_min.unwrap_or(lowest), self.gid_max.unwrap_or(highest));
                host.next_id_within("group", self.system, range)?
            }
        };
        if now.gid == Some(gid) {
            return Ok(gid);
        }
        let holder = host.group_name(gid);
        if !self.non_unique && holder != self.name && holder != gid.to_string() {
            let message = format!(
                "GID '{gid}' already exists: it is that of the group '{holder}'; 'non_unique: true' allows sharing it"
            );
            return Err(Error::failed(message));
        }
        host.require_root("change groups")?;
        let mut command = Command::new([if now.is_absent() { "groupadd" } else { "groupmod" }]);
        if let Some(gid) = self.gid {
            command = command.args(["-g".to_owned(), gid.to_string()]);
            command = if self.non_unique { command.arg("-o") } else { command };
        }
        if now.is_absent() {
            command = if self.system { command.arg("-r") } else { command };
            for (key, value) in [("GID_MIN", self.gid_min), ("GID_MAX", self.gid_max)] {
                let key = if self.system { format!("SYS_{key}") } else { key.to_owned() };
                command = match value {
                    Some(value) => command.args(["-K".to_owned(), format!("{key}={value}")]),
                    None => command,
                };
            }
        }
        let command = command.arg(&self.name);
        let want = system::Group { gid: Some(gid), ..now.clone() };
        host.settle_by(now, want, |backend, _, _| {
            backend.carry_out(&command, &format!("can't set up the group '{}'", self.name)).map(drop)
        })?;
        // What the host chose after all.
        Ok(self.find(host)?.gid.unwrap_or(gid))
    }

    fn remove(&self, host: &mut System, now: &system::Group) -> Result<()> {
        let Some(gid) = now.gid else { return Ok(()) };
        let member = host.users()?.into_iter().find(|user| user.gid == gid);
        if let Some(user) = member.filter(|_| !self.force) {
            let message = format!(
                "'{}' is the primary group of the user '{}'; 'force: true' removes it all the same",
                self.name, user.name
            );
            return Err(Error::failed(message));
        }
        host.require_root("change groups")?;
        let command = Command::new(["groupdel"]).args(self.force.then_some("-f")).arg(&self.name);
        host.settle_by(now, system::Group::absent(&self.name), |backend, _, _| {
            backend.carry_out(&command, &format!("can't remove the group '{}'", self.name)).map(drop)
        })?;
        Ok(())
    }
}
