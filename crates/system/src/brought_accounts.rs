use std::collections::BTreeSet;

use crate::maintainer_scripts::MaintainerScripts;
use crate::{Error, Group, Result, State, System, User};

/// An account that a package makes when it is installed: what its scripts and its files in `/usr/lib/sysusers.d` plainly
/// say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BroughtAccount {
    User {
        name: String,
        maker: Maker,
        uid: Option<u32>,
        group: PrimaryGroup,
        comment: String,
        home: String,
        shell: String,
    },
    Group {
        name: String,
        maker: Maker,
        gid: Option<u32>,
    },
    Member {
        user: String,
        group: String,
    },
}

/// Who makes an account, for each chooses ids in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// `adduser` and `addgroup` of Debian: the first free one from 100 on.
    Adduser,
    /// `useradd`, `groupadd` and systemd-sysusers: from the end of the range down.
    Useradd,
}

/// The primary group of an account that a package makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrimaryGroup {
    /// One of the same name, made with it.
    Own,
    Named(String),
    /// `nogroup`, where adduser puts system accounts.
    Nobody,
}

/// What of a package's accounts could be read.
pub(crate) struct BroughtAccounts {
    pub(crate) accounts: Vec<BroughtAccount>,
    /// Whether there may be more.
    pub(crate) is_incomplete: bool,
}

const TOOLS: [&str; 6] = ["adduser", "addgroup", "useradd", "groupadd", "usermod", "gpasswd"];

impl BroughtAccounts {
    /// From the installation scripts and the files in `/usr/lib/sysusers.d`.
    pub(crate) fn read(scripts: &str, sysusers: &[String]) -> BroughtAccounts {
        let mut found = BroughtAccounts { accounts: Vec::new(), is_incomplete: false };
        for line in sysusers.iter().flat_map(|text| text.lines()) {
            found.accounts.extend(sysusers_line(line));
        }
        for call in MaintainerScripts::read(scripts).calls(&TOOLS) {
            match parse_call(&call) {
                Some(accounts) => found.accounts.extend(accounts),
                None => found.is_incomplete = true,
            }
        }
        found
    }
}

/// A line of sysusers.d(5).
fn sysusers_line(line: &str) -> Vec<BroughtAccount> {
    let words = shlex(line);
    let word = |index: usize| words.get(index).map(String::as_str).filter(|word| *word != "-");
    let name = word(1).unwrap_or_default().to_owned();
    let id = word(2).and_then(|id| id.split(':').next()?.parse().ok());
    let maker = Maker::Useradd;
    match words.first().map(|kind| kind.trim_end_matches(['!', '-'])) {
        Some("u") => vec![BroughtAccount::User {
            maker,
            uid: id,
            group: match word(2).and_then(|id| id.split_once(':')) {
                Some((_, group)) => PrimaryGroup::Named(group.to_owned()),
                None => PrimaryGroup::Own,
            },
            comment: word(3).unwrap_or_default().to_owned(),
            home: word(4).unwrap_or("/").to_owned(),
            shell: word(5).unwrap_or("/usr/sbin/nologin").to_owned(),
            name,
        }],
        Some("g") => vec![BroughtAccount::Group { maker, gid: id, name }],
        Some("m") => {
            vec![BroughtAccount::Member { user: name, group: word(2).unwrap_or_default().to_owned() }]
        }
        _ => Vec::new(),
    }
}

/// The words of a line, where double quotes hold blanks together.
fn shlex(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut quoted = false;
    let mut word: Option<String> = None;
    for letter in line.split('#').next().unwrap_or_default().chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            letter if letter.is_whitespace() && !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// What a call of one of the [`TOOLS`] makes; `None` if a word that matters is not known.
fn parse_call(call: &[Option<String>]) -> Option<Vec<BroughtAccount>> {
    let program = call.first()?.as_deref()?.rsplit('/').next()?.to_owned();
    let mut options: Vec<(String, Option<String>)> = Vec::new();
    let mut names: Vec<Option<String>> = Vec::new();
    let mut words = call.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        match word.as_deref() {
            // Where the output goes is none of its words.
            Some(word) if word.contains(['>', '<']) => {
                if word.ends_with(['>', '<']) {
                    words.next();
                }
            }
            Some(word) if word.starts_with('-') => match word.split_once('=') {
                Some((option, value)) => options.push((option.to_owned(), Some(value.to_owned()))),
                None if takes_value(&program, word) => {
                    options.push((word.to_owned(), words.next().cloned().flatten()));
                }
                None => options.push((word.to_owned(), None)),
            },
            name => names.push(name.map(str::to_owned)),
        }
    }
    let has = |wanted: &[&str]| options.iter().any(|(option, _)| wanted.contains(&option.as_str()));
    let value = |wanted: &[&str]| {
        options
            .iter()
            .rev()
            .find(|(option, _)| wanted.contains(&option.as_str()))
            .and_then(|(_, value)| value.clone())
    };
    let id = |wanted: &[&str]| value(wanted).and_then(|id| id.parse().ok());
    let maker =
        if matches!(program.as_str(), "adduser" | "addgroup") { Maker::Adduser } else { Maker::Useradd };
    let is_group = matches!(program.as_str(), "addgroup" | "groupadd")
        || (program == "adduser" && has(&["--group"]) && !has(&["--system"]));
    // A call without a name, such as `adduser --version`, makes nothing.
    if names.is_empty() {
        return Some(Vec::new());
    }
    let names: Vec<String> = names.into_iter().collect::<Option<_>>()?;
    match (program.as_str(), names.as_slice()) {
        ("usermod", [user]) => {
            let groups = has(&["-a", "--append", "-aG"]).then(|| value(&["-G", "--groups", "-aG"])).flatten();
            let member = |group: &str| BroughtAccount::Member { user: user.clone(), group: group.to_owned() };
            Some(groups.iter().flat_map(|groups| groups.split(',')).map(member).collect())
        }
        ("gpasswd", [group]) => {
            let user = value(&["-a", "--add"]);
            Some(user.map(|user| BroughtAccount::Member { user, group: group.clone() }).into_iter().collect())
        }
        ("adduser" | "addgroup", [user, group]) => {
            Some(vec![BroughtAccount::Member { user: user.clone(), group: group.clone() }])
        }
        (_, [name]) if is_group => {
            Some(vec![BroughtAccount::Group { name: name.clone(), maker, gid: id(&["--gid", "-g"]) }])
        }
        ("adduser" | "useradd", [name]) => {
            let group = match value(&["--ingroup", "--gid", "-g"]) {
                Some(group) => PrimaryGroup::Named(group),
                None if maker == Maker::Useradd || has(&["--group"]) => PrimaryGroup::Own,
                None if has(&["--system"]) => PrimaryGroup::Nobody,
                None => PrimaryGroup::Own,
            };
            let system = maker == Maker::Adduser && has(&["--system"]);
            let home = if system { "/nonexistent".to_owned() } else { format!("/home/{name}") };
            Some(vec![BroughtAccount::User {
                name: name.clone(),
                maker,
                uid: id(&["--uid", "-u"]),
                group,
                comment: value(&["--gecos", "--comment", "-c"]).unwrap_or_default(),
                home: value(&["--home", "--home-dir", "-d"]).unwrap_or(home),
                shell: value(&["--shell", "-s"]).unwrap_or_else(|| "/usr/sbin/nologin".to_owned()),
            }])
        }
        _ => None,
    }
}

fn takes_value(program: &str, option: &str) -> bool {
    let long = [
        "--home",
        "--home-dir",
        "--shell",
        "--ingroup",
        "--gid",
        "--uid",
        "--gecos",
        "--comment",
        "--firstuid",
        "--lastuid",
        "--firstgid",
        "--lastgid",
        "--conf",
        "--groups",
        "--key",
        "--password",
        "--base-dir",
        "--skel",
        "--add",
    ];
    let short: &[&str] = match program {
        "useradd" | "usermod" => {
            &["-d", "-s", "-g", "-u", "-c", "-G", "-aG", "-k", "-K", "-b", "-e", "-f", "-p", "-l"]
        }
        "groupadd" => &["-g", "-K", "-p"],
        "gpasswd" => &["-a"],
        _ => &[],
    };
    long.contains(&option) || short.contains(&option)
}

impl System {
    /// Predicts the accounts that scripts and files for systemd-sysusers make.
    pub(crate) fn expect_accounts(&mut self, scripts: &str, sysusers: &[String]) {
        for account in BroughtAccounts::read(scripts, sysusers).accounts {
            // Of one that can't be worked out, whoever asks for it is told why.
            let _ = self.expect_account(&account);
        }
    }

    fn expect_account(&mut self, account: &BroughtAccount) -> Result<()> {
        match account {
            BroughtAccount::Group { name, maker, gid } => {
                let now: Group = self.on_host_or_predicted(name)?;
                if now.is_absent() {
                    let gid = match gid {
                        Some(gid) => *gid,
                        None => self.id_for(*maker, &["group"])?,
                    };
                    self.predict(&Group { gid: Some(gid), ..now });
                }
            }
            BroughtAccount::User { name, maker, uid, group, comment, home, shell } => {
                let now: User = self.on_host_or_predicted(name)?;
                if !now.is_absent() {
                    return Ok(());
                }
                let own = *group == PrimaryGroup::Own;
                let uid = match uid {
                    Some(uid) => *uid,
                    None => self.id_for(*maker, if own { &["passwd", "group"] } else { &["passwd"] })?,
                };
                let gid = match group {
                    PrimaryGroup::Own => {
                        let group: Group = self.on_host_or_predicted(name)?;
                        match group.gid {
                            Some(gid) => gid,
                            None => {
                                self.predict(&Group { gid: Some(uid), ..group });
                                uid
                            }
                        }
                    }
                    PrimaryGroup::Named(group) => self.gid_of(group)?,
                    PrimaryGroup::Nobody => self.gid_of("nogroup")?,
                };
                let (comment, home, shell) = (comment.clone(), home.clone(), shell.clone());
                self.predict(&User { uid: Some(uid), gid, comment, home, shell, ..now });
            }
            BroughtAccount::Member { user, group } => {
                let now: User = self.on_host_or_predicted(user)?;
                let exists = !self.on_host_or_predicted::<Group>(group)?.is_absent();
                if !now.is_absent() && exists && !now.groups.contains(group) {
                    let mut groups: BTreeSet<String> = now.groups.clone();
                    groups.insert(group.clone());
                    self.predict(&User { groups, ..now });
                }
            }
        }
        Ok(())
    }

    /// A thing as [`System::observe`] finds it, but that one which is not there is not one that a package may bring.
    fn on_host_or_predicted<S: State>(&mut self, name: &str) -> Result<S> {
        match self.overlay().and_then(|overlay| S::recall(overlay, name)) {
            Some(state) => Ok(state),
            None => S::observe(self, name),
        }
    }

    /// The id that a new system account gets, free in all of these databases.
    fn id_for(&mut self, maker: Maker, databases: &[&str]) -> Result<u32> {
        if maker == Maker::Useradd {
            let database = databases.first().copied().unwrap_or("passwd");
            return self.next_id(database, true);
        }
        let mut used: BTreeSet<u32> = BTreeSet::new();
        for database in databases {
            used.extend(self.used_ids(database)?);
        }
        (100..=999)
            .find(|id| !used.contains(id))
            .ok_or_else(|| Error::failed("there is no free id for a system account"))
    }

    fn predict<S: State>(&mut self, state: &S) {
        if let Some(overlay) = self.overlay_mut() {
            state.remember(overlay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_off_scripts() {
        let text = "NAME=redis\nif ! getent passwd redis; then adduser --system --group --home /var/lib/$NAME --no-create-home $NAME >/dev/null; fi\n\
                    addgroup --system ssl-cert\nadduser $NAME ssl-cert\nuseradd -r -g mail -d /srv -s /bin/sh poster\ngroupadd -r -f docker\nusermod -aG docker poster";
        let found = BroughtAccounts::read(text, &[]);
        let user = |name: &str, maker, group, home: &str, shell: &str| BroughtAccount::User {
            name: name.into(),
            maker,
            uid: None,
            group,
            comment: String::new(),
            home: home.into(),
            shell: shell.into(),
        };
        let group = |name: &str, maker| BroughtAccount::Group { name: name.into(), maker, gid: None };
        let member =
            |user: &str, group: &str| BroughtAccount::Member { user: user.into(), group: group.into() };
        assert!(!found.is_incomplete);
        assert_eq!(
            found.accounts,
            [
                user("redis", Maker::Adduser, PrimaryGroup::Own, "/var/lib/redis", "/usr/sbin/nologin"),
                group("ssl-cert", Maker::Adduser),
                member("redis", "ssl-cert"),
                user("poster", Maker::Useradd, PrimaryGroup::Named("mail".into()), "/srv", "/bin/sh"),
                group("docker", Maker::Useradd),
                member("poster", "docker"),
            ]
        );
        assert!(BroughtAccounts::read("adduser --system \"$1\"", &[]).is_incomplete);
    }

    #[test]
    fn accounts_are_read_off_sysusers_files() {
        let text = "# comment\nu tomcat - \"Apache Tomcat\" /var/lib/tomcat /usr/sbin/nologin\ng render - -\nm tomcat render\n";
        let found = BroughtAccounts::read("", &[text.to_owned()]).accounts;
        assert!(matches!(&found[0], BroughtAccount::User { name, comment, home, .. }
            if name == "tomcat" && comment == "Apache Tomcat" && home == "/var/lib/tomcat"));
        assert_eq!(
            found[1],
            BroughtAccount::Group { name: "render".into(), maker: Maker::Useradd, gid: None }
        );
        assert_eq!(found[2], BroughtAccount::Member { user: "tomcat".into(), group: "render".into() });
    }

    #[test]
    fn ids_are_those_that_the_tools_would_choose() {
        use crate::{MemoryBackend, NoCourier, Options, PendingPackage};
        let backend = MemoryBackend::new();
        backend.add_file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n_apt:x:100:65534::/:/bin/sh\n");
        backend.add_file("/etc/group", "root:x:0:\nnogroup:x:65534:\nssl:x:101:\n");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        host.begin(Options { dry_run: true, ..Options::default() });
        let scripts = "adduser --system --group redis\nadduser --system other\nadduser redis ssl\n";
        let package = PendingPackage {
            files: Some(BTreeSet::new()),
            scripts: Some(scripts.into()),
            makes_accounts: Some(false),
            ..PendingPackage::new("x")
        };
        host.expect_package(package);
        assert_eq!(host.uid_of("redis").unwrap(), 102);
        assert_eq!(host.gid_of("redis").unwrap(), 102);
        assert_eq!(host.uid_of("other").unwrap(), 101);
        let redis: User = host.observe("redis").unwrap();
        assert_eq!((redis.groups.len(), host.observe::<User>("other").unwrap().gid), (1, 65534));
        assert!(host.uid_of("nobody-knows").is_err());
        let predicted = host.predicted(User::KIND);
        assert!(predicted.iter().all(|(_, value)| !value.is_null()));
    }
}
