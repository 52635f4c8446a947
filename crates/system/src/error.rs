use std::fmt;
use std::path::Path;

use value::{Map, Unknown, Value};

/// `std::result::Result` with our [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a module can't go on.
#[derive(Clone, Debug)]
pub enum Error {
    /// It failed.
    Failed(Box<Failure>),
    /// A dry run can't know what it would do.
    Unknown(Unknown),
}

/// What a module says of its failure.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong: lower case, no full stop.
    pub message: String,
    /// Further keys of the result that playbooks register, such as `rc` and `stderr`.
    pub details: Map,
}

impl Error {
    /// A failure with a message.
    pub fn failed(message: impl Into<String>) -> Error {
        Error::Failed(Box::new(Failure { message: message.into(), details: Map::new() }))
    }

    /// A failure of an operation on a path: `{doing} {path}: {what the system says}`.
    pub fn io(doing: &str, path: &Path, error: std::io::Error) -> Error {
        Error::failed(format!("{doing} {}: {}", path.display(), plain(&error)))
    }

    /// A failure of an operation: `{doing}: {what the system says}`.
    pub fn from_io(doing: &str, error: std::io::Error) -> Error {
        Error::failed(format!("{doing}: {}", plain(&error)))
    }

    /// Adds a key to the result; an unknown stays as it is.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Error {
        if let Error::Failed(failure) = &mut self {
            failure.details.insert(Value::from(key), value.into());
        }
        self
    }

    /// Puts what was being done before the message; an unknown stays as it is.
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        if let Error::Failed(failure) = &mut self {
            failure.message = format!("{context}: {}", failure.message);
        }
        self
    }
}

/// The system's words without Rust's `(os error 2)`, first letter lower-case.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Failed(failure) => formatter.write_str(&failure.message),
            Error::Unknown(unknown) => write!(formatter, "unknown: {unknown}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Unknown> for Error {
    fn from(unknown: Unknown) -> Error {
        Error::Unknown(unknown)
    }
}
