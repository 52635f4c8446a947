use std::path::Path;

use module::HostPath;
use system::{Command, Error, Output, Result, System};

use super::Git;

/// The git program of a host, and what all its calls have in common.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    /// The repository's address, without a password.
    pub(crate) address: String,
    /// The file mode creation mask, if one is wanted.
    pub(crate) umask: Option<u32>,
    environment: Vec<(&'static str, String)>,
}

/// Tells git the login of the address. It runs in git's shell and finds it in the environment.
const HELPER: &str =
    r#"!f() { echo "username=$CAPSTAN_GIT_USER"; echo "password=$CAPSTAN_GIT_PASSWORD"; }; f"#;

impl Program {
    /// # Errors
    /// There is no git, or an argument makes no sense.
    pub(crate) fn of(git: &Git, host: &mut System) -> Result<Program> {
        let name = match &git.executable {
            Some(path) => path.expand(host)?.to_string_lossy().into_owned(),
            None => "git".to_owned(),
        };
        if host.find_program(&name)?.is_none() {
            return Err(Error::failed(format!("Failed to find required executable \"{name}\" in paths")));
        }
        let umask = git.umask.as_deref().map(|text| {
            let bits = u32::from_str_radix(text.trim_start_matches("0o"), 8).ok();
            bits.filter(|bits| *bits <= 0o777).ok_or_else(|| Error::failed("umask must be an octal integer"))
        });
        let (address, login) = without_password(&git.repo);
        // Playbooks find this in the copy's configuration: a mere path does not know what depth is.
        let address = match address.starts_with(['/', '~']) {
            true => format!("file://{}", HostPath::new(address).expand(host)?.display()),
            false => address,
        };
        let mut environment = vec![
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
            ("GIT_SSH_COMMAND", ssh(git, host)?),
        ];
        if let Some((user, password)) = login {
            environment.extend([
                ("CAPSTAN_GIT_USER", user),
                ("CAPSTAN_GIT_PASSWORD", password),
                ("GIT_CONFIG_COUNT", "1".to_owned()),
                ("GIT_CONFIG_KEY_0", "credential.helper".to_owned()),
                ("GIT_CONFIG_VALUE_0", HELPER.to_owned()),
            ]);
        }
        Ok(Program { name, address, umask: umask.transpose()?, environment })
    }

    /// A call of git.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let command = Command::new([self.name.as_str()]).args(words.iter().copied());
        let command =
            self.environment.iter().fold(command, |command, (name, value)| command.env(*name, value));
        Command { umask: self.umask, ..command }
    }

    /// Asks in a folder; git must change nothing.
    pub(crate) fn ask(&self, host: &mut System, directory: &Path, words: &[&str]) -> Result<Output> {
        host.query(&self.command(words).directory(directory))
    }
}

/// The line by which git calls ssh. It must never ask anybody.
fn ssh(git: &Git, host: &mut System) -> Result<String> {
    let mut line = host.environment("GIT_SSH_COMMAND").unwrap_or_else(|| "ssh".to_owned());
    line += " -o BatchMode=yes";
    if git.accept_hostkey {
        line += " -o StrictHostKeyChecking=no";
    }
    if git.accept_newhostkey {
        line += " -o StrictHostKeyChecking=accept-new";
    }
    if let Some(key) = &git.key_file {
        let path = key.expand(host)?.to_string_lossy().replace('\'', r"'\''");
        line += &format!(" -o IdentitiesOnly=yes -i '{path}'");
    }
    if let Some(options) = &git.ssh_opts {
        line = format!("{line} {options}");
    }
    Ok(line)
}

/// An address of http without the password in it, and the login.
fn without_password(address: &str) -> (String, Option<(String, String)>) {
    let found = || {
        let (scheme, rest) = address.split_once("://").filter(|(scheme, _)| scheme.starts_with("http"))?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (login, _) = rest[..end].rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        Some((format!("{scheme}://{user}@{}", &rest[login.len() + 1..]), (decoded(user), decoded(password))))
    };
    match found() {
        Some((address, login)) => (address, Some(login)),
        None => (address.to_owned(), None),
    }
}

/// `%XX` as the byte that it stands for.
fn decoded(text: &str) -> String {
    let mut bytes: Vec<u8> = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_leaves_the_address() {
        let (address, login) = without_password("https://ann:s%40p@git.example/a@b.git");
        assert_eq!(address, "https://ann@git.example/a@b.git");
        assert_eq!(login, Some(("ann".into(), "s@p".into())));
        for address in
            ["https://git.example/a:b@c", "git@git.example:a/b.git", "https://ann@git.example/", "/srv/a"]
        {
            assert_eq!(without_password(address), (address.to_owned(), None));
        }
        assert_eq!(decoded("100%"), "100%");
    }
}
