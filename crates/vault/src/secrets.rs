use std::fmt;

use zeroize::Zeroizing;

/// A vault password and its label; the password is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Secret {
    label: String,
    password: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// A password under a label; [`Secrets::DEFAULT_LABEL`] where the user gave none.
    pub fn new(label: impl Into<String>, password: impl Into<Vec<u8>>) -> Secret {
        Secret { label: label.into(), password: Zeroizing::new(password.into()) }
    }

    /// The label, also called the vault id.
    pub fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn password(&self) -> &[u8] {
        &self.password
    }
}

/// The label alone.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({})", self.label)
    }
}

/// The secrets of a run, in the order they were given.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    list: Vec<Secret>,
    match_labels: bool,
}

impl Secrets {
    /// The label of a password that was given without one.
    pub const DEFAULT_LABEL: &str = "default";

    /// No secrets yet.
    pub fn new() -> Secrets {
        Secrets::default()
    }

    /// Adds a secret.
    pub fn push(&mut self, secret: Secret) {
        self.list.push(secret);
    }

    /// Whether a text may be opened only by a secret of its own label (the setting `vault_id_match`).
    pub fn match_labels(mut self, yes: bool) -> Secrets {
        self.match_labels = yes;
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Secret> {
        self.list.iter()
    }

    /// The first secret of this label.
    pub fn get(&self, label: &str) -> Option<&Secret> {
        self.list.iter().find(|secret| secret.label == label)
    }

    /// The secrets to try on a text, best first.
    pub(crate) fn for_label(&self, label: Option<&str>) -> impl Iterator<Item = &Secret> {
        let fits = move |secret: &&Secret| label.is_some_and(|label| secret.label == label);
        let others = self.list.iter().filter(move |_| label.is_none() || !self.match_labels);
        self.list.iter().filter(fits).chain(others.filter(move |secret| !fits(secret)))
    }
}

impl FromIterator<Secret> for Secrets {
    fn from_iter<I: IntoIterator<Item = Secret>>(secrets: I) -> Secrets {
        Secrets { list: secrets.into_iter().collect(), match_labels: false }
    }
}
