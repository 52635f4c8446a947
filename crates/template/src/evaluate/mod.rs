//! Runs a template's tree.

mod access;
mod aliases;
mod budget;
mod calls;
mod context;
mod expressions;
mod formatting;
mod frames;
mod loop_object;
mod macro_object;
mod methods;
mod mutation;
mod namespace;
mod operators;
mod pieces;
mod printf;
mod range;
mod slots;
mod statements;
mod time_delta;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use diag::{Error, Source, Span};
use value::{Text, Value};

pub(crate) use access::{attribute, item, path_parts, take_path};
pub(crate) use budget::STEP_LIMIT;
pub(crate) use context::{Context, with_trailing_newlines};
pub(crate) use formatting::{fixed, format};
pub(crate) use frames::Frame;
pub(crate) use loop_object::Cycler;
pub(crate) use loop_object::Joiner;
pub(crate) use macro_object::{Function, Macro, Module, is_callable};
pub(crate) use methods::strings::{capitalized, lines, replaced, splits};
pub(crate) use mutation::pairs;
pub(crate) use namespace::Namespace;
pub(crate) use operators::{add, compare, contains, equal, order, power, sort_by, truth};
pub(crate) use pieces::Pieces;
pub(crate) use printf::printf;
pub(crate) use range::{RANGE_LIMIT, Range, listed};
pub(crate) use time_delta::TimeDelta;

use crate::outcome::Outcome;
use crate::place::locate;
use crate::syntax::{Block, Name, Place, Unit};

/// The most text that one template may make.
pub(crate) const OUTPUT_LIMIT: usize = 256 << 20;

/// A template and where its text stands, so that places in it can be told.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) unit: Arc<Unit>,
    pub(crate) written: Written,
}

/// Where a template's text stands.
#[derive(Clone, Debug)]
pub(crate) enum Written {
    /// In a scalar of a YAML file, or nowhere that is known.
    Scalar(Option<Span>),
    /// From this byte of a file of its own.
    File(Arc<Source>, usize),
}

impl Origin {
    /// The place in the file that a place in the template is.
    pub(crate) fn span(&self, place: Place) -> Option<Span> {
        match &self.written {
            Written::Scalar(scalar) => scalar.as_ref().map(|scalar| locate(scalar, &self.unit.text, place)),
            Written::File(source, start) => Some(Span::new(source, start + place.start, start + place.end)),
        }
    }

    /// The directory of the template's file, in which it looks for other templates first.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        match &self.written {
            Written::File(source, _) => source.name().parent().map(PathBuf::from),
            Written::Scalar(_) => None,
        }
    }
}

/// The state of one template that is being run.
pub(crate) struct Evaluator<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) origin: Origin,
    frames: Vec<Frame>,
    /// What each `{% block %}` means, the most derived template's first.
    blocks: HashMap<Name, Vec<(Arc<Block>, Origin)>>,
    /// Texts that filter chains are being applied to.
    captured: Vec<Value>,
    /// How many macros, blocks and templates are being run inside each other.
    depth: usize,
    /// The template that this one extends, once it has said so.
    parent: Option<Origin>,
    /// Whether templates in string constants are rendered, as they are in conditions and lookups' terms.
    pub(crate) embedded_templates: bool,
}

impl<'a> Evaluator<'a> {
    /// Ready to run a template.
    pub(crate) fn new(context: &'a Context<'a>, origin: Origin) -> Evaluator<'a> {
        Evaluator {
            context,
            origin,
            frames: vec![Frame::default()],
            blocks: HashMap::new(),
            captured: Vec::new(),
            depth: 0,
            parent: None,
            embedded_templates: false,
        }
    }

    /// Runs the template; what it puts out, joined natively.
    pub(crate) fn run(&mut self) -> Outcome {
        let pieces = self.run_pieces()?;
        self.joined(pieces)
    }

    /// The value with what is lazy at its top done: a template rendered, a vault opened. Items are left as they are.
    pub(crate) fn force(&mut self, value: &Value) -> Outcome {
        self.context.force(value)
    }

    /// The value with everything in it rendered; undefined is an error, unknown stays where it is.
    pub(crate) fn resolve(&mut self, value: &Value) -> Outcome {
        self.context.resolve(value)
    }

    /// As [`Evaluator::resolve`], but tuples stay tuples: how an expression goes on with the value.
    pub(crate) fn rendered(&mut self, value: &Value) -> Outcome {
        self.context.rendered(value)
    }

    /// The place of something in the template that runs.
    pub(crate) fn span(&self, place: Place) -> Option<Span> {
        self.origin.span(place)
    }
}

/// Whether any string in the value is secret.
pub(crate) fn is_secret(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_secret(),
        Value::Vaulted(_) => true,
        Value::List(items) | Value::Tuple(items) => items.iter().any(is_secret),
        Value::Map(map) => map.iter().any(|(key, value)| is_secret(key) || is_secret(value)),
        _ => false,
    }
}

/// The value with every string in it marked as secret, if asked.
pub(crate) fn mark_secret(value: Value, secret: bool) -> Value {
    if secret { value.map_text(&mut |text: &Text| text.clone().secret()) } else { value }
}

/// So many characters of a secret in a row give it away.
const TELLING: usize = 4;

/// An error about values of which some may be secret: one that would tell a piece of a secret says nothing but that.
pub(crate) fn masked<'a>(error: Error, values: impl IntoIterator<Item = &'a Value>) -> Error {
    let shown = format!("{} {}", error.summary(), error.hints().join(" "));
    let mut tells = false;
    for value in values {
        value.map_text(&mut |text: &Text| {
            tells |= text.is_secret() && is_told(text, &shown);
            text.clone()
        });
    }
    if !tells {
        return error;
    }
    Error::new("it failed, and the reason is not shown because it would tell a secret").at_some(error.span())
}

/// Whether a piece of the secret stands in the text.
fn is_told(secret: &str, text: &str) -> bool {
    let characters: Vec<char> = secret.chars().collect();
    let length = characters.len().min(TELLING);
    length > 0 && characters.windows(length).any(|piece| text.contains(&piece.iter().collect::<String>()))
}
