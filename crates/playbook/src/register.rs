use diag::Span;
use value::{Text, Value};

/// What a task keeps of its result, and under which names.
#[derive(Clone, Debug)]
pub enum Register {
    /// All of it, in one variable.
    Whole(Text),
    /// An expression for each variable; they see the result as `_task`, and each other.
    Projections(Vec<Projection>),
}

/// One variable that an expression over the result gives.
#[derive(Clone, Debug)]
pub struct Projection {
    /// The variable.
    pub name: Text,
    /// A template of the expression.
    pub template: Value,
    /// Where the expression is written.
    pub span: Span,
}

impl Register {
    /// The variables that it sets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (whole, projections) = match self {
            Register::Whole(name) => (Some(name.as_str()), &[][..]),
            Register::Projections(projections) => (None, projections.as_slice()),
        };
        whole.into_iter().chain(projections.iter().map(|projection| projection.name.as_str()))
    }
}
