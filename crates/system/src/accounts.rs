use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use protocol::Change;
use serde::{Deserialize, Serialize};
use value::Value;

use crate::error::Error;
use crate::state::to_value;
use crate::{Backend, Command, Overlay, Result, State, System};

/// A user account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id; `None` if there is no such account.
    pub uid: Option<u32>,
    /// Id of the primary group.
    pub gid: u32,
    /// Names of the supplementary groups.
    pub groups: BTreeSet<String>,
    /// Full name and the like (GECOS).
    pub comment: String,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
    /// The hashed password, if this user may see it. Changes only tell that it is another.
    #[serde(default)]
    pub password: Option<String>,
    /// When password and account end, if this user may see it.
    #[serde(default)]
    pub aging: Aging,
}

/// When a password and an account end; `None` is never, or that nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Aging {
    /// Days that must pass between two changes of the password.
    pub minimum: Option<i64>,
    /// Days after which the password has to be changed.
    pub maximum: Option<i64>,
    /// Days before that on which the user is warned.
    pub warning: Option<i64>,
    /// Days after that on which the account is disabled.
    pub inactive: Option<i64>,
    /// The day on which the account ends, counted from 1970-01-01.
    pub expires: Option<i64>,
}

impl Aging {
    /// From the fields of a line of `/etc/shadow`.
    fn parse(line: &str) -> Aging {
        let field = |index: usize| line.split(':').nth(index)?.parse().ok().filter(|days: &i64| *days >= 0);
        Aging {
            minimum: field(3),
            maximum: field(4),
            warning: field(5),
            inactive: field(6),
            expires: field(7),
        }
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its id; `None` if there is no such group.
    pub gid: Option<u32>,
}

impl State for User {
    const KIND: &'static str = "user";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<User> {
        let Some(mut user) = host.entry("passwd", name)?.and_then(|line| parse_user(&line)) else {
            return Ok(User::absent(name));
        };
        user.groups = host.memberships(name)?;
        let own_group = user.gid.to_string();
        if let Some(primary) = host.entry("group", &own_group)?.and_then(|line| parse_group(&line)) {
            user.groups.remove(&primary.name);
        }
        if host.identity().uid == 0 {
            let line = host.entry("shadow", name)?;
            user.aging = line.as_deref().map(Aging::parse).unwrap_or_default();
            user.password = line.and_then(|line| Some(line.split(':').nth(1)?.to_owned()));
        }
        Ok(user)
    }

    fn absent(name: &str) -> User {
        User {
            name: name.into(),
            uid: None,
            gid: 0,
            groups: BTreeSet::new(),
            comment: String::new(),
            home: String::new(),
            shell: String::new(),
            password: None,
            aging: Aging::default(),
        }
    }

    fn is_absent(&self) -> bool {
        self.uid.is_none()
    }

    /// A password, even a hashed one, is nothing to be shown.
    fn changes(_: &mut System, now: &User, want: &User) -> Result<Vec<Change>> {
        if now == want {
            return Ok(Vec::new());
        }
        let masked = |user: &User, mask: &str| {
            let password =
                user.password.as_ref().filter(|_| now.password != want.password).map(|_| mask.to_owned());
            to_value(&User { password, ..user.clone() })
        };
        let (before, after) = (masked(now, "********"), masked(want, "******** (another)"));
        Ok(vec![Change { kind: Self::KIND.into(), name: want.name(), before, after }])
    }

    /// What another runner predicted comes without the password.
    fn recall(overlay: &Overlay, name: &str) -> Option<User> {
        match overlay.state(Self::KIND, name)? {
            Value::Null => Some(User::absent(name)),
            value => {
                let user = User::deserialize(value.clone()).ok()?;
                let password = user.password.filter(|password| !password.contains("********"));
                Some(User { password, ..user })
            }
        }
    }

    fn bring_about(_: &mut dyn Backend, _: &User, want: &User) -> Result<()> {
        Err(Error::failed(format!("the account '{}' is changed by its module only", want.name)))
    }
}

impl State for Group {
    const KIND: &'static str = "group";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<Group> {
        let found = host.entry("group", name)?.and_then(|line| parse_group(&line));
        Ok(found.filter(|group| group.name == name).unwrap_or_else(|| Group::absent(name)))
    }

    fn absent(name: &str) -> Group {
        Group { name: name.into(), gid: None }
    }

    fn is_absent(&self) -> bool {
        self.gid.is_none()
    }

    fn bring_about(_: &mut dyn Backend, _: &Group, want: &Group) -> Result<()> {
        Err(Error::failed(format!("the group '{}' is changed by its module only", want.name)))
    }
}

impl System {
    /// The user id of a user given by name or number.
    ///
    /// # Errors
    /// There is no user of that name.
    pub fn uid_of(&mut self, user: &str) -> Result<u32> {
        let named = self.observe::<User>(user);
        match (named, user.parse()) {
            (Ok(User { uid: Some(uid), .. }), _) | (_, Ok(uid)) => Ok(uid),
            (Err(error), _) => Err(error),
            (Ok(_), Err(_)) => Err(Error::failed(format!("failed to look up user {user}"))),
        }
    }

    /// The group id of a group given by name or number.
    ///
    /// # Errors
    /// There is no group of that name.
    pub fn gid_of(&mut self, group: &str) -> Result<u32> {
        let named = self.observe::<Group>(group);
        match (named, group.parse()) {
            (Ok(Group { gid: Some(gid), .. }), _) | (_, Ok(gid)) => Ok(gid),
            (Err(error), _) => Err(error),
            (Ok(_), Err(_)) => Err(Error::failed(format!("failed to look up group {group}"))),
        }
    }

    /// The name of the user with this id, or the number itself if none has it.
    pub fn user_name(&mut self, uid: u32) -> String {
        let predicted = self.predicted(User::KIND).into_iter();
        let named =
            |(name, value): (String, Value)| (value.get("uid")?.as_i64() == Some(uid.into())).then_some(name);
        predicted.into_iter().find_map(named).unwrap_or_else(|| {
            let line = self.entry("passwd", &uid.to_string()).ok().flatten();
            line.and_then(|line| Some(line.split(':').next()?.to_owned())).unwrap_or_else(|| uid.to_string())
        })
    }

    /// The name of the group with this id, or the number itself if none has it.
    pub fn group_name(&mut self, gid: u32) -> String {
        let predicted = self.predicted(Group::KIND).into_iter();
        let named =
            |(name, value): (String, Value)| (value.get("gid")?.as_i64() == Some(gid.into())).then_some(name);
        predicted.into_iter().find_map(named).unwrap_or_else(|| {
            let line = self.entry("group", &gid.to_string()).ok().flatten();
            line.and_then(|line| Some(line.split(':').next()?.to_owned())).unwrap_or_else(|| gid.to_string())
        })
    }

    /// The user or group id that the host would give to the next account, as `useradd` and `groupadd` choose it: one
    /// more than the highest of the range for people, and one less than the lowest of the range for system accounts.
    pub fn next_id(&mut self, database: &str, system: bool) -> Result<u32> {
        let range = self.id_range(database, system)?;
        self.next_id_within(database, system, range)
    }

    /// The lowest and the highest id that the host gives to accounts of its own choice.
    pub fn id_range(&mut self, database: &str, system: bool) -> Result<(u32, u32)> {
        let key = if database == "passwd" { "UID" } else { "GID" };
        let mut setting = |name: String, default: u32| -> Result<u32> {
            Ok(self.login_setting(&name)?.and_then(|value| value.parse().ok()).unwrap_or(default))
        };
        if system {
            Ok((setting(format!("SYS_{key}_MIN"), 100)?, setting(format!("SYS_{key}_MAX"), 999)?))
        } else {
            Ok((setting(format!("{key}_MIN"), 1000)?, setting(format!("{key}_MAX"), 60000)?))
        }
    }

    /// A setting of `/etc/login.defs`, by which the tools for accounts go.
    pub fn login_setting(&mut self, name: &str) -> Result<Option<String>> {
        let settings = self.read_text_if_any(Path::new("/etc/login.defs"))?.unwrap_or_default();
        let mut lines = settings.lines().map(str::split_whitespace);
        Ok(lines
            .find_map(|mut words| (words.next() == Some(name)).then(|| words.next().map(str::to_owned))?))
    }

    /// [`System::next_id`] between a lowest and a highest id.
    pub fn next_id_within(
        &mut self,
        database: &str,
        system: bool,
        (lowest, highest): (u32, u32),
    ) -> Result<u32> {
        let used = self.used_ids(database)?;
        if system {
            let mut free = (lowest..=highest).rev().filter(|id| !used.contains(id));
            let below_used = used.range(lowest..=highest).next().and_then(|lowest| lowest.checked_sub(1));
            let preferred = below_used.filter(|id| *id >= lowest && !used.contains(id));
            preferred
                .or_else(|| free.next())
                .ok_or_else(|| Error::failed("there is no free id for a system account"))
        } else {
            let above_used = used.range(lowest..=highest).next_back().map_or(lowest, |highest| highest + 1);
            let mut free = (lowest..=highest).filter(|id| !used.contains(id));
            let preferred = Some(above_used).filter(|id| *id <= highest);
            preferred
                .or_else(|| free.next())
                .ok_or_else(|| Error::failed("there is no free id for an account"))
        }
    }

    /// The ids that accounts have, in a dry run also those that earlier tasks would have made.
    pub(crate) fn used_ids(&mut self, database: &str) -> Result<BTreeSet<u32>> {
        let text = self.read_text_if_any(&Path::new("/etc").join(database))?.unwrap_or_default();
        let kind = if database == "passwd" { User::KIND } else { Group::KIND };
        let field = if database == "passwd" { "uid" } else { "gid" };
        let predicted = self.predicted(kind);
        let predicted =
            predicted.iter().filter_map(|(_, value)| u32::try_from(value.get(field)?.as_i64()?).ok());
        Ok(text.lines().filter_map(|line| line.split(':').nth(2)?.parse().ok()).chain(predicted).collect())
    }

    /// The accounts in the host's own files, in a dry run as earlier tasks would have left them; without supplementary
    /// groups and passwords.
    pub fn users(&mut self) -> Result<Vec<User>> {
        let text = self.read_text_if_any(Path::new("/etc/passwd"))?.unwrap_or_default();
        let mut users: BTreeMap<String, User> =
            text.lines().filter_map(parse_user).map(|user| (user.name.clone(), user)).collect();
        for (name, value) in self.predicted(User::KIND) {
            match User::deserialize(value) {
                Ok(user) => users.insert(name, user),
                Err(_) => users.remove(&name),
            };
        }
        Ok(users.into_values().collect())
    }

    /// Whether an account or group is in the host's own files and not only in a directory such as LDAP.
    pub fn has_own_entry(&mut self, database: &str, name: &str) -> Result<bool> {
        let kind = if database == "passwd" { User::KIND } else { Group::KIND };
        if let Some((_, value)) = self.predicted(kind).into_iter().find(|(found, _)| found == name) {
            return Ok(!value.is_null());
        }
        let text = self.read_text_if_any(&Path::new("/etc").join(database))?.unwrap_or_default();
        Ok(text.lines().any(|line| line.split(':').next() == Some(name)))
    }

    /// The members that a group lists.
    pub fn group_members(&mut self, name: &str) -> Result<BTreeSet<String>> {
        let line = self.entry("group", name)?.unwrap_or_default();
        let members =
            line.split(':').nth(3).unwrap_or_default().split(',').filter(|member| !member.is_empty());
        let mut members: BTreeSet<String> = members.map(str::to_owned).collect();
        for (user, value) in self.predicted(User::KIND) {
            match User::deserialize(value) {
                Ok(state) if state.groups.contains(name) => members.insert(user),
                _ => members.remove(&user),
            };
        }
        Ok(members)
    }

    /// The line of an account database (`passwd`, `group`, `shadow`) for a name or number: from the host's own file if
    /// it is there, otherwise from `getent`, which also knows directories such as LDAP.
    fn entry(&mut self, database: &str, key: &str) -> Result<Option<String>> {
        if key.is_empty() || key.contains([':', '\n']) {
            return Ok(None);
        }
        let text = self.read_text_if_any(&Path::new("/etc").join(database))?.unwrap_or_default();
        let number = (database != "shadow" && key.bytes().all(|byte| byte.is_ascii_digit())).then_some(key);
        let by_name = text.lines().find(|line| line.split(':').next() == Some(key));
        let by_number =
            || number.and_then(|number| text.lines().find(|line| line.split(':').nth(2) == Some(number)));
        if let Some(line) = by_name.or_else(by_number) {
            return Ok(Some(line.to_owned()));
        }
        if !self.has_directory_accounts()? {
            return Ok(None);
        }
        match self.query(&Command::new(["getent", database, key])) {
            Ok(output) if output.success() => Ok(output.stdout().lines().next().map(str::to_owned)),
            // A host without getent has the files alone.
            _ => Ok(None),
        }
    }

    /// Whether accounts come from anywhere but the host's files, by its `nsswitch.conf`.
    fn has_directory_accounts(&mut self) -> Result<bool> {
        let text = self.read_text_if_any(Path::new("/etc/nsswitch.conf"))?.unwrap_or_default();
        let sources = |line: &str| {
            let (database, sources) = line.split_once(':')?;
            matches!(database.trim(), "passwd" | "group" | "shadow").then(|| sources.to_owned())
        };
        let local = ["files", "compat", "systemd"];
        Ok(text.lines().filter_map(sources).any(|sources| {
            sources.split_whitespace().any(|source| !source.starts_with('[') && !local.contains(&source))
        }))
    }

    /// The names of the groups that list a user as a member.
    fn memberships(&mut self, user: &str) -> Result<BTreeSet<String>> {
        let text = self.read_text_if_any(Path::new("/etc/group"))?.unwrap_or_default();
        let lists_user = |line: &&str| {
            line.split(':').nth(3).is_some_and(|members| members.split(',').any(|member| member == user))
        };
        Ok(text
            .lines()
            .filter(lists_user)
            .filter_map(|line| Some(line.split(':').next()?.to_owned()))
            .collect())
    }
}

fn parse_user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let mut text = || fields.next().unwrap_or_default().to_owned();
    let (comment, home, shell) = (text(), text(), text());
    Some(User {
        name,
        uid: Some(uid),
        gid,
        groups: BTreeSet::new(),
        comment,
        home,
        shell,
        password: None,
        aging: Aging::default(),
    })
}

fn parse_group(line: &str) -> Option<Group> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    Some(Group { name, gid: Some(fields.nth(1)?.parse().ok()?) })
}
