//! Where a task is carried out: connection settings out of variables, and the [`Site`] that actions see.

use std::sync::Arc;
use std::time::Duration;

use actions::{Answer, BlobSource, Failure, Site, Terminal};
use async_trait::async_trait;
use diag::{Error, Result};
use playbook::Keywords;
use protocol::{BlobId, Request};
use transport::{Become, BecomeMethod, Output, Secret, Target};
use value::{Convert, Map, Value};
use yaml::Node;

use crate::told_connection::ToldConnection;
use crate::variables::HostScope;
use crate::world::World;

/// The host that carries out a task, and as whom.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) world: Arc<World>,
    pub(crate) target: Target,
    /// What says how it is reached.
    pub(crate) scope: HostScope,
    pub(crate) become_user: Option<Become>,
    /// What every request of the task has in common.
    pub(crate) request: Request,
}

/// Which keyword is meant.
type Pick = fn(&Keywords) -> &Option<Node>;

/// Reads settings: the first variable that is set counts, else the keyword.
struct Reader<'a> {
    scope: &'a HostScope,
    /// Where keywords are rendered: the original host's scope, also when the task is delegated.
    keywords: &'a HostScope,
}

impl Reader<'_> {
    fn variable(&self, names: &[&str]) -> Result<Option<Value>> {
        for name in names {
            let value = self.scope.rendered(name).map_err(|error| match error.span() {
                // Its place says more than the name of the first variable that is looked for.
                Some(_) => error,
                None => error.context(format!("the variable '{name}'")),
            })?;
            if let Some(value) = value.filter(|value| !value.is_null() && !matches!(value, Value::Omit)) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn value(&self, names: &[&str], keyword: Option<Pick>) -> Result<Option<Value>> {
        if let Some(value) = self.variable(names)? {
            return Ok(Some(value));
        }
        let Some((pick, task)) = keyword.zip(self.keywords.task.as_ref()) else { return Ok(None) };
        // What a task omits, it has from what is around it.
        for node in [pick(&task.keywords), pick(&task.scope.keywords)].into_iter().flatten() {
            let value = self
                .keywords
                .world
                .templates
                .resolve(&node.to_value(), self.keywords)
                .map_err(|error| error.at(&node.span))?;
            if !matches!(value, Value::Omit) {
                return Ok(Some(value).filter(|value| !value.is_null()));
            }
        }
        Ok(None)
    }

    fn text(&self, names: &[&str], keyword: Option<Pick>) -> Result<Option<String>> {
        Ok(self.value(names, keyword)?.map(|value| value.to_string()))
    }

    fn flag(&self, names: &[&str], keyword: Option<Pick>) -> Result<Option<bool>> {
        let wrong = |error| {
            Error::new(format!("'{}' must be yes or no", names.first().unwrap_or(&"become"))).cause(error)
        };
        self.value(names, keyword)?.map(|value| value.to_bool().map_err(wrong)).transpose()
    }

    fn secret(&self, names: &[&str]) -> Result<Option<Secret>> {
        Ok(self.variable(names)?.map(|value| Secret::new(value.to_string())))
    }

    fn words(&self, name: &str) -> Result<Vec<String>> {
        let Some(text) = self.text(&[name], None)? else { return Ok(Vec::new()) };
        shlex::split(&text).ok_or_else(|| Error::new(format!("'{name}' can't be split into words: {text}")))
    }
}

/// How a host is reached for a task: by its variables, the task's keywords, the settings.
///
/// # Errors
/// A variable can't be rendered or has a wrong type.
pub(crate) fn target(scope: &HostScope, original: &HostScope) -> Result<Target> {
    let settings = &scope.world.settings.connection;
    let reader = Reader { scope: &scope.as_written(), keywords: &original.as_written() };
    let keyword = |pick: Pick| Some(pick);
    let port = reader.value(&["ansible_ssh_port", "ansible_port"], keyword(|keywords| &keywords.port))?;
    let port = port.map(|port| {
        port.to_i64()
            .ok()
            .and_then(|port| u16::try_from(port).ok())
            .ok_or_else(|| Error::new(format!("{port} is no port")))
    });
    let checking = reader.flag(&["ansible_ssh_host_key_checking", "ansible_host_key_checking"], None)?;
    let timeout = reader
        .value(&["ansible_ssh_timeout", "ansible_timeout"], None)?
        .and_then(|value| value.to_f64().ok());
    let retries = reader
        .value(&["ansible_ssh_retries"], None)?
        .map(|value| {
            let number = value.to_i64().ok().and_then(|number| u32::try_from(number).ok());
            number.ok_or_else(|| Error::new(format!("'ansible_ssh_retries' is a whole number, not {value}")))
        })
        .transpose()?;
    let mut ssh_args = reader.words("ansible_ssh_args")?;
    match reader.text(&["ansible_ssh_common_args"], None)? {
        Some(_) => ssh_args.extend(reader.words("ansible_ssh_common_args")?),
        None => ssh_args.extend(settings.ssh_common_args.iter().cloned()),
    }
    ssh_args.extend(reader.words("ansible_ssh_extra_args")?);
    let expand = |path: String| match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}").into(),
        _ => path.into(),
    };
    let key = reader.text(&["ansible_ssh_private_key_file", "ansible_private_key_file"], None)?.map(expand);
    Ok(Target {
        name: scope.host.to_string(),
        connection: reader
            .text(&["ansible_connection"], keyword(|keywords| &keywords.connection))?
            .unwrap_or_else(|| settings.plugin.clone()),
        host: reader
            .text(&["ansible_ssh_host", "ansible_host"], None)?
            .unwrap_or_else(|| scope.host.to_string()),
        port: port.transpose()?.or(settings.port),
        user: reader
            .text(&["ansible_ssh_user", "ansible_user"], keyword(|keywords| &keywords.remote_user))?
            .or_else(|| settings.user.clone()),
        password: reader
            .secret(&["ansible_ssh_password", "ansible_ssh_pass", "ansible_password"])?
            .or_else(|| settings.password.clone()),
        private_key_file: key.or_else(|| settings.private_key_file.clone()),
        key_passphrase: reader
            .secret(&["ansible_private_key_passphrase", "ansible_ssh_private_key_passphrase"])?,
        ssh_args,
        host_key_checking: checking.unwrap_or(settings.host_key_checking),
        accept_new: settings.accept_new,
        connect_timeout: timeout.map_or(settings.timeout, |seconds| {
            Duration::try_from_secs_f64(seconds).unwrap_or(settings.timeout)
        }),
        retries: retries.unwrap_or(settings.retries),
        ssh_executable: reader.text(&["ansible_ssh_executable"], None)?,
    })
}

/// Whom to become for a task; `None` where the login user is meant.
///
/// # Errors
/// A variable can't be rendered or has a wrong type.
pub(crate) fn become_user(
    scope: &HostScope,
    original: &HostScope,
    target: &Target,
) -> Result<Option<Become>> {
    let settings = &scope.world.settings.become_user;
    let reader = Reader { scope, keywords: original };
    let keyword = |pick: Pick| Some(pick);
    let enabled =
        reader.flag(&["ansible_become"], keyword(|keywords| &keywords.r#become))?.unwrap_or(settings.enabled);
    if !enabled {
        return Ok(None);
    }
    let method = reader.text(&["ansible_become_method"], keyword(|keywords| &keywords.become_method))?;
    let method = BecomeMethod::named(method.as_deref().or(settings.method.as_deref()).unwrap_or("sudo"))?;
    let own = |what: &str| format!("ansible_{}_{what}", method.name());
    let user =
        reader.text(&[&own("user"), "ansible_become_user"], keyword(|keywords| &keywords.become_user))?;
    let user = user.or_else(|| settings.user.clone()).unwrap_or_else(|| "root".into());
    if target.user.as_deref() == Some(user.as_str()) && !settings.allow_same_user {
        return Ok(None);
    }
    let names =
        [own("pass"), own("password"), "ansible_become_pass".into(), "ansible_become_password".into()];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let flags =
        reader.text(&[&own("flags"), "ansible_become_flags"], keyword(|keywords| &keywords.become_flags))?;
    let executable =
        reader.text(&[&own("exe"), "ansible_become_exe"], keyword(|keywords| &keywords.become_exe))?;
    Ok(Some(Become {
        method,
        user,
        password: reader.secret(&names)?.or_else(|| settings.password.clone()),
        executable: executable.or_else(|| settings.executable.clone()),
        flags: flags.or_else(|| settings.flags.clone()),
        folder: reader.text(&[&own("chdir")], None)?,
        prompts: prompts(&reader, method)?,
        patience: patience(&reader, target)?,
    }))
}

/// What the method asks for the password with, where a variable says it.
fn prompts(reader: &Reader<'_>, method: BecomeMethod) -> Result<Vec<String>> {
    let name = format!("ansible_{}_prompt_l10n", method.name());
    Ok(match reader.variable(&[&name])? {
        Some(Value::List(prompts)) => prompts.iter().map(ToString::to_string).collect(),
        Some(prompts) => prompts.to_string().split(',').map(|prompt| prompt.trim().to_owned()).collect(),
        None => Vec::new(),
    })
}

/// How long becoming another user may take, where a variable says it.
fn patience(reader: &Reader<'_>, target: &Target) -> Result<Option<Duration>> {
    let own = format!("ansible_{}_become_success_timeout", target.connection);
    // Of OpenSSH, the limit for connecting holds for this as well.
    let names = [own.as_str(), "ansible_ssh_timeout"];
    let names = if target.connection == "local" { &names[..1] } else { &names[..] };
    let seconds = reader.variable(names)?.and_then(|value| value.to_f64().ok());
    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

impl Remote {
    async fn send(&self, request: Request, blobs: Vec<(BlobId, BlobSource)>) -> Result<Answer, Failure> {
        let call =
            self.world.connections.call(&self.world, &self.target, self.become_user.as_ref(), request, blobs);
        call.await.map_err(|error| self.unreachable(error))
    }

    /// What stands in the way of a host: one that refuses to let us become another user fails the task only.
    fn unreachable(&self, error: Error) -> Failure {
        let refused = error.is_of_host();
        let error = error.host(self.target.name.as_str());
        if refused { Failure::Task(error) } else { Failure::Unreachable(error) }
    }
}

#[async_trait]
impl Site for Remote {
    fn host(&self) -> &str {
        // The target is reached under other names too; this is the one in the inventory.
        self.target.name.as_str()
    }

    async fn call(
        &self,
        module: &str,
        arguments: Map,
        blobs: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer, Failure> {
        let request =
            Request { module: module.to_owned(), arguments: arguments.into(), ..self.request.clone() };
        self.send(request, blobs).await
    }

    async fn run_program(
        &self,
        program: protocol::Program,
        blobs: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer, Failure> {
        self.send(Request { program: Some(Box::new(program)), ..self.request.clone() }, blobs).await
    }

    async fn shell(&self, command: &str) -> Result<Output, Failure> {
        let link = self.world.connections.link(&self.target);
        let connection = link.connection(&self.target).await.map_err(|error| self.unreachable(error))?;
        let connection = ToldConnection { connection, world: &self.world };
        transport::run_shell(&connection, self.become_user.as_ref(), command)
            .await
            .map_err(|error| self.unreachable(error))
    }

    async fn reset(&self) {
        self.world.connections.link(&self.target).close().await;
    }

    fn terminal(&self) -> &dyn Terminal {
        &*self.world.terminal
    }
}
