use std::fmt;

use diag::{Error, Result};
use rustix::rand::{GetRandomFlags, getrandom};
use sha_crypt::{Algorithm, Params, PasswordHasher, ShaCrypt};

/// What an account may do as root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sudo {
    /// Nothing.
    #[default]
    No,
    /// Everything, after its own password.
    Password,
    /// Everything, without being asked.
    NoPassword,
}

/// An ordinary user of a lab's hosts.
#[derive(Clone)]
pub(crate) struct Account {
    /// The name to log in with.
    pub(crate) name: String,
    /// The password, if it can log in with one.
    pub(crate) password: Option<String>,
    /// What it may do as root.
    pub(crate) sudo: Sudo,
}

impl Account {
    /// The line that lets it use sudo, for a file in `/etc/sudoers.d`.
    pub(crate) fn sudoers(&self) -> Option<String> {
        match self.sudo {
            Sudo::No => None,
            Sudo::Password => Some(format!("{} ALL=(ALL:ALL) ALL\n", self.name)),
            Sudo::NoPassword => Some(format!("{} ALL=(ALL:ALL) NOPASSWD: ALL\n", self.name)),
        }
    }
}

/// The account database of a host: the texts of the files in `/etc`.
pub(crate) struct Database {
    pub(crate) passwd: String,
    pub(crate) group: String,
    pub(crate) shadow: String,
    pub(crate) gshadow: String,
}

impl Database {
    /// Takes all passwords of the system the hosts are made of away, so that none of them is worth anything on a host,
    /// and gives root its own.
    pub(crate) fn lock(&mut self, root_password: Option<&str>) -> Result<()> {
        let root = root_password.map(hash).transpose()?.unwrap_or_else(|| "*".to_owned());
        let lines: Vec<String> = match self.shadow.is_empty() {
            // An ordinary user can't read the shadow file; every account is in passwd as well.
            true => self.passwd.lines().map(|line| format!("{}:*:19000:0:99999:7:::", first(line))).collect(),
            false => self.shadow.lines().map(str::to_owned).collect(),
        };
        self.shadow = lines
            .iter()
            .map(|line| {
                let mut fields: Vec<&str> = line.split(':').collect();
                let is_root = fields[0] == "root";
                if let Some(password) = fields.get_mut(1) {
                    *password = if is_root { &root } else { "*" };
                }
                fields.join(":") + "\n"
            })
            .collect();
        Ok(())
    }

    /// Adds an account and a group of the same name and number, and gives that number.
    pub(crate) fn add(&mut self, account: &Account) -> Result<u32> {
        let name = &account.name;
        let starts_well = name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_');
        let letters =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-".contains(letter);
        if !starts_well || !name.chars().all(letters) || name.len() > 32 {
            return Err(Error::new(format!("'{name}' can't be the name of an account"))
                .hint("use up to 32 lower-case letters, digits, '_' and '-', beginning with a letter"));
        }
        if self.passwd.lines().any(|line| first(line) == name) {
            return Err(Error::new(format!("the hosts have an account '{name}' already")));
        }
        let taken: Vec<u32> = [&self.passwd, &self.group]
            .into_iter()
            .flat_map(|text| text.lines().filter_map(number))
            .collect();
        let id = (1000..60_000)
            .find(|id| !taken.contains(id))
            .ok_or_else(|| Error::new("the hosts have no account number left"))?;
        let password = account.password.as_deref().map(hash).transpose()?.unwrap_or_else(|| "*".to_owned());
        self.passwd += &format!("{name}:x:{id}:{id}::/home/{name}:/bin/bash\n");
        self.group += &format!("{name}:x:{id}:\n");
        self.shadow += &format!("{name}:{password}:19000:0:99999:7:::\n");
        self.gshadow += &format!("{name}:!::\n");
        Ok(id)
    }
}

fn first(line: &str) -> &str {
    line.split(':').next().unwrap_or_default()
}

fn number(line: &str) -> Option<u32> {
    line.split(':').nth(2)?.parse().ok()
}

fn hash(password: &str) -> Result<String> {
    // The fewest rounds that there can be: a host lives for minutes, and a test wants hundreds of them.
    let failed = |error: &dyn fmt::Display| Error::new("a password can't be hashed").cause(error);
    let params = Params::new(Params::ROUNDS_MIN).map_err(|error| failed(&error))?;
    let hasher = ShaCrypt::new(Algorithm::Sha512Crypt, params);
    // Twelve bytes are the sixteen letters of salt that crypt(3) reads; it would ignore the rest of a longer one.
    let mut salt = [0; 12];
    getrandom(&mut salt, GetRandomFlags::empty()).map_err(|error| failed(&error))?;
    let hash = hasher.hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| failed(&error))?;
    Ok(hash.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Database {
        Database {
            passwd: "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/sh\n".to_owned(),
            group: "root:x:0:\nann:x:1000:\nstaff:x:1001:\n".to_owned(),
            shadow: "root:$6$old:19000:0:99999:7:::\nann:$6$old:19000:0:99999:7:::\n".to_owned(),
            gshadow: "root:*::\n".to_owned(),
        }
    }

    #[test]
    fn an_account_gets_a_free_number_and_a_hash() {
        let mut database = database();
        let account =
            Account { name: "deploy".to_owned(), password: Some("pw".to_owned()), sudo: Sudo::Password };
        assert_eq!(database.add(&account).unwrap(), 1002);
        assert!(database.passwd.ends_with("deploy:x:1002:1002::/home/deploy:/bin/bash\n"));
        assert!(database.shadow.contains("\ndeploy:$6$rounds=1000$"), "{}", database.shadow);
        let error = database.add(&account).unwrap_err();
        assert_eq!(error.message(), "the hosts have an account 'deploy' already");
    }

    #[test]
    fn passwords_of_this_machine_are_worth_nothing_on_a_host() {
        let mut database = database();
        database.lock(None).unwrap();
        assert_eq!(database.shadow, "root:*:19000:0:99999:7:::\nann:*:19000:0:99999:7:::\n");
        database.lock(Some("secret")).unwrap();
        assert!(database.shadow.starts_with("root:$6$rounds=1000$"), "{}", database.shadow);
    }

    #[test]
    fn a_name_that_would_break_the_file_is_refused() {
        for name in ["", "a:b", "Ann", "a\nb", "-x", &"x".repeat(33)] {
            let account = Account { name: name.to_owned(), password: None, sudo: Sudo::No };
            assert!(database().add(&account).is_err(), "{name:?}");
        }
    }
}
