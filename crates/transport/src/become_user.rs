use std::time::Duration;

use diag::{Error, Result};

use crate::Secret;
use crate::quote::quote;

/// As whom to run, other than the user who logged in. A caller whose become user is the login user passes none at all.
#[derive(Clone, Debug)]
pub struct Become {
    /// The program that changes users.
    pub method: BecomeMethod,
    /// The user to become; empty where the program decides, which takes root.
    pub user: String,
    /// The password that the program asks for, if it asks.
    pub password: Option<Secret>,
    /// The program's name or path where it differs from the method's, split as a shell does.
    pub executable: Option<String>,
    /// Flags that take the place of the method's own, split as a shell does.
    pub flags: Option<String>,
    /// The folder from which `sudo` is started, for its rules may depend on it.
    pub folder: Option<String>,
    /// The words with which `su` asks for the password; none where anything may be a question.
    pub prompts: Vec<String>,
    /// How long the program may be silent.
    pub patience: Option<Duration>,
}

/// The programs that change users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BecomeMethod {
    /// `sudo`, which asks for the login user's password or for none.
    Sudo,
    /// `su`, which asks for the password of the user to become.
    Su,
}

impl BecomeMethod {
    /// Every method, by name.
    pub const ALL: [BecomeMethod; 2] = [BecomeMethod::Sudo, BecomeMethod::Su];

    /// The name in playbooks, which is the program's too.
    pub fn name(self) -> &'static str {
        match self {
            BecomeMethod::Sudo => "sudo",
            BecomeMethod::Su => "su",
        }
    }

    /// The method of this name, with or without `ansible.builtin.` before it.
    ///
    /// # Errors
    /// When there is no such method here.
    pub fn named(name: &str) -> Result<BecomeMethod> {
        let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
        let names = BecomeMethod::ALL.map(BecomeMethod::name);
        BecomeMethod::ALL.into_iter().find(|method| method.name() == short).ok_or_else(|| {
            Error::new(format!("unknown become method '{name}'"))
                .hint(format!("the methods are {}", names.join(", ")))
        })
    }
}

impl Become {
    /// Becoming `user` by `method`, with everything else at its default.
    pub fn new(method: BecomeMethod, user: impl Into<String>) -> Become {
        Become {
            method,
            user: user.into(),
            password: None,
            executable: None,
            flags: None,
            folder: None,
            prompts: Vec::new(),
            patience: None,
        }
    }

    /// The shell command line that runs `/bin/sh -c script` as the other user. `prompt` is what sudo is to write when it
    /// wants the password.
    pub(crate) fn command(&self, script: &str, prompt: &str) -> Result<String> {
        if self.user.starts_with('-') || self.user.contains(['\0', '\n']) {
            return Err(Error::new(format!("'{}' can't be the name of a user to become", self.user)));
        }
        let mut words =
            split("the become program", self.executable.as_deref().unwrap_or(self.method.name()))?;
        let shell = format!("/bin/sh -c {}", quote(script));
        match self.method {
            BecomeMethod::Sudo => {
                let flags = split("the become flags", self.flags.as_deref().unwrap_or("-H"))?;
                words.extend(flags.into_iter().filter_map(without_prompting_flags));
                words.push("-S".to_owned());
                if self.password.is_some() {
                    words.extend(["-p".to_owned(), prompt.to_owned()]);
                } else {
                    // Without it sudo would take its password from the pipe that frames travel on.
                    words.push("-n".to_owned());
                }
                if !self.user.is_empty() {
                    words.extend(["-u".to_owned(), self.user.clone()]);
                }
                words.push("--".to_owned());
                let change_folder =
                    self.folder.iter().map(|folder| format!("cd {} && ", quote(folder))).collect::<String>();
                Ok(format!("{change_folder}{} {shell}", join(&words)))
            }
            BecomeMethod::Su => {
                words.extend(split("the become flags", self.flags.as_deref().unwrap_or_default())?);
                words.extend(["-c".to_owned(), shell]);
                words.extend((!self.user.is_empty()).then(|| self.user.clone()));
                Ok(join(&words))
            }
        }
    }
}

/// A flag of sudo without the two letters that decide how it asks for a password, for those are ours to decide.
fn without_prompting_flags(flag: String) -> Option<String> {
    if flag == "--stdin" || flag == "--non-interactive" {
        return None;
    }
    let Some(letters) = flag.strip_prefix('-') else { return Some(flag) };
    if letters.is_empty() || !letters.chars().all(|letter| "AbBEeHiKklNnPSsVv".contains(letter)) {
        return Some(flag);
    }
    let kept: String = letters.chars().filter(|letter| !"nS".contains(*letter)).collect();
    (!kept.is_empty()).then(|| format!("-{kept}"))
}

fn split(what: &str, text: &str) -> Result<Vec<String>> {
    shlex::split(text)
        .ok_or_else(|| Error::new(format!("{what} '{text}' can't be split: a quote is not closed")))
}

fn join(words: &[String]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sudo_never_reads_a_password_that_it_was_not_given() {
        let mut sudo = Become::new(BecomeMethod::Sudo, "www data");
        assert_eq!(sudo.command("id", "P:").unwrap(), "sudo -H -S -n -u 'www data' -- /bin/sh -c id");
        sudo.password = Some("secret".into());
        assert_eq!(sudo.command("id", "P:").unwrap(), "sudo -H -S -p P: -u 'www data' -- /bin/sh -c id");
        sudo.folder = Some("/srv/my site".to_owned());
        assert_eq!(
            sudo.command("id", "P:").unwrap(),
            "cd '/srv/my site' && sudo -H -S -p P: -u 'www data' -- /bin/sh -c id"
        );
        sudo.folder = None;
        sudo.user = String::new();
        assert_eq!(sudo.command("id", "P:").unwrap(), "sudo -H -S -p P: -- /bin/sh -c id");
        sudo.user = "www data".to_owned();
        sudo.flags = Some("-HnS -E --non-interactive -C 5".to_owned());
        sudo.executable = Some("/opt/my sudo".replace(' ', "\\ "));
        let command = sudo.command("echo 'x'", "P:").unwrap();
        assert_eq!(
            command,
            r#"'/opt/my sudo' -H -E -C 5 -S -p P: -u 'www data' -- /bin/sh -c 'echo '"'"'x'"'"''"#
        );
    }

    #[test]
    fn su_passes_one_word_to_the_other_user_s_shell() {
        let su = Become { flags: Some("-l".to_owned()), ..Become::new(BecomeMethod::Su, "root") };
        assert_eq!(su.command("id", "").unwrap(), "su -l -c '/bin/sh -c id' root");
        assert_eq!(Become::new(BecomeMethod::Su, "").command("id", "").unwrap(), "su -c '/bin/sh -c id'");
        assert!(Become::new(BecomeMethod::Su, "-x").command("id", "").is_err());
        assert!(BecomeMethod::named("ansible.builtin.su").is_ok());
        assert!(BecomeMethod::named("doas").is_err());
    }
}
