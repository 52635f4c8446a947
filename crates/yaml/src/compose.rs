use std::collections::HashMap;
use std::sync::Arc;

use diag::{Error, Result, Source, Span, did_you_mean};
use value::Value;

use crate::document::Document;
use crate::explain::explain;
use crate::libyaml::{Event, EventKind, Parser, Properties};
use crate::node::{Entry, Node, NodeKind};
use crate::resolve::resolve;
use crate::scalar::construct;
use crate::tag::{Tag, shorten};

/// How deep lists and mappings may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// The error of a list or mapping that is nested more deeply than that.
pub(crate) fn nested_too_deeply(place: &Span) -> Error {
    Error::new(format!("lists and mappings are nested more than {MAX_DEPTH} deep")).at(place)
}

/// How many nodes aliases may copy in all: far more than anybody writes, far fewer than a bomb makes.
const MAX_COPIES: usize = 500_000;

/// Builds trees from libyaml's events.
pub(crate) struct Composer<'a> {
    source: &'a Arc<Source>,
    parser: Parser<'a>,
    /// Bytes before the text that libyaml sees: a byte order mark.
    offset: usize,
    /// The start of the next document, when its first event was read already.
    pending: Option<usize>,
    ended: bool,
    anchors: HashMap<String, Anchor>,
    copies: usize,
    warnings: Vec<Error>,
}

struct Anchor {
    place: Span,
    /// Nothing while the node is still being read.
    node: Option<(Node, usize)>,
}

/// What holds for everything below a node.
#[derive(Clone, Copy)]
struct Context {
    depth: usize,
    trusted: bool,
}

impl Context {
    fn deeper(self) -> Context {
        Context { depth: self.depth + 1, ..self }
    }
}

impl<'a> Composer<'a> {
    /// A composer at the start of the text.
    pub(crate) fn new(source: &'a Arc<Source>) -> Result<Composer<'a>> {
        let text = source.text();
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let offset = text.len() - body.len();
        let parser = Parser::new(body).map_err(|problem| explain(source, offset, problem))?;
        Ok(Composer {
            source,
            parser,
            offset,
            pending: None,
            ended: false,
            anchors: HashMap::new(),
            copies: 0,
            warnings: Vec::new(),
        })
    }

    /// The next document.
    pub(crate) fn next(&mut self) -> Result<Option<Document>> {
        if self.next_start()?.is_none() {
            return Ok(None);
        }
        self.pending = None;
        self.anchors.clear();
        let event = self.event()?;
        let empty = matches!(&event.kind, EventKind::Scalar { properties, text, plain: true, .. }
            if text.is_empty() && properties.tag.is_none());
        let root = self.node(event, Context { depth: 0, trusted: true })?.0;
        self.event()?;
        let root = if empty { None } else { Some(root) };
        Ok(Some(Document { root, warnings: std::mem::take(&mut self.warnings) }))
    }

    /// Where the next document starts, if there is one.
    pub(crate) fn next_start(&mut self) -> Result<Option<usize>> {
        while self.pending.is_none() && !self.ended {
            let event = self.event()?;
            match event.kind {
                EventKind::DocumentStart => self.pending = Some(event.start + self.offset),
                EventKind::StreamEnd => self.ended = true,
                _ => {}
            }
        }
        Ok(self.pending)
    }

    fn event(&mut self) -> Result<Event> {
        self.parser.next().map_err(|problem| explain(self.source, self.offset, problem))
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start + self.offset, end + self.offset)
    }

    /// The node that starts with this event, and of how many nodes it is made.
    fn node(&mut self, event: Event, context: Context) -> Result<(Node, usize)> {
        let place = self.span(event.start, event.end);
        if context.depth > MAX_DEPTH {
            return Err(nested_too_deeply(&place));
        }
        match event.kind {
            EventKind::Alias(name) => self.alias(&name, &place, context.trusted),
            EventKind::Scalar { properties, text, implicit, plain } => {
                let (tag, anchor, context) = self.open(properties, &place, context)?;
                let tag = match tag {
                    Some(Tag::Unsafe) if plain => resolve(&text),
                    Some(Tag::Unsafe) => Tag::Str,
                    Some(tag) => tag,
                    None if implicit => resolve(&text),
                    None => Tag::Str,
                };
                let span = if plain { place } else { self.trimmed(&place) };
                let value = construct(tag, text, &span, context.trusted)?;
                let node = Node { kind: NodeKind::Scalar(value), span };
                Ok(self.close(anchor, node, 1))
            }
            EventKind::SequenceStart { properties, flow } => {
                let (tag, anchor, context) = self.open(properties, &place, context)?;
                let (mut items, mut size) = (Vec::new(), 1);
                let end = loop {
                    let event = self.event()?;
                    if matches!(event.kind, EventKind::SequenceEnd) {
                        break event.end;
                    }
                    let (item, nodes) = self.node(event, context.deeper())?;
                    items.push(item);
                    size += nodes;
                };
                let last = items.last().map(|item| &item.span);
                let span = self.collection_span(&place, flow, end, last);
                let kind = match tag {
                    None | Some(Tag::Seq | Tag::Unsafe) => NodeKind::List(items),
                    Some(Tag::OrderedMap | Tag::Pairs) => NodeKind::List(pairs(items)?),
                    Some(_) => return Err(Error::new("this tag can't stand on a list").at(&place)),
                };
                Ok(self.close(anchor, Node { kind, span }, size))
            }
            EventKind::MappingStart { properties, flow } => {
                let (tag, anchor, context) = self.open(properties, &place, context)?;
                let mut mapping = Mapping::default();
                let mut size = 1;
                let mut last = None;
                let end = loop {
                    let event = self.event()?;
                    if matches!(event.kind, EventKind::MappingEnd) {
                        break event.end;
                    }
                    let (key, key_size) = self.key(event, context.deeper())?;
                    let event = self.event()?;
                    let (value, value_size) = self.node(event, context.deeper())?;
                    last = Some(if value.span.end() > key.span().end() {
                        value.span.clone()
                    } else {
                        key.span().clone()
                    });
                    size += key_size + value_size;
                    match key {
                        Key::Merge(place) => mapping.merge(value, &place)?,
                        Key::Plain(key) => mapping.push(key, value, &mut self.warnings),
                    }
                };
                let span = self.collection_span(&place, flow, end, last.as_ref());
                let entries = mapping.finish();
                let kind = match tag {
                    None | Some(Tag::Map | Tag::Unsafe) => NodeKind::Map(entries),
                    Some(Tag::Set) => NodeKind::List(entries.into_iter().map(|entry| entry.key).collect()),
                    Some(_) => return Err(Error::new("this tag can't stand on a mapping").at(&place)),
                };
                Ok(self.close(anchor, Node { kind, span }, size))
            }
            // libyaml's grammar does not let another event come here.
            _ => Err(Error::new("a value was expected here").at(&place)),
        }
    }

    /// The key that starts with this event. Its text is no template.
    fn key(&mut self, event: Event, context: Context) -> Result<(Key, usize)> {
        let place = self.span(event.start, event.end);
        match &event.kind {
            EventKind::Scalar { properties, text, implicit: true, .. } if properties.tag.is_none() => {
                match resolve(text) {
                    Tag::Merge => return Ok((Key::Merge(place), 1)),
                    Tag::DefaultValue => {
                        let key = construct(Tag::Str, text.clone(), &place, false)?;
                        return Ok((Key::Plain(Node { kind: NodeKind::Scalar(key), span: place }), 1));
                    }
                    _ => {}
                }
            }
            EventKind::SequenceStart { .. } | EventKind::MappingStart { .. } => {
                return Err(compound_key(&place));
            }
            _ => {}
        }
        let (key, size) = self.node(event, Context { trusted: false, ..context })?;
        match &key.kind {
            NodeKind::Scalar(_) => Ok((Key::Plain(key), size)),
            _ => Err(compound_key(&place)),
        }
    }

    fn alias(&mut self, name: &str, place: &Span, trusted: bool) -> Result<(Node, usize)> {
        let hint = "a value that starts with '*' must be put in quotes if it is no alias";
        let Some(anchor) = self.anchors.get(name) else {
            return Err(Error::new(format!("there is no anchor '&{name}' before this alias"))
                .at(place)
                .hint_some(did_you_mean(name, self.anchors.keys().map(String::as_str)))
                .hint(hint));
        };
        let Some((node, size)) = &anchor.node else {
            return Err(Error::new(format!("the anchor '&{name}' contains itself"))
                .at(place)
                .related(&anchor.place, "the anchor"));
        };
        self.copies += size;
        if self.copies > MAX_COPIES {
            return Err(Error::new("aliases copy too much").at(place).related(&anchor.place, "the anchor"));
        }
        let node = if trusted { node.clone() } else { untrusted(node) };
        Ok((node, *size))
    }

    /// Reads a node's tag, notes its anchor, and says what holds below it.
    fn open(
        &mut self,
        properties: Properties,
        place: &Span,
        context: Context,
    ) -> Result<(Option<Tag>, Option<String>, Context)> {
        let tag = match properties.tag.as_deref() {
            None | Some("!") => None,
            Some(name) => Some(Tag::parse(name).ok_or_else(|| {
                let short = shorten(name);
                let hint = did_you_mean(&short, Tag::names());
                Error::new(format!("unknown tag '{short}'"))
                    .at(place)
                    .hint_some(hint)
                    .hint("a value that starts with '!' must be put in quotes if it has no tag")
            })?),
        };
        if let Some(name) = &properties.anchor {
            let anchor = Anchor { place: place.clone(), node: None };
            if let Some(first) = self.anchors.insert(name.clone(), anchor) {
                return Err(Error::new(format!("the anchor '&{name}' is used twice"))
                    .at(place)
                    .related(&first.place, "first used here"));
            }
        }
        let trusted = context.trusted && tag != Some(Tag::Unsafe);
        Ok((tag, properties.anchor, Context { trusted, ..context }))
    }

    fn close(&mut self, anchor: Option<String>, node: Node, size: usize) -> (Node, usize) {
        if let Some(anchor) = anchor.and_then(|name| self.anchors.get_mut(&name)) {
            anchor.node = Some((node.clone(), size));
        }
        (node, size)
    }

    /// A flow collection ends with its bracket; a block one with what it holds, not with the next line's token.
    fn collection_span(&self, start: &Span, flow: bool, end: usize, last: Option<&Span>) -> Span {
        let end = match last {
            Some(last) if !flow && last.end() > start.start() => last.end(),
            _ => end + self.offset,
        };
        self.trimmed(&Span::new(self.source, start.start(), end))
    }

    /// Without the line breaks and blanks at its end.
    fn trimmed(&self, span: &Span) -> Span {
        let length = span.text().trim_end().len();
        if span.text().is_empty() { span.clone() } else { span.part(0, length) }
    }
}

enum Key {
    Merge(Span),
    Plain(Node),
}

impl Key {
    fn span(&self) -> &Span {
        match self {
            Key::Merge(span) => span,
            Key::Plain(node) => &node.span,
        }
    }
}

fn compound_key(place: &Span) -> Error {
    let (before, after) = place.source().text().split_at(place.start());
    if after.starts_with("{{") || after.starts_with('{') && before.ends_with('{') {
        return Error::new("a value can't start with '{{'")
            .at(place)
            .hint("a value that starts with a template must be put in quotes: \"{{ ... }}\"");
    }
    Error::new("a list or mapping can't be a key")
        .at(place)
        .advice("a key is one text or number, before a colon")
}

/// A mapping that is being read.
#[derive(Default)]
struct Mapping {
    merged: Vec<Entry>,
    own: Vec<Entry>,
    /// Where each key of `own` is.
    index: HashMap<Value, usize>,
}

impl Mapping {
    fn push(&mut self, key: Node, value: Node, warnings: &mut Vec<Error>) {
        let Some(name) = key.as_scalar().cloned() else { return };
        match self.index.get(&name) {
            Some(&at) => {
                let earlier = &mut self.own[at];
                warnings.push(
                    // Scripts look for these phrases.
                    Error::warning(format!("Found duplicate mapping key {}.", name.repr()))
                        .at(&key.span)
                        .related(&earlier.key.span, "first written here")
                        .hint("Using last defined value only."),
                );
                supersede(earlier, Entry { key, value });
            }
            None => {
                self.index.insert(name, self.own.len());
                self.own.push(Entry { key, value });
            }
        }
    }

    /// Takes over the entries of a mapping, or of a list of mappings where the first counts most.
    fn merge(&mut self, value: Node, place: &Span) -> Result<()> {
        let wrong = |node: &Node| {
            Err(Error::new(format!("'<<' takes a mapping or a list of mappings, not {}", node.description()))
                .at(&node.span)
                .advice("merge what an anchor names: '<<: *name'")
                .related(place, "merged here"))
        };
        match value.kind {
            NodeKind::Map(entries) => self.merged.extend(entries),
            NodeKind::List(items) => {
                for item in items.into_iter().rev() {
                    match item.kind {
                        NodeKind::Map(entries) => self.merged.extend(entries),
                        _ => return wrong(&item),
                    }
                }
            }
            NodeKind::Scalar(_) => return wrong(&value),
        }
        Ok(())
    }

    /// Merged entries first, each key where it first came and with what came last: the order that Python's dict has.
    fn finish(self) -> Vec<Entry> {
        if self.merged.is_empty() {
            return self.own;
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(self.merged.len() + self.own.len());
        let mut index: HashMap<Value, usize> = HashMap::new();
        for entry in self.merged.into_iter().chain(self.own) {
            let Some(name) = entry.key.as_scalar().cloned() else { continue };
            match index.get(&name) {
                Some(&at) => supersede(&mut entries[at], entry),
                None => {
                    index.insert(name, entries.len());
                    entries.push(entry);
                }
            }
        }
        entries
    }
}

/// Puts a later entry in the place of an equal one. Of keys that are equal but not the same (1 and true), Python keeps
/// the first.
fn supersede(earlier: &mut Entry, later: Entry) {
    if later.key.as_str().is_some() {
        earlier.key = later.key;
    }
    earlier.value = later.value;
}

/// The items of `!!omap` and `!!pairs`, each a mapping of one entry, as pairs.
fn pairs(items: Vec<Node>) -> Result<Vec<Node>> {
    items
        .into_iter()
        .map(|item| match item.kind {
            NodeKind::Map(mut entries) if entries.len() == 1 => {
                let pair = entries.pop().map(|entry| vec![entry.key, entry.value]).unwrap_or_default();
                Ok(Node { kind: NodeKind::List(pair), span: item.span })
            }
            _ => Err(Error::new("each item under this tag must be a mapping of one key").at(&item.span)),
        })
        .collect()
}

/// The same with every string as data.
fn untrusted(node: &Node) -> Node {
    let kind = match &node.kind {
        NodeKind::Scalar(Value::String(text)) => NodeKind::Scalar(Value::String(text.clone().untrusted())),
        NodeKind::Scalar(value) => NodeKind::Scalar(value.clone()),
        NodeKind::List(items) => NodeKind::List(items.iter().map(untrusted).collect()),
        NodeKind::Map(entries) => NodeKind::Map(
            entries
                .iter()
                .map(|entry| Entry { key: untrusted(&entry.key), value: untrusted(&entry.value) })
                .collect(),
        ),
    };
    Node { kind, span: node.span.clone() }
}
