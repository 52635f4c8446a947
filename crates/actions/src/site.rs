use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use protocol::{BlobId, Report};
use transport::Output;
use value::Map;

use crate::Failure;

/// The host of a task, as an action sees it: as the right user, over whichever connection.
#[async_trait]
pub trait Site: Send + Sync {
    /// The host's name in the inventory.
    fn host(&self) -> &str;

    /// Calls a module with normalised arguments. `blobs` are files that the runner may ask for.
    ///
    /// # Errors
    /// The host can't be reached, or the runner can't run there.
    async fn call(
        &self,
        module: &str,
        arguments: Map,
        blobs: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer, Failure>;

    /// Runs a module of the user's own.
    ///
    /// # Errors
    /// The host can't be reached, or the runner can't run there.
    async fn run_program(
        &self,
        program: protocol::Program,
        blobs: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer, Failure>;

    /// Runs a command line by the host's shell, without a runner.
    ///
    /// # Errors
    /// The host can't be reached.
    async fn shell(&self, command: &str) -> Result<Output, Failure>;

    /// Closes the connection, so that the next call opens a new one.
    async fn reset(&self);

    /// The person at the terminal, if there is one.
    fn terminal(&self) -> &dyn Terminal;
}

/// The person at the terminal, if there is one. Only `cli` has a terminal; tests have none.
#[async_trait]
pub trait Terminal: Send + Sync {
    /// Asks for a line.
    async fn ask(&self, question: &Question<'_>) -> Reply;

    /// Shows a notice, and a prompt if there is one, and waits so many seconds; `false` if the person aborts the run.
    async fn wait(&self, seconds: f64, notice: &str, prompt: Option<&str>) -> bool;

    /// Shows text.
    fn say(&self, text: &str);

    /// A line that is typed or comes from a pipe, in answer to `prompt`; `None` at the end of the input.
    async fn line(&self, _prompt: &str) -> Option<String> {
        None
    }

    /// Ends the run as Ctrl-C does.
    fn interrupt(&self) {}
}

/// What a person is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The words.
    pub text: &'a str,
    /// Whether what is typed is shown.
    pub echo: bool,
    /// Whether Ctrl-C leads to the question whether to go on or abort; else it ends the run as usual.
    pub interruptible: bool,
}

/// What a person replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// This line.
    Line(String),
    /// To go on, after Ctrl-C.
    GoOn,
    /// To abort.
    Abort,
    /// Nothing: nobody is there.
    Nobody,
}

/// What a module answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How it ended.
    pub report: Report,
    /// The bytes that it sent, for `fetch`.
    pub bytes: Vec<u8>,
}

/// Where the bytes of a blob are.
#[derive(Clone, Debug)]
pub enum BlobSource {
    /// In a file of the controller.
    File(PathBuf),
    /// In memory.
    Bytes(Arc<[u8]>),
}
