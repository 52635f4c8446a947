use std::collections::HashMap;
use std::sync::Arc;

use diag::{Error, Errors, Span};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use playbook::{ActionKind, Item, Loader, Meta, Play, Playbook, Task};
use template::Templates;
use value::Value;
use yaml::Node as Written;

use crate::footprint::{Access, Touch, touches};
use crate::handlers::Handlers;
use crate::uses::{FACTS, sets, source_of, uses};
use crate::{Edge, EdgeKind, Node, NodeKind};

/// What happens in a run, and why each thing waits for others.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Nodes in the order in which one host would meet them; edges lead from what comes first to what waits for it.
    pub(crate) inner: DiGraph<Node, Edge>,
    /// What may not be meant.
    pub warnings: Errors,
}

impl Graph {
    /// The graph of a playbook.
    ///
    /// # Errors
    /// All notifications of handlers that do not exist.
    pub fn of(playbook: &Playbook, loader: &Loader, templates: &Templates) -> Result<Graph, Errors> {
        let mut builder = Builder {
            loader,
            templates,
            inner: DiGraph::new(),
            errors: Errors::new(),
            set_by: HashMap::new(),
            touched: HashMap::new(),
        };
        let mut ends = Vec::new();
        for (number, play) in playbook.plays.iter().enumerate() {
            ends = builder.play(number, play, ends);
        }
        if builder.errors.any() {
            return Err(builder.errors);
        }
        Ok(Graph { inner: builder.inner, warnings: builder.errors })
    }

    /// The nodes, in the order in which one host would meet them.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.inner.node_weights()
    }

    /// The edges: the positions of what comes first and of what waits for it, and the reason.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize, &Edge)> {
        self.inner.raw_edges().iter().map(|edge| (edge.source().index(), edge.target().index(), &edge.weight))
    }

    /// The edges that lead to a node, in order of their kinds.
    pub(crate) fn reasons(&self, node: usize) -> Vec<(usize, &Edge)> {
        let incoming = self.inner.edges_directed(NodeIndex::new(node), Direction::Incoming);
        let mut reasons: Vec<(usize, &Edge)> =
            incoming.map(|edge| (edge.source().index(), edge.weight())).collect();
        reasons.sort_by(|(from, edge), (other, than)| {
            (edge.kind, from, &edge.reason).cmp(&(than.kind, other, &than.reason))
        });
        reasons
    }

    /// The short name of each node.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut number = 0;
        self.nodes()
            .map(|node| {
                number += usize::from(node.kind != NodeKind::Play);
                node.key(number)
            })
            .collect()
    }
}

/// The name of a play, or its hosts.
fn name_of(play: &Play) -> String {
    match &play.name {
        Some(name) => name.as_str().to_owned(),
        None => play.hosts.iter().filter_map(Written::as_str).collect::<Vec<&str>>().join(","),
    }
}

/// What the next thing in order waits for, and why.
type Ends = Vec<(NodeIndex, String)>;

struct Builder<'a> {
    loader: &'a Loader,
    templates: &'a Templates,
    inner: DiGraph<Node, Edge>,
    errors: Errors,
    /// What sets a variable, as far as a later task may see its value.
    set_by: HashMap<String, Vec<Setter>>,
    /// What touched a thing last: who may have changed it, and who looked since.
    touched: HashMap<String, Touched>,
}

struct Setter {
    node: NodeIndex,
    how: &'static str,
}

#[derive(Default)]
struct Touched {
    writer: Option<NodeIndex>,
    readers: Vec<NodeIndex>,
}

/// A handler that is due.
struct Notified {
    by: NodeIndex,
    handler: usize,
    reason: String,
    span: Span,
}

/// One play while it is walked.
struct Walk<'a> {
    number: usize,
    play: &'a Play,
    handlers: Handlers<'a>,
    /// What was notified since handlers ran last.
    notified: Vec<Notified>,
    within: Vec<String>,
    /// How many levels around run only if something failed.
    failing: usize,
}

impl<'a> Builder<'a> {
    fn play(&mut self, number: usize, play: &'a Play, ends: Ends) -> Ends {
        let mut walk = Walk {
            number,
            play,
            handlers: Handlers::of(play, self.loader),
            notified: Vec::new(),
            within: Vec::new(),
            failing: 0,
        };
        let start = self.inner.add_node(Node {
            kind: NodeKind::Play,
            title: name_of(play),
            play: number,
            within: Vec::new(),
            task: None,
            span: play.span.clone(),
        });
        for (end, _) in ends {
            self.edge(end, start, EdgeKind::Order, "plays run one after the other", &play.span);
        }
        let mut ends = vec![(start, "starts the play".to_owned())];
        let no_facts = play.gather_facts.as_ref().is_some_and(|facts| is_no(&facts.to_value()));
        if !no_facts {
            let span = play.gather_facts.as_ref().map_or(&play.span, |facts| &facts.span);
            let facts = self.node(&walk, NodeKind::Facts, "Gathering Facts".to_owned(), None, span);
            self.follow(&ends, facts, span);
            self.set_by.entry(FACTS.to_owned()).or_default().push(Setter { node: facts, how: "gathered" });
            ends = vec![(facts, BELOW.to_owned())];
        }
        let sections: [&[(&str, &[Item])]; 3] = [
            &[("pre_tasks", &play.pre_tasks)],
            &[("roles", &play.role_blocks), ("tasks", &play.tasks)],
            &[("post_tasks", &play.post_tasks)],
        ];
        for section in sections {
            for (name, items) in section {
                walk.within = vec![(*name).to_owned()];
                ends = self.sequence(&mut walk, items, ends);
            }
            walk.within.clear();
            if !walk.notified.is_empty() {
                let flush = self.node(&walk, NodeKind::Flush, "flush handlers".to_owned(), None, &play.span);
                self.follow(&ends, flush, &play.span);
                ends = self.flush(&mut walk, flush);
            }
        }
        ends
    }

    fn sequence(&mut self, walk: &mut Walk<'a>, items: &[Item], mut ends: Ends) -> Ends {
        for item in items {
            ends = match item {
                Item::Task(task) if task.implicit => ends,
                Item::Task(task) => self.task(walk, task, ends),
                Item::Block(block) => {
                    let label = match (&block.role, &block.name) {
                        (Some(role), _) => Some(format!("role {}", role.full_name())),
                        (None, Some(name)) => Some(format!("block '{}'", name.as_str())),
                        (None, None) => None,
                    };
                    let depth = walk.within.len();
                    walk.within.extend(label);
                    let mut inner = self.sequence(walk, &block.block, ends.clone());
                    if !block.rescue.is_empty() {
                        walk.within.push("rescue".to_owned());
                        walk.failing += 1;
                        let start =
                            inner.iter().map(|(node, _)| (*node, "runs if the block fails".to_owned()));
                        inner.extend(self.sequence(walk, &block.rescue, start.collect()));
                        walk.failing -= 1;
                        walk.within.pop();
                    }
                    if !block.always.is_empty() {
                        walk.within.push("always".to_owned());
                        let start = inner
                            .iter()
                            .map(|(node, _)| (*node, "runs in the end, failure or not".to_owned()));
                        inner = self.sequence(walk, &block.always, start.collect());
                        walk.within.pop();
                    }
                    walk.within.truncate(depth);
                    inner.into_iter().map(|(node, _)| (node, BELOW.to_owned())).collect()
                }
            };
        }
        ends
    }

    fn task(&mut self, walk: &mut Walk<'a>, task: &Arc<Task>, ends: Ends) -> Ends {
        let flushes = matches!(task.action.kind, ActionKind::Meta(Meta::FlushHandlers));
        let kind = if flushes { NodeKind::Flush } else { NodeKind::Task };
        let node = self.node(walk, kind, task.title(task.plain_name()), Some(task), &task.span);
        self.follow(&ends, node, &task.span);
        self.wait_for_hosts(node, task, &ends);
        self.use_and_set(walk, node, task);
        self.touch(node, task);
        self.notify(walk, node, task);
        if flushes { self.flush(walk, node) } else { vec![(node, BELOW.to_owned())] }
    }

    fn node(
        &mut self,
        walk: &Walk<'_>,
        kind: NodeKind,
        title: String,
        task: Option<&Arc<Task>>,
        span: &Span,
    ) -> NodeIndex {
        self.inner.add_node(Node {
            kind,
            title,
            play: walk.number,
            within: walk.within.clone(),
            task: task.cloned(),
            span: span.clone(),
        })
    }

    fn edge(
        &mut self,
        from: NodeIndex,
        to: NodeIndex,
        kind: EdgeKind,
        reason: impl Into<String>,
        span: &Span,
    ) {
        let reason = reason.into();
        let known = self
            .inner
            .edges_connecting(from, to)
            .any(|edge| edge.weight().kind == kind && edge.weight().reason == reason);
        if !known {
            self.inner.add_edge(from, to, Edge { kind, reason, span: span.clone() });
        }
    }

    fn follow(&mut self, ends: &Ends, node: NodeIndex, span: &Span) {
        for (end, reason) in ends {
            self.edge(*end, node, EdgeKind::Order, reason.as_str(), span);
        }
    }

    /// What makes a task need the other hosts of its batch to have come so far.
    fn wait_for_hosts(&mut self, node: NodeIndex, task: &Task, ends: &Ends) {
        let mut reasons: Vec<(String, Span)> = Vec::new();
        let keywords = &task.keywords;
        if let Some(delegate) = &keywords.delegate_to {
            let host = delegate.as_str().unwrap_or_default();
            reasons.push((
                format!("is carried out by '{host}', which other hosts may see"),
                delegate.span.clone(),
            ));
        }
        if let Some(run_once) = keywords.run_once.as_ref().filter(|once| !is_no(&once.to_value())) {
            reasons.push(("runs once for all hosts".to_owned(), run_once.span.clone()));
        }
        let hostvars = self.uses_of(task, "hostvars");
        reasons.extend(hostvars.map(|span| ("uses variables of other hosts".to_owned(), span)));
        for (reason, span) in reasons {
            for (end, _) in ends {
                if self.inner[*end].kind != NodeKind::Play {
                    self.edge(*end, node, EdgeKind::Host, reason.as_str(), &span);
                }
            }
        }
    }

    /// Where a task itself uses a variable.
    fn uses_of(&self, task: &Task, name: &str) -> Option<Span> {
        crate::uses::direct_uses(task, self.templates)
            .into_iter()
            .find(|(used, _)| used == name)
            .map(|(_, span)| span)
    }

    fn use_and_set(&mut self, walk: &Walk<'_>, node: NodeIndex, task: &Task) {
        for used in uses(task, walk.play, self.templates) {
            let Some(setters) = self.set_by.get(source_of(&used.name)) else { continue };
            let through = used.through.map(|through| format!(" through '{through}'")).unwrap_or_default();
            let edges: Vec<(NodeIndex, String)> = setters
                .iter()
                .map(|setter| {
                    (setter.node, format!("uses '{}'{through}, which is {} there", used.name, setter.how))
                })
                .collect();
            for (setter, reason) in edges {
                self.edge(setter, node, EdgeKind::Data, reason, &used.span);
            }
        }
        let certain = task.keywords.when.is_empty() && walk.failing == 0;
        for (name, how) in sets(task) {
            let setters = self.set_by.entry(name).or_default();
            if certain {
                setters.clear();
            }
            setters.push(Setter { node, how });
        }
    }

    fn touch(&mut self, node: NodeIndex, task: &Task) {
        for touch in touches(task) {
            for directory in touch.directories() {
                if let Some(writer) = self.touched.get(&directory).and_then(|touched| touched.writer) {
                    let reason = format!(
                        "works below {}, which is changed there",
                        directory.trim_start_matches("the file ")
                    );
                    self.edge(writer, node, EdgeKind::Footprint, reason, &task.span);
                }
            }
            self.touch_thing(node, task, touch);
        }
    }

    fn touch_thing(&mut self, node: NodeIndex, task: &Task, touch: Touch) {
        let touched = self.touched.entry(touch.thing.clone()).or_default();
        let writer = touched.writer.filter(|writer| *writer != node);
        let mut before: Vec<(NodeIndex, String)> = Vec::new();
        match touch.access {
            Access::Read => {
                before
                    .extend(writer.map(|writer| {
                        (writer, format!("needs {}, which may be changed there", touch.thing))
                    }));
                touched.readers.push(node);
            }
            Access::Write => {
                before
                    .extend(writer.map(|writer| (writer, format!("changes {}, as does that", touch.thing))));
                let readers = std::mem::take(&mut touched.readers);
                before.extend(
                    readers
                        .into_iter()
                        .filter(|reader| *reader != node)
                        .map(|reader| (reader, format!("changes {}, which is needed there", touch.thing))),
                );
                touched.writer = Some(node);
            }
        }
        for (from, reason) in before {
            self.edge(from, node, EdgeKind::Footprint, reason, &task.span);
        }
    }

    fn notify(&mut self, walk: &mut Walk<'a>, node: NodeIndex, task: &Task) {
        for notify in &task.keywords.notify {
            let Some(text) = notify.as_scalar().and_then(Value::as_text).filter(|text| !text.is_template())
            else {
                continue;
            };
            match walk.handlers.notified(text, &notify.span) {
                Ok(found) => {
                    let reason = format!("is notified as '{}'", text.as_str());
                    walk.notified.extend(found.into_iter().map(|handler| Notified {
                        by: node,
                        handler,
                        reason: reason.clone(),
                        span: notify.span.clone(),
                    }));
                }
                Err(error) => self.note(error),
            }
        }
    }

    /// Notes an error, once for each place: a block's notification is one of each of its tasks.
    fn note(&mut self, error: Error) {
        let known = self
            .errors
            .iter()
            .any(|known| known.span() == error.span() && known.message() == error.message());
        if !known {
            self.errors.push(error);
        }
    }

    /// The handlers that were notified, in their order of definition. What a handler notifies runs after it: in the same
    /// pass if it is defined below it, else in another pass.
    fn flush(&mut self, walk: &mut Walk<'a>, flush: NodeIndex) -> Ends {
        let mut ends: Ends = vec![(flush, "runs when handlers are due".to_owned())];
        let within = std::mem::replace(&mut walk.within, vec!["handlers".to_owned()]);
        let mut runs: HashMap<usize, usize> = HashMap::new();
        let mut last = None;
        // Handlers that notify each other would go on for ever; twice shows it.
        while let Some(handler) = next_handler(&walk.notified, last, &runs) {
            last = Some(handler);
            *runs.entry(handler).or_default() += 1;
            let task = walk.handlers.task(handler);
            let title = task.title(task.plain_name());
            let node = self.node(walk, NodeKind::Handler, title, Some(task), &task.span);
            self.follow(&ends, node, &task.span);
            let notified = std::mem::take(&mut walk.notified);
            let (own, others): (Vec<Notified>, Vec<Notified>) =
                notified.into_iter().partition(|notified| notified.handler == handler);
            walk.notified = others;
            for notified in own {
                self.edge(notified.by, node, EdgeKind::Notify, notified.reason, &notified.span);
            }
            self.wait_for_hosts(node, task, &ends);
            self.use_and_set(walk, node, task);
            self.touch(node, task);
            self.notify(walk, node, task);
            ends = vec![(node, "handlers run in the order they are written".to_owned())];
        }
        walk.notified.clear();
        walk.within = within;
        ends.into_iter().map(|(node, _)| (node, BELOW.to_owned())).collect()
    }
}

/// The handler that runs next: the first below the last one, else the first of all.
fn next_handler(notified: &[Notified], last: Option<usize>, runs: &HashMap<usize, usize>) -> Option<usize> {
    let due = || {
        let due = notified.iter().map(|notified| notified.handler);
        due.filter(|handler| runs.get(handler).is_none_or(|times| *times < 2))
    };
    due().filter(|handler| last.is_none_or(|last| *handler > last)).min().or_else(|| due().min())
}

/// Why a task waits for the one before it.
const BELOW: &str = "is written below it";

/// Whether a keyword says no, as far as that can be told before it is rendered.
fn is_no(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => {
            ["no", "off", "false", "0", "n", "f"].contains(&text.trim().to_ascii_lowercase().as_str())
        }
        None => !value.is_true(),
    }
}
