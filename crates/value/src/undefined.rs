use diag::{Error, Span};

/// A variable, attribute or item that is not there. It may be passed on, tested and given a default; any other use of
/// it is the error that it carries.
#[derive(Clone, Debug)]
pub struct Undefined {
    /// The error's message, such as `'x' is undefined` or `object of type 'dict' has no attribute 'y'`.
    pub message: String,
    /// Where it was asked for.
    pub span: Option<Span>,
    /// What may have been meant.
    pub hint: Option<String>,
}

impl Undefined {
    /// Something that is not there; the message says what.
    pub fn new(message: impl Into<String>) -> Undefined {
        Undefined { message: message.into(), span: None, hint: None }
    }

    /// The error that using it is.
    pub fn error(&self) -> Error {
        Error::new(&*self.message).at_some(self.span.as_ref()).hint_some(self.hint.clone())
    }
}
