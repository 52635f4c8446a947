use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use async_trait::async_trait;
use diag::{Error, Result};
use tokio::process::Command;

use crate::start::random_marker;
use crate::{Connection, Exit, Pipe, Target, child};

/// A host that is reached through the system's `ssh` program, with all that its configuration can do. Its connections
/// are shared (ControlMaster) over a socket in a private folder.
pub(crate) struct OpenSsh {
    name: String,
    program: String,
    arguments: Vec<OsString>,
    host: String,
    sharing: Sharing,
}

/// The folder of the socket, removed at the end.
struct Sharing(PathBuf);

impl Drop for Sharing {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl OpenSsh {
    /// Connects, and leaves a master connection behind that all commands share.
    ///
    /// # Errors
    /// When the `ssh` program is missing or says why it can't connect.
    pub(crate) async fn connect(target: &Target) -> Result<OpenSsh> {
        if target.password.is_some() || target.key_passphrase.is_some() {
            return Err(Error::new("the openssh connection can't type passwords or passphrases")
                .hint("use a key from the agent, or 'ansible_connection: ssh'"));
        }
        if target.host.starts_with('-') {
            return Err(Error::new(format!("'{}' can't be a host name", target.host)));
        }
        let connection = OpenSsh {
            name: target.name.clone(),
            program: target.ssh_executable.clone().unwrap_or_else(|| "ssh".to_owned()),
            arguments: arguments(target),
            host: target.host.clone(),
            sharing: Sharing(private_folder()?),
        };
        // The master leaves by itself a while after its last command, also when nobody is left to tell it to.
        let mut command = connection.command(&["-oControlMaster=auto", "-oControlPersist=60"]);
        command.arg("true");
        let started = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let started = started.map_err(|error| {
            Error::new(format!("can't start '{}'", connection.program))
                .cause(error)
                .hint("install OpenSSH's client, or use 'ansible_connection: ssh'")
        })?;
        let failed = |cause: String| {
            Error::new(format!("{} can't connect to '{}'", connection.program, connection.host)).cause(cause)
        };
        let output = finish(started).await.map_err(|error| failed(error.to_string()))?;
        match output.0.success() {
            true => Ok(connection),
            false => Err(failed(output.1)),
        }
    }

    fn socket(&self) -> PathBuf {
        self.sharing.0.join("socket")
    }

    fn command(&self, own: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        let mut path = OsString::from("-oControlPath=");
        path.push(self.socket());
        command.arg("-T").args(own).arg(path).args(&self.arguments).arg("--").arg(&self.host);
        command
    }
}

/// Waits for a program whose standard error a background process may keep open: its words, and how it ended.
async fn finish(mut child: tokio::process::Child) -> std::io::Result<(std::process::ExitStatus, String)> {
    use tokio::io::AsyncReadExt;
    let mut stderr = child.stderr.take();
    let mut words = Vec::new();
    let reading = async {
        if let Some(stderr) = &mut stderr {
            while stderr.read_buf(&mut words).await.is_ok_and(|read| read > 0) {}
        }
        std::future::pending::<()>().await;
    };
    let status = tokio::select! {
        status = child.wait() => status?,
        () = reading => return Err(std::io::Error::other("its output never ends")),
    };
    if let Some(stderr) = stderr.filter(|_| !status.success()) {
        let mut stderr = stderr;
        let _ = stderr.read_to_end(&mut words).await;
    }
    Ok((status, String::from_utf8_lossy(&words).trim().to_owned()))
}

/// What the `ssh` program is told, in an order where the caller's own arguments win over the target's settings.
fn arguments(target: &Target) -> Vec<OsString> {
    let mut words: Vec<OsString> = target.ssh_args.iter().map(OsString::from).collect();
    words.push("-oBatchMode=yes".into());
    match (target.host_key_checking, target.accept_new) {
        (false, _) => words.push("-oStrictHostKeyChecking=no".into()),
        (true, true) => words.push("-oStrictHostKeyChecking=accept-new".into()),
        (true, false) => {}
    }
    if let Some(port) = target.port {
        words.push(format!("-oPort={port}").into());
    }
    if let Some(file) = &target.private_key_file {
        words.extend(["-i".into(), file.clone().into_os_string()]);
    }
    if let Some(user) = &target.user {
        words.push(format!("-oUser=\"{}\"", user.replace('"', "\\\"")).into());
    }
    words.push(format!("-oConnectTimeout={}", target.connect_timeout.as_secs().max(1)).into());
    words
}

/// A new folder of mode 0700. Its path is short, because a socket's may not be longer than about 100 bytes.
fn private_folder() -> Result<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    let parent =
        runtime.filter(|path| path.as_os_str().len() < 40).unwrap_or_else(|| Path::new("/tmp").to_path_buf());
    let folder = parent.join(format!("capstan-{}", &random_marker()?[..12]));
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|error| Error::new(format!("can't make the folder '{}'", folder.display())).cause(error))?;
    Ok(folder)
}

#[async_trait]
impl Connection for OpenSsh {
    async fn exec(&self, command: &str) -> Result<Pipe> {
        let mut ssh = self.command(&["-oControlMaster=no"]);
        ssh.arg(command);
        let pipe = child::spawn(ssh).map_err(|error| error.host(&self.name))?;
        // So the program says that it, and not the command, has failed.
        let exit = async move {
            match pipe.exit.await {
                Exit::Code(255) => {
                    Exit::Lost("the ssh program lost the connection (exit code 255)".to_owned())
                }
                exit => exit,
            }
        };
        Ok(Pipe { exit: Box::pin(exit), ..pipe })
    }

    async fn close(&self) {
        let mut command = Command::new(&self.program);
        let mut path = OsString::from("-oControlPath=");
        path.push(self.socket());
        command.args(["-O", "exit"]).arg(path).arg("--").arg(&self.host);
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    }

    fn name(&self) -> &str {
        &self.name
    }
}
