use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use module::{Arguments, Module, Outcome, Presence, expand_text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Aging, Backend, Command, Content, Error, Inode, Kind, Result, State as _, System};
use value::{Unknown, Value};

/// Makes, changes and removes user accounts.
///
/// Passwords are given as hashes, as the filter `password_hash` makes them; no command line ever holds one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    /// Login name.
    #[schemars(extend("aliases" = ["user"]))]
    name: String,
    /// Whether the account should be there.
    #[serde(default)]
    state: Presence,
    /// Its number; left out, the host chooses one.
    uid: Option<u32>,
    /// Allow a number that another account has.
    #[serde(default)]
    non_unique: bool,
    /// Primary group, by name or number; left out, the host's own rule decides, mostly a group of the same name.
    group: Option<String>,
    /// Supplementary groups; an empty list means none.
    groups: Option<Vec<String>>,
    /// Add `groups` to those that the account is in, and take it out of none.
    #[serde(default)]
    append: bool,
    /// Full name, or another description.
    comment: Option<String>,
    /// Home directory.
    home: Option<String>,
    /// Make the home directory if it is not there.
    #[serde(default = "yes")]
    #[schemars(extend("aliases" = ["createhome"]))]
    create_home: bool,
    /// When `home` changes: move what is in the old one.
    #[serde(default)]
    move_home: bool,
    /// Directory whose files a new home directory gets; left out, the host's own setting decides.
    skeleton: Option<String>,
    /// Permissions that a new home directory does not get, as an octal number such as `077`.
    umask: Option<String>,
    /// Login shell.
    shell: Option<String>,
    /// When making the account: choose a number from the range for system accounts.
    #[serde(default)]
    system: bool,
    /// The lowest number that the host may choose.
    uid_min: Option<u32>,
    /// The highest number that the host may choose.
    uid_max: Option<u32>,
    /// The hashed password; `*` is one that nobody can have.
    password: Option<String>,
    /// Whether the password is set each time, or only when the account is made.
    #[serde(default)]
    update_password: UpdatePassword,
    /// Lock or unlock the password.
    password_lock: Option<bool>,
    /// Days after which the password has to be changed.
    password_expire_max: Option<i64>,
    /// Days that must pass between two changes of the password.
    password_expire_min: Option<i64>,
    /// Days before the password ends on which the user is warned.
    password_expire_warn: Option<i64>,
    /// Days after the password has ended on which the account is disabled.
    password_expire_account_disable: Option<i64>,
    /// When the account ends, in seconds since 1970; a negative number is never.
    expires: Option<f64>,
    /// When removing the account: remove its home directory and mail as well.
    #[serde(default)]
    remove: bool,
    /// Remove the account even if it is in use, and make a new SSH key even if there is one.
    #[serde(default)]
    force: bool,
    /// Make an SSH key if there is none.
    #[serde(default)]
    generate_ssh_key: bool,
    /// Length of the SSH key; left out, `ssh-keygen` decides.
    #[serde(default)]
    ssh_key_bits: u32,
    /// Kind of the SSH key: `rsa`, `ed25519`, `ecdsa`.
    #[serde(default = "rsa")]
    ssh_key_type: String,
    /// File of the SSH key; a relative path counts from the home directory. Left out, `.ssh/id_` and the kind.
    ssh_key_file: Option<String>,
    /// Comment of the SSH key; left out, one that names the host.
    ssh_key_comment: Option<String>,
    /// Passphrase of the SSH key; left out, it has none.
    ssh_key_passphrase: Option<String>,
    /// Go by the host's own files only, not by a directory such as LDAP.
    #[serde(default)]
    local: bool,
    /// Where SELinux is on: its user for logins of the account, set when the account is made.
    seuser: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UpdatePassword {
    /// Whenever it is another.
    #[default]
    Always,
    /// Only when the account is made.
    OnCreate,
}

fn yes() -> bool {
    true
}

fn rsa() -> String {
    "rsa".into()
}

impl Arguments for User {
    const NAME: &'static str = "user";
    const EXAMPLES: &'static str = r#"
- name: An account for deployments
  user:
    name: deploy
    groups: [www-data]
    append: true
    shell: /bin/bash
    generate_ssh_key: true
    ssh_key_type: ed25519

- name: A service's own account
  user:
    name: app
    system: true
    create_home: false
    shell: /usr/sbin/nologin

- name: Someone left
  user:
    name: former
    state: absent
    remove: true
"#;
}

impl Module for User {
    fn run(mut self, host: &mut System) -> Result<Outcome> {
        self.check()?;
        if self.password.as_deref().is_some_and(|password| !looks_hashed(password)) {
            // Playbooks look for these words.
            host.warn(
                "The input password appears not to have been hashed. The 'password' argument must be encrypted for \
                 this module to work properly.",
            );
        }
        if let Some(user) = &self.seuser
            && !has_selinux(host)?
        {
            // Playbooks look for these words.
            host.warn(format!(
                "'seuser' is set to '{user}' but SELinux is not enabled on this system. The 'seuser' parameter will be \
                 ignored."
            ));
            self.seuser = None;
        }
        // Other paths mean what they mean on the host; a home may be written for the account that is yet to be.
        for path in [&mut self.shell, &mut self.skeleton] {
            if let Some(written) = path.as_deref() {
                *path = Some(expand_text(written, host)?);
            }
        }
        let now = self.find(host)?;
        let outcome = Outcome::new().with("name", self.name.as_str());
        if self.state == Presence::Absent {
            self.delete(host, &now)?;
            let outcome = outcome.with("state", "absent");
            return Ok(match now.is_absent() {
                true => outcome,
                false => outcome.with("force", self.force).with("remove", self.remove),
            });
        }
        let made = now.is_absent();
        let want = if made { self.create(host, &now)? } else { self.change(host, &now)? };
        let home = self.settle_home(host, &want)?;
        let outcome =
            if self.generate_ssh_key { self.settle_key(host, &want, &home, outcome)? } else { outcome };
        let found = || want.groups.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        // Added to others, those that are given are not all.
        let given = self.groups.as_ref().filter(|_| !self.append);
        let groups = given.map_or_else(found, |groups| groups.join(","));
        let outcome = if made {
            outcome.with("system", self.system).with("create_home", self.create_home)
        } else {
            outcome.with("append", self.append).with("move_home", self.move_home)
        };
        Ok(outcome
            .with("state", "present")
            .with("uid", want.uid)
            .with("group", want.gid)
            .with("groups", groups)
            .with("comment", want.comment)
            .with("home", want.home)
            .with("shell", want.shell)
            .with_some("password", self.password.as_ref().map(|_| "NOT_LOGGING_PASSWORD")))
    }
}

/// The number of a group that the playbook names.
fn group_id(host: &mut System, group: &str) -> Result<u32> {
    host.gid_of(group).map_err(|error| match error {
        Error::Failed(_) => Error::failed(format!("Group {group} does not exist")),
        unknown => unknown,
    })
}

impl User {
    fn check(&self) -> Result<()> {
        let is_strange =
            |letter: char| letter.is_whitespace() || letter.is_control() || [':', ',', '/'].contains(&letter);
        if self.name.is_empty() || self.name.contains(is_strange) || self.name.starts_with(['-', '+', '~']) {
            return Err(Error::failed(format!("'{}' can't be the name of an account", self.name)));
        }
        let fields = [
            ("comment", &self.comment),
            ("home", &self.home),
            ("shell", &self.shell),
            ("password", &self.password),
        ];
        for (argument, value) in fields {
            if value.as_ref().is_some_and(|value| value.contains([':', '\n'])) {
                return Err(Error::failed(format!("'{argument}' can't hold a colon or a line break")));
            }
        }
        if self.non_unique && self.uid.is_none() {
            return Err(Error::failed(
                "'non_unique' needs 'uid', the number that another account has as well",
            ));
        }
        let ranges = [
            ("umask", self.umask.is_some()),
            ("uid_min", self.uid_min.is_some()),
            ("uid_max", self.uid_max.is_some()),
        ];
        if let Some((name, _)) = ranges.into_iter().find(|(_, given)| *given && self.local) {
            return Err(Error::failed(format!("'{name}' can not be used with 'local'")));
        }
        if self.append && self.groups.is_none() {
            return Err(Error::failed("'append' needs 'groups', to which the account is added"));
        }
        Ok(())
    }

    fn find(&self, host: &mut System) -> Result<system::User> {
        let now = host.observe::<system::User>(&self.name)?;
        if self.local && !host.has_own_entry("passwd", &self.name)? {
            return Ok(system::User::absent(&self.name));
        }
        Ok(now)
    }

    fn umask(&self, host: &mut System) -> Result<Option<u32>> {
        let parse = |text: &str| {
            u32::from_str_radix(text.trim(), 8).map_err(|_| {
                Error::failed(format!("'{text}' is no umask: it is an octal number such as 077"))
            })
        };
        match &self.umask {
            Some(umask) => parse(umask).map(Some),
            None => host.login_setting("UMASK")?.map(|umask| parse(&umask)).transpose(),
        }
    }

    // Making.

    fn create(&self, host: &mut System, now: &system::User) -> Result<system::User> {
        host.require_root("make accounts")?;
        let defaults = Defaults::read(host)?;
        let uid = match self.uid {
            Some(uid) => self.free_uid(host, uid)?,
            None => {
                let (lowest, highest) = host.id_range("passwd", self.system)?;
                let range = (self.uid_min.unwrap_or(lowest), self.uid_max.unwrap_or(highest));
                host.next_id_within("passwd", self.system, range)?
            }
        };
        let mut command = Command::new(["useradd", "-M"]);
        if let Some(uid) = self.uid {
            command = command.args(["-u".to_owned(), uid.to_string()]).args(self.non_unique.then_some("-o"));
        }
        let own_group = host.observe::<system::Group>(&self.name)?;
        let mut new_group = None;
        let gid = match &self.group {
            Some(group) => {
                let gid = group_id(host, group)?;
                command = command.args(["-g".to_owned(), host.group_name(gid)]);
                gid
            }
            None if own_group.is_absent()
                && host.login_setting("USERGROUPS_ENAB")?.as_deref() == Some("yes") =>
            {
                let gid = self.own_gid(host, uid)?;
                new_group = Some(system::Group { gid: Some(gid), ..own_group.clone() });
                gid
            }
            None => {
                command = command.arg("-N");
                host.gid_of(&defaults.group)?
            }
        };
        let groups = self.wanted_groups(host, gid, &BTreeSet::new())?;
        let home = self
            .home
            .clone()
            .unwrap_or_else(|| format!("{}/{}", defaults.home.trim_end_matches('/'), self.name));
        let shell = self.shell.clone().unwrap_or(defaults.shell);
        let password = self.password.as_ref().map(|password| self.locked(password));
        if !groups.is_empty() {
            command = command.args(["-G".to_owned(), join(&groups)]);
        }
        for (option, value) in
            [("-c", &self.comment), ("-d", &self.home), ("-s", &self.shell), ("-Z", &self.seuser)]
        {
            if let Some(value) = value {
                command = command.args([option, value]);
            }
        }
        if self.system {
            command = command.arg("-r");
        }
        for (key, value) in [("UID_MIN", self.uid_min), ("UID_MAX", self.uid_max)] {
            if let Some(value) = value {
                let key = if self.system { format!("SYS_{key}") } else { key.to_owned() };
                command = command.args(["-K".to_owned(), format!("{key}={value}")]);
            }
        }
        let command = command.arg(&self.name);
        let before = if self.system { Aging::default() } else { defaults.aging };
        let want = system::User {
            name: self.name.clone(),
            uid: Some(uid),
            gid,
            groups,
            comment: self.comment.clone().unwrap_or_default(),
            home,
            shell,
            password: password.clone().or_else(|| Some("!".to_owned())),
            aging: self.aging(before)?,
        };
        let aging = chage(&self.name, before, want.aging);
        host.settle_by(now, want.clone(), |backend, _, _| {
            backend.carry_out(&command, &format!("can't make the account '{}'", self.name))?;
            if let Some(password) = &password {
                set_password(backend, &self.name, password)?;
            }
            aging.iter().try_for_each(|command| {
                backend
                    .carry_out(command, &format!("can't set when the account '{}' ends", self.name))
                    .map(drop)
            })
        })?;
        // It came with the account.
        if let Some(group) = new_group {
            host.settle_by(&own_group, group, |_, _, _| Ok(()))?;
        }
        // What the host chose after all.
        let found = self.find(host)?;
        Ok(if found.is_absent() { want } else { found })
    }

    fn free_uid(&self, host: &mut System, uid: u32) -> Result<u32> {
        let holder = host.user_name(uid);
        if !self.non_unique && holder != self.name && holder != uid.to_string() {
            let message = format!(
                "UID '{uid}' already exists: it is that of '{holder}'; 'non_unique: true' allows sharing it"
            );
            return Err(Error::failed(message));
        }
        Ok(uid)
    }

    /// The number of an account's own group: the account's own number where that is free.
    fn own_gid(&self, host: &mut System, uid: u32) -> Result<u32> {
        let (lowest, highest) = host.id_range("group", self.system)?;
        if (lowest..=highest).contains(&uid) && host.group_name(uid) == uid.to_string() {
            return Ok(uid);
        }
        host.next_id("group", self.system)
    }

    /// The supplementary groups by name, the primary one left out.
    fn wanted_groups(&self, host: &mut System, gid: u32, now: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let Some(groups) = &self.groups else { return Ok(now.clone()) };
        let mut wanted = if self.append { now.clone() } else { BTreeSet::new() };
        for group in groups.iter().map(|group| group.trim()).filter(|group| !group.is_empty()) {
            let found = group_id(host, group)?;
            if found != gid {
                // A number without a group is no group.
                let name = host.group_name(found);
                if name == found.to_string() && host.observe::<system::Group>(&name)?.is_absent() {
                    return Err(Error::failed(format!("Group {group} does not exist")));
                }
                wanted.insert(name);
            }
        }
        Ok(wanted)
    }

    fn locked(&self, password: &str) -> String {
        match self.password_lock {
            Some(true) => format!("!{}", password.trim_start_matches('!')),
            _ => password.to_owned(),
        }
    }

    fn aging(&self, now: Aging) -> Result<Aging> {
        let expires = match self.expires {
            None => now.expires,
            Some(seconds) if seconds < 0.0 => None,
            Some(seconds) if seconds.is_finite() => Some((seconds / 86400.0).floor() as i64),
            Some(_) => {
                return Err(Error::failed(
                    "'expires' is no point in time: it is a number of seconds since 1970",
                ));
            }
        };
        let days = |wanted: Option<i64>, now: Option<i64>| match wanted {
            Some(days) => Some(days).filter(|days| *days >= 0),
            None => now,
        };
        Ok(Aging {
            minimum: days(self.password_expire_min, now.minimum),
            maximum: days(self.password_expire_max, now.maximum),
            warning: days(self.password_expire_warn, now.warning),
            inactive: days(self.password_expire_account_disable, now.inactive),
            expires,
        })
    }

    // Changing.

    fn change(&self, host: &mut System, now: &system::User) -> Result<system::User> {
        let mut want = now.clone();
        let mut command = Command::new(["usermod"]);
        if let Some(uid) = self.uid
            && now.uid != Some(uid)
        {
            want.uid = Some(self.free_uid(host, uid)?);
            command = command.args(["-u".to_owned(), uid.to_string()]).args(self.non_unique.then_some("-o"));
        }
        if let Some(group) = &self.group {
            want.gid = group_id(host, group)?;
            if want.gid != now.gid {
                command = command.args(["-g".to_owned(), host.group_name(want.gid)]);
            }
        }
        want.groups = self.wanted_groups(host, want.gid, &now.groups)?;
        if want.groups != now.groups {
            command = command.args(["-G".to_owned(), join(&want.groups)]);
        }
        for (option, given, field) in [
            ("-c", &self.comment, &mut want.comment),
            ("-d", &self.home, &mut want.home),
            ("-s", &self.shell, &mut want.shell),
        ] {
            if let Some(value) = given.as_ref().filter(|value| *value != field) {
                field.clone_from(value);
                command = command.args([option, value]);
            }
        }
        let moved = want.home != now.home && self.move_home;
        if moved {
            command = command.arg("-m");
        }
        want.aging = self.aging(now.aging)?;
        want.password = self.wanted_password(now);
        // When an account ends stands in the table of passwords, so that has to know the account.
        let enters = self.expires.is_some() && now.password.is_none() && host.identity().uid == 0;
        if enters {
            want.password = Some(String::new());
        }
        if want == *now {
            return Ok(want);
        }
        host.require_root("change accounts")?;
        if want.uid != now.uid || want.home != now.home {
            self.check_idle(host, now, "change", "usermod")?;
        }
        let modify = (command.argv.len() > 1).then(|| command.arg(&self.name));
        let aging = chage(&self.name, now.aging, want.aging)
            .or_else(|| enters.then(|| Command::new(["chage", "-E", "-1", &self.name])));
        let old = PathBuf::from(&now.home);
        let new = PathBuf::from(&want.home);
        let (old, new) = (host.inode(&old)?, host.inode(&new)?);
        host.settle_by(now, want.clone(), |backend, now, want| {
            if let Some(command) = &modify {
                backend.carry_out(command, &format!("can't change the account '{}'", self.name))?;
            }
            if let Some(password) =
                want.password.as_ref().filter(|_| !enters && now.password != want.password)
            {
                set_password(backend, &self.name, password)?;
            }
            aging.iter().try_for_each(|command| {
                backend
                    .carry_out(command, &format!("can't set when the account '{}' ends", self.name))
                    .map(drop)
            })
        })?;
        // It was moved along with the account.
        if moved && old.is_directory() && new.is_absent() {
            let there = Inode { path: new.path.clone(), ..old.clone() };
            host.place_by(&new, there, |_, _, _| Ok(()))?;
            host.place_by(&old, old.clone().removed(), |_, _, _| Ok(()))?;
        }
        Ok(want)
    }

    /// That the user is not at work, as the program will look before it does anything, and in its words.
    fn check_idle(&self, host: &mut System, now: &system::User, doing: &str, program: &str) -> Result<()> {
        let Some(process) = now.uid.map(|uid| host.process_of_user(uid)).transpose()?.flatten() else {
            return Ok(());
        };
        let said = format!("{program}: user {} is currently used by process {process}", self.name);
        Err(Error::failed(format!("can't {doing} the account '{}': {said}", self.name))
            .with("rc", 8)
            .with("stdout", "")
            .with("stderr", format!("{said}\n")))
    }

    /// Who may not see passwords can't change them either; an account without one can't be unlocked.
    fn wanted_password(&self, now: &system::User) -> Option<String> {
        let current = now.password.as_ref()?;
        let bare = current.trim_start_matches('!');
        let given = self.password.as_ref().filter(|_| self.update_password == UpdatePassword::Always);
        let new = given.filter(|given| given.trim_start_matches('!') != bare);
        Some(match (new, self.password_lock) {
            (Some(password), _) => self.locked(password),
            (None, Some(true)) if !current.starts_with('!') => format!("!{current}"),
            (None, Some(false)) if !bare.is_empty() => bare.to_owned(),
            _ => current.clone(),
        })
    }

    // Removing.

    fn delete(&self, host: &mut System, now: &system::User) -> Result<()> {
        if now.is_absent() {
            return Ok(());
        }
        host.require_root("remove accounts")?;
        if !self.force {
            self.check_idle(host, now, "remove", "userdel")?;
        }
        let home = PathBuf::from(&now.home);
        let home = match host.inode(&home)? {
            // A home directory that belongs to someone else stays.
            inode if self.remove && inode.is_directory() && Some(inode.owner) == now.uid => Some(inode),
            _ => None,
        };
        let group = host.observe::<system::Group>(&self.name)?;
        let others_need_it = host.users()?.iter().any(|user| user.gid == now.gid && user.name != self.name)
            || host.group_members(&self.name)?.iter().any(|member| *member != self.name);
        let goes_along = group.gid == Some(now.gid)
            && !others_need_it
            && host.login_setting("USERGROUPS_ENAB")?.as_deref() == Some("yes");
        let options = [(self.force, "-f"), (self.remove, "-r")];
        let options = options.into_iter().filter(|(given, _)| *given).map(|(_, option)| option);
        let command = Command::new(["userdel"]).args(options).arg(&self.name);
        host.settle_by(now, system::User::absent(&self.name), |backend, _, _| {
            backend.carry_out(&command, &format!("can't remove the account '{}'", self.name)).map(drop)
        })?;
        // These went with the account.
        if goes_along {
            host.settle_by(&group, system::Group::absent(&self.name), |_, _, _| Ok(()))?;
        }
        if let Some(home) = home {
            host.place_by(&home, home.clone().removed(), |_, _, _| Ok(()))?;
        }
        Ok(())
    }

    // The home directory and what is in it.

    /// Makes the home directory as it should be, and says where it is.
    fn settle_home(&self, host: &mut System, user: &system::User) -> Result<PathBuf> {
        let home = PathBuf::from(&user.home);
        // By Debian's rules this one is never there.
        if !self.create_home
            || !home.is_absolute()
            || home == Path::new("/nonexistent")
            || host.follow(&home)?.is_some()
        {
            return Ok(home);
        }
        host.require_root("make home directories")?;
        let mut missing = Vec::new();
        for ancestor in home.ancestors().skip(1) {
            if host.follow(ancestor)?.is_some() {
                break;
            }
            missing.push(ancestor.to_owned());
        }
        for directory in missing.into_iter().rev() {
            let now = host.inode(&directory)?;
            let want = Inode { permissions: Some(0o755), ..now.clone().into_kind(Kind::Directory) };
            host.place(&now, want)?;
        }
        let own_mode = host.login_setting("HOME_MODE")?.and_then(|mode| u32::from_str_radix(&mode, 8).ok());
        let permissions = match (self.umask.is_some(), own_mode) {
            (false, Some(mode)) => mode,
            _ => 0o777 & !self.umask(host)?.unwrap_or(0o022),
        };
        let now = host.inode(&home)?;
        let (owner, group) = (user.uid.unwrap_or_default(), user.gid);
        let want =
            Inode { permissions: Some(permissions), owner, group, ..now.clone().into_kind(Kind::Directory) };
        host.place(&now, want)?;
        let skeleton = match &self.skeleton {
            Some(skeleton) => PathBuf::from(skeleton),
            None => PathBuf::from(Defaults::read(host)?.skeleton),
        };
        // One that is no directory, such as /dev/null, means that a new home is empty.
        if host.follow(&skeleton)?.is_some_and(|found| found.is_directory()) {
            copy_skeleton(host, &skeleton, &home, owner, group)?;
        }
        relabel(host, &home)?;
        Ok(home)
    }

    fn settle_key(
        &self,
        host: &mut System,
        user: &system::User,
        home: &Path,
        outcome: Outcome,
    ) -> Result<Outcome> {
        let file = match &self.ssh_key_file {
            Some(file) => home.join(file),
            None => home.join(format!(".ssh/id_{}", self.ssh_key_type)),
        };
        let public = PathBuf::from(format!("{}.pub", file.display()));
        let found = host.follow(&file)?;
        if found.is_none() || self.force {
            if Some(host.identity().uid) != user.uid {
                host.require_root("make keys for other accounts")?;
            }
            let other = host.inode(&public)?;
            if found.is_none() && !other.is_absent() {
                if !self.force {
                    let public = public.display();
                    let message =
                        format!("'{public}' is there without its private key; 'force: true' replaces it");
                    return Err(Error::failed(message));
                }
                // A link would lead the key to somewhere else.
                host.place(&other, other.clone().removed())?;
            }
            self.make_key(host, user, &file, &public)?;
        }
        let unknown = |error| match error {
            Error::Unknown(unknown) => Ok(Value::from(unknown)),
            error => Err(error),
        };
        let key = match host.read_text_if_any(&public) {
            Ok(text) => Value::from(text.map(|text| text.trim().to_owned())),
            Err(error) => unknown(error)?,
        };
        let fingerprint = match &key {
            Value::Unknown(_) => key.clone(),
            _ => {
                let output =
                    host.query(&Command::new(["ssh-keygen", "-l", "-f"]).arg(public.to_string_lossy()))?;
                output.stdout().trim().into()
            }
        };
        let outcome = outcome.with("ssh_key_file", file.to_string_lossy().as_ref());
        Ok(outcome.with("ssh_public_key", key).with("ssh_fingerprint", fingerprint))
    }

    fn make_key(&self, host: &mut System, user: &system::User, file: &Path, public: &Path) -> Result<()> {
        let (owner, group) = (user.uid.unwrap_or_default(), user.gid);
        if let Some(folder) = file.parent() {
            let now = host.inode(folder)?;
            if now.is_absent() {
                let want = Inode {
                    permissions: Some(0o700),
                    owner,
                    group,
                    ..now.clone().into_kind(Kind::Directory)
                };
                host.place(&now, want)?;
            }
        }
        let comment = match &self.ssh_key_comment {
            Some(comment) => comment.clone(),
            None => {
                let name = host.read_text_if_any(Path::new("/etc/hostname"))?.unwrap_or_default();
                format!("{}@{}", self.name, name.trim())
            }
        };
        let mut command = Command::new(["ssh-keygen", "-q", "-t", &self.ssh_key_type, "-C", &comment]);
        if self.ssh_key_bits > 0 {
            command = command.args(["-b".to_owned(), self.ssh_key_bits.to_string()]);
        }
        if self.ssh_key_passphrase.is_none() {
            command = command.args(["-N", ""]);
        }
        // Where there is a key already it asks whether to overwrite it.
        let command = command.arg("-f").arg(file.to_string_lossy()).input("y\n");
        let cause = "a new key is different each time";
        let content = || Kind::File(Content::Unknown(Unknown::new(cause)));
        let wanted = |now: &Inode, permissions| Inode {
            permissions: Some(permissions),
            owner,
            group,
            kind: content(),
            ..now.clone()
        };
        let (now, now_public) = (host.inode(file)?, host.inode(public)?);
        let (want, want_public) = (wanted(&now, 0o600), wanted(&now_public, 0o644));
        let passphrase = self.ssh_key_passphrase.clone();
        host.place_by(&now, want, |backend, _, _| {
            generate(backend, command, passphrase)?;
            for path in [file, public] {
                backend
                    .set_owner(path, owner, group)
                    .map_err(|error| Error::io("can't change the owner of", path, error))?;
            }
            Ok(())
        })?;
        host.place_by(&now_public, want_public, |_, _, _| Ok(()))?;
        Ok(())
    }
}

/// What `useradd` takes where nothing is said.
struct Defaults {
    group: String,
    home: String,
    shell: String,
    skeleton: String,
    aging: Aging,
}

impl Defaults {
    fn read(host: &mut System) -> Result<Defaults> {
        let text = host.read_text_if_any(Path::new("/etc/default/useradd"))?.unwrap_or_default();
        let setting = |name: &str, default: &str| {
            let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
            value.map_or_else(|| default.to_owned(), |value| value.trim_matches(['"', '\'', ' ']).to_owned())
        };
        let mut days = |name: &str| -> Result<Option<i64>> {
            Ok(host.login_setting(name)?.and_then(|value| value.parse().ok()).filter(|days| *days >= 0))
        };
        let aging = Aging {
            minimum: days("PASS_MIN_DAYS")?,
            maximum: days("PASS_MAX_DAYS")?,
            warning: days("PASS_WARN_AGE")?,
            inactive: setting("INACTIVE", "").parse().ok().filter(|days| *days >= 0),
            expires: None,
        };
        Ok(Defaults {
            group: setting("GROUP", "100"),
            home: setting("HOME", "/home"),
            shell: setting("SHELL", "/bin/sh"),
            skeleton: setting("SKEL", "/etc/skel"),
            aging,
        })
    }
}

/// Whether a password may be a hash, or one of the marks for a password that nobody can have.
fn looks_hashed(password: &str) -> bool {
    if matches!(password, "" | "*" | "!" | "*************") {
        return true;
    }
    let fields: Vec<&str> = password.trim_start_matches('!').split('$').collect();
    let [_, kind, .., hash] = fields.as_slice() else { return false };
    let length = match *kind {
        "1" => Some(22),
        "5" => Some(43),
        "6" => Some(86),
        _ => None,
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'=');
    fields.len() >= 3 && hash.bytes().all(is_plain) && length.is_none_or(|length| hash.len() == length)
}

fn join(groups: &BTreeSet<String>) -> String {
    groups.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// The command that gets from one aging to the other; `None` is written as -1.
fn chage(name: &str, now: Aging, want: Aging) -> Option<Command> {
    let fields = [
        ("-m", now.minimum, want.minimum),
        ("-M", now.maximum, want.maximum),
        ("-W", now.warning, want.warning),
        ("-I", now.inactive, want.inactive),
        ("-E", now.expires, want.expires),
    ];
    let changed = fields.into_iter().filter(|(_, now, want)| now != want);
    let options: Vec<String> =
        changed.flat_map(|(option, _, want)| [option.to_owned(), want.unwrap_or(-1).to_string()]).collect();
    (!options.is_empty()).then(|| Command::new(["chage"]).args(options).arg(name))
}

/// By its standard input: command lines are there for all to see.
fn set_password(backend: &mut dyn Backend, name: &str, password: &str) -> Result<()> {
    let command = Command::new(["chpasswd", "-e"]).input(format!("{name}:{password}\n"));
    backend.carry_out(&command, &format!("can't set the password of '{name}'")).map(drop)
}

/// Makes a key. A passphrase is neither on a command line nor in a file: `ssh-keygen` asks a program for it, which has
/// it in its environment.
fn generate(backend: &mut dyn Backend, command: Command, passphrase: Option<String>) -> Result<()> {
    let doing = "can't make an SSH key";
    let Some(passphrase) = passphrase else { return backend.carry_out(&command, doing).map(drop) };
    let folder = backend
        .private_directory()
        .map_err(|error| Error::failed(format!("can't make a private folder: {error}")))?;
    let program = folder.join("passphrase");
    let system::Identity { uid, gid, .. } = backend.identity();
    let script = b"#!/bin/sh\nprintf '%s\\n' \"$CAPSTAN_PASSPHRASE\"\n";
    backend
        .write(&program, script, 0o700, uid, gid)
        .map_err(|error| Error::io("can't write", &program, error))?;
    let command = command
        .env("SSH_ASKPASS", program.to_string_lossy())
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("DISPLAY", ":0")
        .env("CAPSTAN_PASSPHRASE", passphrase);
    let outcome = backend.carry_out(&command, doing).map(drop);
    backend.remove(&program).map_err(|error| Error::io("can't remove", &program, error))?;
    outcome
}

fn copy_skeleton(host: &mut System, from: &Path, to: &Path, owner: u32, group: u32) -> Result<()> {
    for name in host.list(from)? {
        let source = host.inode(&from.join(&name))?;
        let now = host.inode(&to.join(&name))?;
        let kind = match source.kind {
            Kind::File(_) => Kind::File(Content::Bytes(host.read(&source.path)?.into())),
            Kind::Directory => Kind::Directory,
            Kind::Link(ref target) => Kind::Link(target.clone()),
            _ => continue,
        };
        let is_directory = kind == Kind::Directory;
        host.place(&now, Inode { permissions: source.permissions, owner, group, kind, ..now.clone() })?;
        if is_directory {
            copy_skeleton(host, &source.path, &now.path, owner, group)?;
        }
    }
    Ok(())
}

fn has_selinux(host: &mut System) -> Result<bool> {
    Ok(host.follow(Path::new("/sys/fs/selinux/enforce"))?.is_some())
}

/// Where SELinux rules, a home directory has a label of its own.
fn relabel(host: &mut System, home: &Path) -> Result<()> {
    if !has_selinux(host)? || host.find_program("restorecon")?.is_none() {
        return Ok(());
    }
    let command = Command::new(["restorecon", "-R"]).arg(home.to_string_lossy());
    host.refresh("SELinux labels", |backend| {
        backend.carry_out(&command, &format!("can't label {}", home.display())).map(drop)
    })
}
