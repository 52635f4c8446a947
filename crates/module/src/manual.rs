use crate::{Arguments, Schema};

/// What the documentation tells of a module or action.
#[derive(Clone, Debug)]
pub struct Manual {
    /// The name by which playbooks call it.
    pub name: &'static str,
    /// What it does; the first sentence is the summary.
    pub description: String,
    /// Tasks that use it, as YAML.
    pub examples: &'static str,
    /// Its arguments' shape.
    pub schema: Schema,
}

impl Manual {
    /// The manual of these arguments.
    pub fn of<A: Arguments>() -> Manual {
        let schema = Schema::of::<A>();
        Manual { name: A::NAME, description: schema.description().to_owned(), examples: A::EXAMPLES, schema }
    }

    /// Its arguments, in the order of the struct.
    pub fn arguments(&self) -> Vec<Argument> {
        self.schema.arguments()
    }
}

/// What the documentation tells of an argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Further names.
    pub aliases: Vec<String>,
    /// What it means.
    pub description: String,
    /// What it may be, in words: `text`, `a list of text`, `yes or no`.
    pub kind: String,
    /// The words that it may be, if there are only some.
    pub choices: Vec<String>,
    /// What it is if it is left out, as JSON.
    pub default: Option<String>,
    /// Whether it must be given.
    pub required: bool,
}
