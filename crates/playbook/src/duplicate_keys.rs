/// What becomes of a key that is written twice in a mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateKeys {
    /// The last one counts, with a warning.
    #[default]
    Warn,
    /// The file is wrong.
    Refuse,
    /// The last one counts.
    Ignore,
}
