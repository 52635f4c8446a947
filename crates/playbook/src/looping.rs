use diag::Span;
use value::Text;
use yaml::Node;

/// `loop` or `with_…`: what a task is repeated over.
#[derive(Clone, Debug)]
pub struct Loop {
    /// How the items come about.
    pub kind: LoopKind,
    /// The list, or the terms of the lookup; may be a template.
    pub expression: Node,
    /// How the repetition is shown and controlled.
    pub control: LoopControl,
    /// Where the keyword is written.
    pub span: Span,
}

/// How the items of a loop come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoopKind {
    /// `loop`: the expression is the list.
    Loop,
    /// `with_NAME`: the lookup of that name gives the list.
    With(String),
}

/// `loop_control`; values are as written.
#[derive(Clone, Debug, Default)]
pub struct LoopControl {
    /// The variable that holds the item; `item` if not written.
    pub loop_var: Option<Node>,
    /// The variable that holds the index.
    pub index_var: Option<Text>,
    /// What is shown instead of the item.
    pub label: Option<Node>,
    /// Seconds between items.
    pub pause: Option<Node>,
    /// Whether there is `ansible_loop`.
    pub extended: Option<Node>,
    /// Whether `ansible_loop` has `allitems`; true if not written.
    pub extended_allitems: Option<Node>,
    /// Conditions that end the loop after an item.
    pub break_when: Vec<Node>,
}
