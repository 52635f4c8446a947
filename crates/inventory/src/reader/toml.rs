use diag::{Error, Errors, Source, Span};
use toml_edit::{Item, TableLike, Value as TomlValue};
use value::Value;
use yaml::{Entry, Node, NodeKind};

use crate::candidate::Candidate;
use crate::input::Input;
use crate::inventory::Inventory;
use crate::reader::Plugin;

/// A TOML file.
pub(crate) const PLUGIN: Plugin =
    Plugin { name: "toml", accepts: |candidate, _| candidate.extension() == ".toml", read };

/// Reads a TOML inventory: a table for each group, in it the tables `hosts` and `vars` and the list `children`.
///
/// # Errors
///
/// The text is not TOML; or all places that can't be read.
fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let input = candidate.input()?;
    let document = toml_edit::Document::parse(input.text()).map_err(|error| {
        let place = error.span().map(|span| input.span(span.start, span.end));
        input.conceal_errors(Error::new(error.message().trim()).at_some(place.as_ref()).into())
    })?;
    let reader = Reader { input };
    let root = reader.table(document.as_table(), &input.span(0, 0), 0);
    super::yaml::read_root(&root, input, &mut inventory.registry)
}

struct Reader<'a> {
    input: &'a Input,
}

impl Reader<'_> {
    fn span(&self, range: Option<std::ops::Range<usize>>, parent: &Span) -> Span {
        range.map_or_else(|| parent.clone(), |range| self.input.span(range.start, range.end))
    }

    /// A table of this depth; groups are the tables of depth 1.
    fn table(&self, table: &dyn TableLike, span: &Span, depth: usize) -> Node {
        let entries = table.iter().map(|(name, item)| {
            let key_range = table.get_key_value(name).and_then(|(key, _)| key.span());
            let place = self.span(key_range, span);
            let mut value = self.item(item, &place, depth + 1);
            if depth == 1 && name == "children" {
                value = members(value);
            }
            Entry { key: self.string(name, &place), value }
        });
        Node { kind: NodeKind::Map(entries.collect()), span: span.clone() }
    }

    fn item(&self, item: &Item, place: &Span, depth: usize) -> Node {
        let span = self.span(item.span(), place);
        if let Some(table) = item.as_table_like() {
            return self.table(table, &span, depth);
        }
        match item {
            Item::Value(value) => self.value(value, &span, depth),
            Item::ArrayOfTables(tables) => {
                let items =
                    tables.iter().map(|table| self.table(table, &self.span(table.span(), &span), depth + 1));
                Node { kind: NodeKind::List(items.collect()), span }
            }
            _ => Node { kind: NodeKind::Scalar(Value::Null), span },
        }
    }

    fn value(&self, value: &TomlValue, place: &Span, depth: usize) -> Node {
        let span = self.span(value.span(), place);
        let scalar = match value {
            TomlValue::String(text) => return self.string(text.value(), &span),
            TomlValue::Integer(number) => Value::Int(*number.value()),
            TomlValue::Float(number) => Value::Float(*number.value()),
            TomlValue::Boolean(bool) => Value::Bool(*bool.value()),
            TomlValue::Datetime(time) if time.value().date.is_none() => {
                return self.string(&time.value().to_string(), &span);
            }
            TomlValue::Datetime(time) => date(&time.value().to_string()),
            TomlValue::Array(items) => {
                let items = items.iter().map(|item| self.value(item, &span, depth + 1)).collect();
                return Node { kind: NodeKind::List(items), span };
            }
            TomlValue::InlineTable(table) => return self.table(table, &span, depth + 1),
        };
        Node { kind: NodeKind::Scalar(scalar), span }
    }

    fn string(&self, text: &str, place: &Span) -> Node {
        Node { kind: NodeKind::Scalar(Value::String(self.input.string(text, place))), span: place.clone() }
    }
}

/// A list of names as the mapping that a YAML inventory would have.
fn members(node: Node) -> Node {
    let NodeKind::List(items) = node.kind else { return node };
    let nothing = |span: &Span| Node { kind: NodeKind::Scalar(Value::Null), span: span.clone() };
    let entries = items.into_iter().map(|key| Entry { value: nothing(&key.span), key });
    Node { kind: NodeKind::Map(entries.collect()), span: node.span }
}

/// A date as YAML reads it, which writes dates as TOML does.
fn date(text: &str) -> Value {
    let read = yaml::parse(&Source::new("", text)).ok().and_then(|document| document.root);
    read.map_or_else(|| Value::from(text), |root| root.to_value())
}
