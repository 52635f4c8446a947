use diag::Result;
use tokio::io::AsyncReadExt;

use crate::start::{Conversation, random_marker};
use crate::{Become, Connection, Exit, Pipe};

/// What a command gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it wrote about errors.
    pub stderr: Vec<u8>,
}

/// Runs a shell command line on a host with empty input, as another user if asked. It needs no runner.
///
/// # Errors
/// When the command can't be started, or the connection breaks before it ends.
pub async fn run_shell(
    connection: &dyn Connection,
    become_user: Option<&Become>,
    command: &str,
) -> Result<Output> {
    let pipe = match become_user {
        None => connection.exec(command).await?,
        Some(_) => {
            let marker = random_marker()?;
            // With a line break after it, so that a command that ends in a comment or here-document stays as it is.
            let script = format!("echo \"{marker} begin\"; {command}\n");
            let mut talk = Conversation::start(connection, become_user, &marker, &script).await?;
            talk.hear().await?;
            talk.into_pipe()
        }
    };
    collect(connection, pipe).await
}

async fn collect(connection: &dyn Connection, pipe: Pipe) -> Result<Output> {
    let Pipe { stdin, mut stdout, mut stderr, exit } = pipe;
    drop(stdin);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (read_out, read_err, exit) =
        tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_end(&mut err), exit);
    let broken = match (&exit, read_out, read_err) {
        (Exit::Lost(reason), _, _) => Some(reason.clone()),
        (_, Err(error), _) | (_, _, Err(error)) => Some(error.to_string()),
        _ => None,
    };
    match broken {
        Some(reason) => Err(diag::Error::new("the connection was lost while a command ran")
            .host(connection.name())
            .cause(reason)),
        None => Ok(Output { exit, stdout: out, stderr: err }),
    }
}
