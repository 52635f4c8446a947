use std::fmt;

use crate::Span;

/// `std::result::Result` with our [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something can't be done.
    Error,
    /// It can be done, but it may not be what was meant.
    Warning,
    /// It can be done, but some day it can't be any more.
    Deprecation,
}

/// What went wrong, where, on which host, why, and what to do about it.
///
/// ```
/// # use diag::Error;
/// let error = Error::new("unknown module 'flie'").hint("did you mean 'file'?");
/// assert_eq!(error.message(), "unknown module 'flie'");
/// ```
#[derive(Clone)]
pub struct Error(Box<Parts>);

#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) span: Option<Span>,
    /// The place that Ansible would tell, where it knows it less exactly.
    pub(crate) told_at: Option<Option<Span>>,
    pub(crate) label: String,
    pub(crate) related: Vec<(Span, String)>,
    pub(crate) host: Option<String>,
    pub(crate) task: Option<String>,
    pub(crate) causes: Vec<String>,
    pub(crate) hints: Vec<String>,
    /// Which of the hints Ansible has none like.
    pub(crate) advice: Vec<usize>,
    /// What was being done, the innermost first.
    pub(crate) within: Vec<Frame>,
    pub(crate) of_environment: bool,
    pub(crate) is_complete: bool,
    pub(crate) of_host: bool,
}

/// One thing that was being done when an error occurred.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) message: String,
    pub(crate) span: Option<Span>,
}

impl Error {
    /// An error with a message: lower case, no full stop, names quoted with `'`.
    pub fn new(message: impl Into<String>) -> Error {
        Error(Box::new(Parts {
            severity: Severity::Error,
            message: message.into(),
            span: None,
            told_at: None,
            label: String::new(),
            related: Vec::new(),
            host: None,
            task: None,
            causes: Vec::new(),
            hints: Vec::new(),
            advice: Vec::new(),
            within: Vec::new(),
            of_environment: false,
            is_complete: false,
            of_host: false,
        }))
    }

    /// The same as a warning.
    pub fn warning(message: impl Into<String>) -> Error {
        let mut warning = Error::new(message);
        warning.0.severity = Severity::Warning;
        warning
    }

    /// A warning that something will go away.
    pub fn deprecation(message: impl Into<String>) -> Error {
        let mut deprecation = Error::new(message);
        deprecation.0.severity = Severity::Deprecation;
        deprecation
    }

    /// The same error as a warning: what is wrong is no reason to stop.
    pub fn into_warning(mut self) -> Error {
        self.0.severity = Severity::Warning;
        self
    }

    /// The same warning as an error: it is reason enough to stop.
    pub fn into_error(mut self) -> Error {
        self.0.severity = Severity::Error;
        self
    }

    /// Says that nothing is wrong with what is written, but with what it needs, such as a password.
    pub fn of_environment(mut self) -> Error {
        self.0.of_environment = true;
        self
    }

    /// Whether [`Error::of_environment`] was said.
    pub fn is_of_environment(&self) -> bool {
        self.0.of_environment
    }

    /// Says that a host was reached, and refuses what it is asked for.
    pub fn of_host(mut self) -> Error {
        self.0.of_host = true;
        self
    }

    /// Whether [`Error::of_host`] was said.
    pub fn is_of_host(&self) -> bool {
        self.0.of_host
    }

    /// Sets the place, unless a more exact one is known already.
    pub fn at(mut self, span: &Span) -> Error {
        self.0.span.get_or_insert_with(|| span.clone());
        self
    }

    /// [`Error::at`], where the place may be unknown.
    pub fn at_some(self, span: Option<&Span>) -> Error {
        match span {
            Some(span) => self.at(span),
            None => self,
        }
    }

    /// Sets the place that is told in Ansible's style, where Ansible knows it less exactly, as of a task that says itself
    /// that it failed, or not at all.
    pub fn told_at(mut self, span: Option<&Span>) -> Error {
        self.0.told_at = Some(span.cloned());
        self
    }

    /// Sets what stands beside the marked place, such as `expected a list`.
    pub fn label(mut self, label: impl Into<String>) -> Error {
        self.0.label = label.into();
        self
    }

    /// Adds a second place that helps to understand the first, such as an earlier definition.
    pub fn related(mut self, span: &Span, note: impl Into<String>) -> Error {
        self.0.related.push((span.clone(), note.into()));
        self
    }

    /// Sets the host that it happened on, unless it is set already.
    pub fn host(mut self, host: impl Into<String>) -> Error {
        self.0.host.get_or_insert_with(|| host.into());
        self
    }

    /// Sets the task that it happened in, unless it is set already.
    pub fn task(mut self, task: impl Into<String>) -> Error {
        self.0.task.get_or_insert_with(|| task.into());
        self
    }

    /// Adds an underlying cause, such as the operating system's words.
    pub fn cause(mut self, cause: impl fmt::Display) -> Error {
        self.0.causes.push(cause.to_string());
        self
    }

    /// Adds advice: what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hints.push(hint.into());
        self
    }

    /// [`Error::hint`], where Ansible says nothing of the kind: its style leaves it out, for what it prints is compared.
    pub fn advice(mut self, hint: impl Into<String>) -> Error {
        self.0.advice.push(self.0.hints.len());
        self.hint(hint)
    }

    /// [`Error::hint`], where there may be none, as from [`crate::did_you_mean`].
    pub fn hint_some(self, hint: Option<String>) -> Error {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// Puts what was being done before the message: `{context}: {message}`.
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// Says that the message tells what was being done, or needs no such words: whoever passes the error on puts none
    /// before it.
    pub fn complete(mut self) -> Error {
        self.0.is_complete = true;
        self
    }

    /// Whether [`Error::complete`] was said.
    pub fn is_complete(&self) -> bool {
        self.0.is_complete
    }

    /// Says what was being done, and where, when this happened, such as `Task failed`. What is added later is further out.
    pub fn within(mut self, message: impl Into<String>, span: Option<&Span>) -> Error {
        self.0.within.push(Frame { message: message.into(), span: span.cloned() });
        self
    }

    /// The same error with its own words changed, as to hide a secret; source lines stay.
    pub fn map_text(mut self, change: impl Fn(&str) -> String) -> Error {
        let parts = &mut self.0;
        parts.message = change(&parts.message);
        parts.label = change(&parts.label);
        let frames = parts.within.iter_mut().map(|frame| &mut frame.message);
        for text in parts.causes.iter_mut().chain(&mut parts.hints).chain(frames) {
            *text = change(text);
        }
        self
    }

    /// The message alone.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What was being done, from the outermost to the innermost, the message and its causes, on one line: what a result's
    /// `msg` holds.
    pub fn summary(&self) -> String {
        let frames = self.0.within.iter().rev().map(|frame| &frame.message);
        let parts = frames.chain([&self.0.message]).chain(&self.0.causes);
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        parts.join(": ")
    }

    /// The place, if it is known.
    pub fn span(&self) -> Option<&Span> {
        self.0.span.as_ref()
    }

    /// The hints, in order.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// Whether this is an error or a warning.
    pub fn severity(&self) -> Severity {
        self.0.severity
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }
}

/// The message and its causes, on one line.
impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.summary())
    }
}

/// What [`Error::render`] makes of it, so that a failing test is readable.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(crate::Style::Plain))
    }
}

impl std::error::Error for Error {}

/// Several errors found in one pass, so that a user can mend all of them at once.
#[derive(Clone, Debug, Default)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// No errors yet.
    pub fn new() -> Errors {
        Errors::default()
    }

    /// Notes an error or warning.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Notes the error and gives nothing, or gives the value.
    pub fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether there is an error, warnings not counted.
    pub fn any(&self) -> bool {
        self.0.iter().any(|error| error.severity() == Severity::Error)
    }

    /// Whether there is neither error nor warning.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Error> {
        self.0.iter()
    }

    /// Adds another pass's.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Error>) {
        self.0.extend(others);
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Errors {
        Errors(vec![error])
    }
}

impl IntoIterator for Errors {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
