use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use diag::Span;

/// A string and what travels with it; cheap to clone.
#[derive(Clone)]
pub struct Text {
    text: Arc<str>,
    tag: Option<Arc<Tag>>,
}

/// What travels with a string.
#[derive(Clone, Debug, Default)]
pub struct Tag {
    /// Where the text was written.
    pub origin: Option<Span>,
    /// Whether it may be a template: text of playbooks, inventories and the command line may, data from hosts may not.
    pub trusted: bool,
    /// Whether it must be masked wherever it would be shown.
    pub secret: bool,
}

impl Text {
    /// Text that is data: never a template, no secret.
    pub fn new(text: impl Into<Arc<str>>) -> Text {
        Text { text: text.into(), tag: None }
    }

    /// Text that somebody wrote for Capstan to read; it may be a template.
    pub fn trusted(text: impl Into<Arc<str>>, origin: Option<Span>) -> Text {
        Text { text: text.into(), tag: Some(Arc::new(Tag { origin, trusted: true, secret: false })) }
    }

    /// Other text with the same tag.
    pub fn with_text(&self, text: impl Into<Arc<str>>) -> Text {
        Text { text: text.into(), tag: self.tag.clone() }
    }

    /// The same text as data: it is no longer a template, its origin and secrecy stay.
    pub fn untrusted(mut self) -> Text {
        if self.is_trusted() {
            self.retag(|tag| tag.trusted = false);
        }
        self
    }

    /// The same text, to be masked wherever it would be shown.
    pub fn secret(mut self) -> Text {
        if !self.is_secret() {
            self.retag(|tag| tag.secret = true);
        }
        self
    }

    fn retag(&mut self, change: impl FnOnce(&mut Tag)) {
        change(Arc::make_mut(self.tag.get_or_insert_default()));
    }

    /// The string itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The string itself, shared.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Where it was written, if known.
    pub fn origin(&self) -> Option<&Span> {
        self.tag.as_ref()?.origin.as_ref()
    }

    /// Whether it may be a template.
    pub fn is_trusted(&self) -> bool {
        self.tag.as_ref().is_some_and(|tag| tag.trusted)
    }

    /// Whether it must be masked.
    pub fn is_secret(&self) -> bool {
        self.tag.as_ref().is_some_and(|tag| tag.secret)
    }

    /// Whether it is a template: trusted, and with a delimiter in it.
    pub fn is_template(&self) -> bool {
        self.is_trusted() && self.has_delimiters()
    }

    /// Whether there is what would make it a template, if it may be one.
    pub fn has_delimiters(&self) -> bool {
        ["{{", "{%", "{#"].iter().any(|delimiter| self.text.contains(delimiter))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<T: Into<Arc<str>>> From<T> for Text {
    fn from(text: T) -> Text {
        Text::new(text)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() {
            formatter.write_str("\"********\"")
        } else {
            fmt::Debug::fmt(&*self.text, formatter)
        }
    }
}
