use std::path::Path;
use std::sync::Arc;

use diag::{Error, Result};
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Certificate, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use tokio::net::UnixStream;

use super::blocking;
use super::client::Client;
use super::config::{Identity, Method, Resolved};
use super::identity::{KeyFile, Trouble};
use super::lost::Lost;
use crate::Secret;

/// How often a server may ask for the password with the keyboard-interactive method before it has said no.
const MOST_ROUNDS: usize = 5;

/// What to log in with.
pub(super) struct Login<'a> {
    pub(super) resolved: &'a Resolved,
    /// The key that goes before all others.
    pub(super) key: Option<&'a Path>,
    pub(super) passphrase: Option<&'a Secret>,
    pub(super) password: Option<&'a Secret>,
    /// Whether the host is who it should be; no other one is given a password.
    pub(super) trusted: bool,
}

/// One key to try.
enum Key {
    File(Arc<PrivateKey>),
    FileCertificate(Arc<PrivateKey>, Certificate),
    Agent(PublicKey),
    AgentCertificate(Certificate),
}

type Agent = AgentClient<UnixStream>;

/// What the server has said so far.
#[derive(Default)]
struct Progress {
    /// The methods that may go on, once it has said so.
    allowed: Option<MethodSet>,
    tried_keys: usize,
    tried_password: bool,
}

impl Progress {
    fn may(&self, kind: MethodKind) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(&kind))
    }

    /// True if this was the last step.
    fn note(&mut self, result: AuthResult) -> bool {
        match result {
            AuthResult::Success => true,
            AuthResult::Failure { remaining_methods, .. } => {
                self.allowed = Some(remaining_methods);
                false
            }
        }
    }
}

impl Login<'_> {
    /// Logs in, with every key and password there is until one is accepted.
    ///
    /// # Errors
    /// When none is: what was tried, and what to do.
    pub(super) async fn perform(&self, handle: &mut Handle<Client>, lost: &Lost) -> Result<()> {
        let mut progress = Progress::default();
        let mut troubles = Vec::new();
        let (keys, mut agent) = match self.resolved.methods.contains(&Method::PublicKey) {
            true => self.keys(handle, &mut troubles).await,
            false => (Vec::new(), None),
        };
        let failed = |error: russh::Error| {
            Error::new(format!("{} ended the connection during the login", self.address()))
                .cause(lost.reason().unwrap_or_else(|| error.to_string()))
        };
        if keys.is_empty() {
            // It tells which methods there are, and some hosts ask for nothing.
            let result = handle.authenticate_none(&self.resolved.user).await.map_err(failed)?;
            if progress.note(result) {
                return Ok(());
            }
        }
        for method in &self.resolved.methods {
            let done = match method {
                Method::PublicKey => self.try_keys(handle, &keys, agent.as_mut(), &mut progress).await,
                Method::KeyboardInteractive => self.try_keyboard(handle, &mut progress).await,
                Method::Password => self.try_password(handle, &mut progress).await,
            };
            if done.map_err(failed)? {
                return Ok(());
            }
            if handle.is_closed() {
                break;
            }
        }
        Err(self.refused(&progress, &troubles, lost))
    }

    fn address(&self) -> String {
        format!("{}@{}:{}", self.resolved.user, self.resolved.host, self.resolved.port)
    }

    /// The keys to try in order: the one that was given, those that are named and in the agent, the agent's others, and
    /// those that are only in files.
    async fn keys(&self, handle: &Handle<Client>, troubles: &mut Vec<Trouble>) -> (Vec<Key>, Option<Agent>) {
        let (agent, mut held) = self.agent(handle, troubles).await;
        let (mut first, mut named, mut files) = (Vec::new(), Vec::new(), Vec::new());
        for Identity { path, named: is_named } in &self.resolved.identities {
            let is_first = self.key == Some(path.as_path());
            let passphrase = self.passphrase.cloned();
            let (file, certificates) = (path.clone(), self.resolved.certificates.clone());
            let read = blocking(move || KeyFile::read(&file, passphrase.as_ref(), &certificates)).await;
            let Some(file) = read.ok().flatten() else {
                if *is_named {
                    troubles.push(Trouble {
                        cause: format!("{}: there is no such private key file", path.display()),
                        hint: None,
                    });
                }
                continue;
            };
            let into_agent = file.public.as_ref().is_some_and(|key| {
                held.iter().any(|identity| matches!(identity, AgentIdentity::PublicKey { key: held, .. } if held.key_data() == key.key_data()))
            });
            let mut found = Vec::new();
            match (&file.public, &file.private) {
                (Some(public), _) if into_agent => {
                    held.retain(|identity| {
                        identity.public_key().key_data() != public.key_data()
                            || matches!(identity, AgentIdentity::Certificate { .. })
                    });
                    found.extend(file.certificates.iter().cloned().map(Key::AgentCertificate));
                    found.push(Key::Agent(public.clone()));
                }
                (_, Ok(private)) => {
                    found.extend(
                        file.certificates
                            .iter()
                            .cloned()
                            .map(|certificate| Key::FileCertificate(Arc::clone(private), certificate)),
                    );
                    found.push(Key::File(Arc::clone(private)));
                }
                (_, Err(trouble)) => troubles.push(trouble.clone()),
            }
            match (is_first, into_agent) {
                (true, _) => first.extend(found),
                (false, true) => named.extend(found),
                (false, false) => files.extend(found),
            }
        }
        let others = held.into_iter().map(|identity| match identity {
            AgentIdentity::PublicKey { key, .. } => Key::Agent(key),
            AgentIdentity::Certificate { certificate, .. } => Key::AgentCertificate(certificate),
        });
        let others = others.filter(|_| !self.resolved.identities_only);
        (first.into_iter().chain(named).chain(others).chain(files).collect(), agent)
    }

    async fn agent(
        &self,
        handle: &Handle<Client>,
        troubles: &mut Vec<Trouble>,
    ) -> (Option<Agent>, Vec<AgentIdentity>) {
        let Some(socket) = &self.resolved.agent else { return (None, Vec::new()) };
        let opened = async {
            let mut agent = AgentClient::connect_uds(socket).await?;
            if let Some(binding) = handle.agent_session_binding() {
                // Old agents don't know of it; new ones show keys that are bound to hosts only after it.
                let _ = agent.bind_session(binding, false).await;
            }
            let identities = agent.request_identities().await?;
            Ok::<_, russh::keys::Error>((agent, identities))
        };
        match opened.await {
            Ok((agent, identities)) => (Some(agent), identities),
            Err(error) => {
                troubles.push(Trouble {
                    cause: format!("the agent at {} does not answer: {error}", socket.display()),
                    hint: None,
                });
                (None, Vec::new())
            }
        }
    }

    async fn try_keys(
        &self,
        handle: &mut Handle<Client>,
        keys: &[Key],
        mut agent: Option<&mut Agent>,
        progress: &mut Progress,
    ) -> std::result::Result<bool, russh::Error> {
        let user = &self.resolved.user;
        for key in keys {
            if !progress.may(MethodKind::PublicKey) || handle.is_closed() {
                break;
            }
            let result = match key {
                Key::File(private) => {
                    let hash = hash(handle, private.public_key()).await?;
                    let key = PrivateKeyWithHashAlg::new(Arc::clone(private), hash);
                    handle.authenticate_publickey(user, key).await?
                }
                Key::FileCertificate(private, certificate) => {
                    handle.authenticate_openssh_cert(user, Arc::clone(private), certificate.clone()).await?
                }
                Key::Agent(public) => {
                    let Some(agent) = agent.as_deref_mut() else { continue };
                    let hash = hash(handle, public).await?;
                    // An agent may refuse to sign; then the next key has its turn.
                    let Ok(result) =
                        handle.authenticate_publickey_with(user, public.clone(), hash, agent).await
                    else {
                        continue;
                    };
                    result
                }
                Key::AgentCertificate(certificate) => {
                    let Some(agent) = agent.as_deref_mut() else { continue };
                    let hash = hash(handle, &PublicKey::from(certificate.public_key().clone())).await?;
                    let Ok(result) =
                        handle.authenticate_certificate_with(user, certificate.clone(), hash, agent).await
                    else {
                        continue;
                    };
                    result
                }
            };
            progress.tried_keys += 1;
            if progress.note(result) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn try_password(
        &self,
        handle: &mut Handle<Client>,
        progress: &mut Progress,
    ) -> std::result::Result<bool, russh::Error> {
        let Some(password) = self.password.filter(|_| self.trusted && progress.may(MethodKind::Password))
        else {
            return Ok(false);
        };
        progress.tried_password = true;
        let result = handle.authenticate_password(&self.resolved.user, password.expose()).await?;
        Ok(progress.note(result))
    }

    async fn try_keyboard(
        &self,
        handle: &mut Handle<Client>,
        progress: &mut Progress,
    ) -> std::result::Result<bool, russh::Error> {
        let allowed = self.trusted && progress.may(MethodKind::KeyboardInteractive);
        let Some(password) = self.password.filter(|_| allowed) else { return Ok(false) };
        let mut response = handle.authenticate_keyboard_interactive_start(&self.resolved.user, None).await?;
        let mut answered = false;
        for _ in 0..MOST_ROUNDS {
            let prompts = match response {
                KeyboardInteractiveAuthResponse::Success => return Ok(true),
                KeyboardInteractiveAuthResponse::Failure { remaining_methods, partial_success } => {
                    return Ok(progress.note(AuthResult::Failure { remaining_methods, partial_success }));
                }
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
            };
            // The password answers the one hidden question, and only once: asked again, it was wrong.
            let answers = prompts.iter().map(|prompt| match prompt.echo || answered {
                true => String::new(),
                false => password.expose().to_owned(),
            });
            let answers: Vec<String> = answers.collect();
            if prompts.iter().any(|prompt| !prompt.echo) {
                answered = true;
                progress.tried_password = true;
            }
            response = handle.authenticate_keyboard_interactive_respond(answers).await?;
        }
        Ok(false)
    }

    fn refused(&self, progress: &Progress, troubles: &[Trouble], lost: &Lost) -> Error {
        let methods: Vec<&str> =
            progress.allowed.iter().flat_map(|allowed| allowed.iter()).map(<&str>::from).collect();
        let mut error = Error::new(format!("{} does not let us in", self.address()));
        if let Some(reason) = lost.reason() {
            error = error.cause(reason);
        } else if !methods.is_empty() {
            error = error.cause(format!("it would accept {}", methods.join(", ")));
        }
        error = error.cause(match (progress.tried_keys, progress.tried_password) {
            (0, false) => "there was nothing to try".to_owned(),
            (0, true) => "tried the password".to_owned(),
            (keys, tried) => format!(
                "tried {keys} key{}{}",
                if keys == 1 { "" } else { "s" },
                if tried { " and the password" } else { "" }
            ),
        });
        for trouble in troubles {
            error = error.cause(&trouble.cause).hint_some(trouble.hint.clone());
        }
        if self.password.is_some() && !self.trusted {
            error = error.cause("the password was not sent, because the host key is not the known one");
        }
        error.hint("check the user (ansible_user), the key (ansible_private_key_file) and the password (--ask-pass, -k)")
    }
}

/// The hash that an RSA key is to sign with, as the server likes it.
async fn hash(
    handle: &Handle<Client>,
    key: &PublicKey,
) -> std::result::Result<Option<HashAlg>, russh::Error> {
    if !key.algorithm().is_rsa() {
        return Ok(None);
    }
    // A server that does not say takes the better one, if it is not very old.
    Ok(handle.best_supported_rsa_hash().await?.unwrap_or(Some(HashAlg::Sha512)))
}
