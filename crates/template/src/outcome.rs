use std::sync::Arc;

use diag::{Error, Span};
use value::{Text, Undefined, Unknown, Value};

/// What evaluating something comes to.
pub(crate) type Outcome<T = Value> = Result<T, Stop>;

/// Why an evaluation can't go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is wrong.
    Error(Error),
    /// It uses something that is not there. Where a variable's own template does, the variable is undefined, and may
    /// still be given a default.
    Undefined(Arc<Undefined>),
    /// It needs to know what a dry run can't.
    Unknown(Arc<Unknown>),
    /// It uses this vault, which no vault secret opens; a filter that brings a password of its own may still.
    Sealed(Text, Error),
}

impl Stop {
    /// An error with this message.
    pub(crate) fn new(message: impl Into<String>) -> Stop {
        Stop::Error(Error::new(message))
    }

    /// Says where it happened, unless a more exact place is known already.
    pub(crate) fn at(self, span: impl FnOnce() -> Option<Span>) -> Stop {
        match self {
            Stop::Error(error) if error.span().is_none() => Stop::Error(error.at_some(span().as_ref())),
            Stop::Undefined(mut undefined) if undefined.span.is_none() => {
                if let Some(span) = span() {
                    Arc::make_mut(&mut undefined).span = Some(span);
                }
                Stop::Undefined(undefined)
            }
            other => other,
        }
    }

    /// The same with its error, if it is one, changed.
    pub(crate) fn map_error(self, change: impl FnOnce(Error) -> Error) -> Stop {
        match self {
            Stop::Error(error) => Stop::Error(change(error)),
            Stop::Sealed(vault, error) => Stop::Sealed(vault, change(error)),
            other => other,
        }
    }

    /// What is undefined or unknown as a value; errors stay errors.
    pub(crate) fn into_value(self) -> Outcome {
        match self {
            Stop::Undefined(undefined) => Ok(Value::Undefined(undefined)),
            Stop::Unknown(unknown) => Ok(Value::Unknown(unknown)),
            Stop::Error(_) | Stop::Sealed(..) => Err(self),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

/// The message that an inline `if` without `else` leaves behind; unlike other undefined things it prints as nothing.
pub(crate) const NO_ELSE: &str = "the inline if-expression is false and has no else";
