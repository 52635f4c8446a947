use diag::Span;
use yaml::Node;

/// A variable that a person is asked for before a play begins: an entry of `vars_prompt`. Its nodes may be templates over
/// what is known of the play before any host.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The variable.
    pub name: String,
    /// What is asked; the variable's name if not written.
    pub prompt: Option<Node>,
    /// What counts if nothing is typed, or nobody is there.
    pub default: Option<Node>,
    /// Whether what is typed is not shown; it is not if not written.
    pub private: Option<Node>,
    /// Whether it must be typed twice.
    pub confirm: Option<Node>,
    /// How it is hashed.
    pub encrypt: Option<Node>,
    /// The salt of the hash.
    pub salt: Option<Node>,
    /// The length of a random salt.
    pub salt_size: Option<Node>,
    /// Whether it is never a template.
    pub r#unsafe: Option<Node>,
    /// Where it is written.
    pub span: Span,
}

impl Prompt {
    pub(crate) const KEYS: [&str; 9] =
        ["name", "prompt", "default", "private", "confirm", "encrypt", "salt", "salt_size", "unsafe"];
}
