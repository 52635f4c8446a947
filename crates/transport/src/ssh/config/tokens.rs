use diag::{Error, Result};
use sha1::{Digest, Sha1};

use crate::ssh::account::{Account, local_host_name};

/// What the `%` tokens of an option stand for.
pub(super) struct Tokens<'a> {
    pub(super) account: &'a Account,
    /// `%n`: the host as it was asked for.
    pub(super) original: &'a str,
    /// `%h`: the host to connect to.
    pub(super) host: &'a str,
    /// `%k`: the name of the host's key.
    pub(super) key_alias: &'a str,
    /// `%p`.
    pub(super) port: u16,
    /// `%r`.
    pub(super) user: &'a str,
    /// `%j`: the jump hosts.
    pub(super) jump: &'a str,
}

impl Tokens<'_> {
    /// Replaces the tokens in an option's value, and `${NAME}` by environment variables.
    ///
    /// # Errors
    /// When a token or a variable is unknown.
    pub(super) fn expand(&self, value: &str) -> Result<String> {
        let mut result = String::with_capacity(value.len());
        let mut rest = value;
        while let Some(at) = rest.find(['%', '$']) {
            result.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("${") {
                let Some((name, after)) = after.split_once('}') else {
                    return Err(Error::new(format!("a variable in '{value}' has no '}}'")));
                };
                let variable = std::env::var(name).map_err(|_| {
                    Error::new(format!("the environment variable '{name}' in '{value}' is not set"))
                })?;
                result.push_str(&variable);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('%') {
                let mut characters = after.chars();
                let text = characters.next().and_then(|token| self.token(token));
                result.push_str(&text.ok_or_else(|| Error::new(format!("unknown token in '{value}'")))?);
                rest = characters.as_str();
            } else {
                result.push('$');
                rest = &rest[1..];
            }
        }
        result.push_str(rest);
        Ok(result)
    }

    fn token(&self, token: char) -> Option<String> {
        Some(match token {
            '%' => "%".to_owned(),
            'd' => self.account.home.display().to_string(),
            'h' => self.host.to_owned(),
            'i' => self.account.id.to_string(),
            'j' => self.jump.to_owned(),
            'k' => self.key_alias.to_owned(),
            'l' => local_host_name(),
            'L' => local_host_name().split('.').next().unwrap_or_default().to_owned(),
            'n' => self.original.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.user.to_owned(),
            'u' => self.account.name.clone(),
            'C' => {
                let text =
                    format!("{}{}{}{}{}", local_host_name(), self.host, self.port, self.user, self.jump);
                Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
            }
            _ => return None,
        })
    }
}
