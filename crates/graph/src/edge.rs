use std::fmt;

use diag::Span;

/// Why one thing waits for another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The kind of reason.
    pub kind: EdgeKind,
    /// The reason in words, to be read after the name of the one that waits.
    pub reason: String,
    /// The place that makes it so.
    pub span: Span,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// It is written below.
    Order,
    /// It is notified.
    Notify,
    /// It uses a variable that the other sets.
    Data,
    /// It needs other hosts to have come so far.
    Host,
    /// Both touch the same thing, and one of them changes it.
    Footprint,
}

/// One word, in lower case.
impl fmt::Display for EdgeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            EdgeKind::Order => "order",
            EdgeKind::Notify => "notify",
            EdgeKind::Data => "data",
            EdgeKind::Host => "host",
            EdgeKind::Footprint => "footprint",
        })
    }
}
