/// What becomes of that which is sure to be a mistake, and which older content lives with: the settings decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strictness {
    /// Whether conditions may give something else than a truth value, or be empty: the user is told, and what they give
    /// counts as true or false as in Python; an empty condition holds.
    pub broken_conditionals: bool,
    /// What becomes of data that looks like a template where it is used.
    pub untrusted: Untrusted,
}

/// What becomes of text that has the braces of a template, and comes from where no templates may come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Untrusted {
    /// It is data as any other.
    #[default]
    Ignore,
    /// It is data, and the user is told.
    Warn,
    /// It is an error.
    Refuse,
}
