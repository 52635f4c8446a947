use std::collections::HashMap;
use std::sync::Arc;

use value::Value;

use crate::filters::Filter;
use crate::jinja_tests::JinjaTest;

/// A name in a template.
pub(crate) type Name = Arc<str>;

/// A range of bytes in a template's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Place {
    /// The range from where this one starts to where the other ends.
    pub(crate) fn to(self, other: Place) -> Place {
        Place { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// What a text with delimiters in it is called.
pub(crate) const TEMPLATE: &str = "template";

/// The methods that change their list or dict.
pub(crate) const CHANGING_METHODS: &[&str] = &[
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "update",
];

/// What is called what stands without braces.
pub(crate) const EXPRESSION: &str = "expression";

/// A template that was parsed.
#[derive(Debug)]
pub(crate) struct Unit {
    /// The text that places count in.
    pub(crate) text: Arc<str>,
    pub(crate) body: Body,
    /// The `{% block %}`s, by name.
    pub(crate) blocks: HashMap<Name, Arc<Block>>,
    /// What it is called: `template`, or `expression` where it stands without braces.
    pub(crate) kind: &'static str,
    /// Whether it may change lists or dicts in place, so that it matters which names stand for the same one.
    pub(crate) changes_in_place: bool,
}

impl Unit {
    /// A template with this text.
    pub(crate) fn new(
        text: &Arc<str>,
        body: Body,
        blocks: HashMap<Name, Arc<Block>>,
        kind: &'static str,
    ) -> Unit {
        let changes_in_place = CHANGING_METHODS
            .iter()
            .any(|method| text.match_indices(method).any(|(at, _)| text[..at].trim_end().ends_with('.')));
        Unit { text: Arc::clone(text), body, blocks, kind, changes_in_place }
    }
}

pub(crate) type Body = Vec<Statement>;

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) kind: StatementKind,
    pub(crate) place: Place,
}

#[derive(Debug)]
pub(crate) enum StatementKind {
    Text(Arc<str>),
    Output(Expression),
    For(Arc<For>),
    If { test: Expression, then: Body, otherwise: Body },
    With { assignments: Vec<(Target, Expression)>, body: Body },
    Set { target: Target, value: Expression },
    SetBlock { target: Target, filter: Option<Expression>, body: Body },
    FilterBlock { filter: Expression, body: Body },
    Block(Arc<Block>),
    Import { template: Expression, name: Target },
    FromImport { template: Expression, names: Vec<(Name, Name)> },
    Extends(Expression),
    Include { template: Expression, ignore_missing: bool },
    Macro(Arc<Macro>),
    CallBlock { call: Expression, body: Arc<Macro> },
    Group(Body),
    Do(Expression),
    Continue,
    Break,
}

#[derive(Debug)]
pub(crate) struct For {
    pub(crate) target: Target,
    pub(crate) items: Expression,
    pub(crate) filter: Option<Expression>,
    pub(crate) recursive: bool,
    pub(crate) body: Body,
    pub(crate) otherwise: Body,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: Name,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) name: Name,
    /// Each with its default, if it has one.
    pub(crate) parameters: Vec<(Name, Option<Expression>)>,
    pub(crate) body: Body,
    /// Whether the body asks for `varargs`, `kwargs`, `caller`: only then may a call give what they hold.
    pub(crate) takes_rest: bool,
    pub(crate) takes_named_rest: bool,
}

/// What can be assigned to.
#[derive(Debug)]
pub(crate) enum Target {
    Name(Name),
    Attribute(Expression, Name),
    Tuple(Vec<Target>, Place),
}

#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) kind: ExpressionKind,
    pub(crate) place: Place,
}

#[derive(Debug)]
pub(crate) enum ExpressionKind {
    Variable(Name),
    Constant(Value),
    /// The text of the block that a filter chain is applied to.
    Captured,
    List(Vec<Expression>),
    Tuple(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    Attribute(Box<Expression>, Name),
    Item(Box<Expression>, Box<Expression>),
    Slice(Box<Slice>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Compare(Box<Expression>, Vec<(Comparison, Expression)>),
    If {
        test: Box<Expression>,
        then: Box<Expression>,
        otherwise: Option<Box<Expression>>,
    },
    Filter(Box<Applied<Filter>>),
    Test(Box<Applied<JinjaTest>>),
    Call {
        callee: Box<Expression>,
        arguments: Vec<Argument>,
    },
}

#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) value: Expression,
    pub(crate) start: Option<Expression>,
    pub(crate) stop: Option<Expression>,
    pub(crate) step: Option<Expression>,
}

/// A filter or test applied to a value.
#[derive(Debug)]
pub(crate) struct Applied<T: 'static> {
    pub(crate) name: Name,
    /// `None` where there is none of this name; an error only if it is reached.
    pub(crate) found: Option<&'static T>,
    pub(crate) value: Expression,
    pub(crate) arguments: Vec<Argument>,
}

#[derive(Debug)]
pub(crate) enum Argument {
    Positional(Expression),
    Named(Name, Expression),
    Spread(Expression),
    SpreadNamed(Expression),
}

impl Argument {
    /// The expression that gives it.
    pub(crate) fn expression(&self) -> &Expression {
        match self {
            Argument::Positional(expression)
            | Argument::Named(_, expression)
            | Argument::Spread(expression)
            | Argument::SpreadNamed(expression) => expression,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    Concatenate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}
