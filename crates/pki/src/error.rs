use std::fmt;

/// Why something is no key, request or certificate, or can't be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    /// Whether a passphrase is missing or wrong, so that what is there may be whole.
    pub passphrase: bool,
}

/// `std::result::Result` with our [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Error {
        Error { message: message.into(), passphrase: false }
    }

    pub(crate) fn passphrase(message: impl Into<String>) -> Error {
        Error { message: message.into(), passphrase: true }
    }

    /// What a library says of something.
    pub(crate) fn of(what: &'static str) -> impl FnOnce(der::Error) -> Error {
        move |error| Error::new(format!("{what}: {error}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
