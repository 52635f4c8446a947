use diag::Span;
use value::Text;
use yaml::Node;

/// The arguments of an action as written. Inline arguments win over those under `args:`.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// Arguments with a name, in the order written, each name once.
    pub named: Vec<Argument>,
    /// Free-form text, such as the command of `command`; what modules get as `_raw_params`.
    pub free_form: Option<Node>,
    /// A template that gives a mapping of further arguments, as in `copy: "{{ options }}"` or `args: "{{ options }}"`;
    /// arguments with a name win over it.
    pub splat: Option<Node>,
    /// Where they are written.
    pub span: Span,
}

/// An argument with a name.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its name.
    pub name: Text,
    /// Where its name is written.
    pub span: Span,
    /// Its value, templates in it not yet rendered.
    pub value: Node,
}

impl Arguments {
    /// No arguments.
    pub fn none(span: &Span) -> Arguments {
        Arguments { named: Vec::new(), free_form: None, splat: None, span: span.clone() }
    }

    /// The value of the argument of that name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.named.iter().find(|argument| &*argument.name == name).map(|argument| &argument.value)
    }
}
