use protocol::Change;

/// What a module looked at and what it changed.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Every look, in order.
    pub reads: Vec<Read>,
    /// Every change, in order.
    pub changes: Vec<Change>,
}

/// One look at the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The kind of thing, as in [`Change::kind`]; `query` for a program that was asked.
    pub kind: &'static str,
    /// Which one.
    pub name: String,
}
