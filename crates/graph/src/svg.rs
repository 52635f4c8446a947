use std::fmt::Write;

use crate::text::one_line;
use crate::{Edge, EdgeKind, Graph, Node, NodeKind};

/// Pixels of one character of the small font, about.
const CHARACTER: usize = 7;
const LINE: usize = 15;
const BOX_HEIGHT: usize = 28;
const GAP: usize = 18;
const LANE: usize = 12;
const MARGIN: usize = 16;
/// Longer titles are cut.
const LONGEST_TITLE: usize = 60;

impl Graph {
    /// The graph as a picture: one row for each layer, edges that pass rows in lanes on the right, and beside each node
    /// the reasons for which it waits. The same graph always gives the same picture.
    pub fn to_svg(&self) -> String {
        let layout = Layout::of(self);
        let keys = self.keys();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<defs>\n",
            width = layout.width,
            height = layout.height
        );
        for kind in KINDS {
            let _ = writeln!(
                svg,
                "<marker id=\"{kind}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
                 orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"{}\"/></marker>",
                colour(kind)
            );
        }
        svg.push_str("</defs>\n");
        for ((from, to, edge), lane) in self.edges().zip(&layout.lanes) {
            layout.edge(&mut svg, from, to, edge, *lane, &keys);
        }
        for (number, node) in self.nodes().enumerate() {
            layout.node(&mut svg, number, node, &keys[number]);
            let x = layout.reasons_at;
            let mut y = layout.boxes[number].y + LINE;
            for (from, edge) in
                self.reasons(number).into_iter().filter(|(_, edge)| edge.kind != EdgeKind::Order)
            {
                let text = escaped(&format!("{} from {}: {}", edge.kind, keys[from], edge.reason));
                let _ = writeln!(
                    svg,
                    "<text x=\"{x}\" y=\"{y}\" font-size=\"11\" fill=\"{}\">{text}</text>",
                    colour(edge.kind)
                );
                y += LINE;
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}

const KINDS: [EdgeKind; 5] =
    [EdgeKind::Order, EdgeKind::Notify, EdgeKind::Data, EdgeKind::Host, EdgeKind::Footprint];

fn colour(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Order => "#888888",
        EdgeKind::Notify => "#b35900",
        EdgeKind::Data => "#0060c0",
        EdgeKind::Host => "#9020a0",
        EdgeKind::Footprint => "#2a7030",
    }
}

/// Where a node is drawn.
struct Box {
    x: usize,
    y: usize,
    width: usize,
}

struct Layout {
    boxes: Vec<Box>,
    /// The lane of each edge; none if it is drawn straight down.
    lanes: Vec<Option<usize>>,
    lanes_at: usize,
    reasons_at: usize,
    width: usize,
    height: usize,
}

impl Layout {
    fn of(graph: &Graph) -> Layout {
        let layers = layers(graph);
        let keys = graph.keys();
        let depth = layers.iter().max().map_or(0, |last| last + 1);
        // A row is as high as its longest list of reasons needs it.
        let mut heights = vec![BOX_HEIGHT + GAP; depth];
        let mut widest_reason = 0;
        for (number, layer) in layers.iter().enumerate() {
            let reasons = graph.reasons(number).into_iter().filter(|(_, edge)| edge.kind != EdgeKind::Order);
            let lengths: Vec<usize> = reasons.map(|(_, edge)| edge.reason.chars().count() + 20).collect();
            heights[*layer] = heights[*layer].max(lengths.len() * LINE + GAP);
            widest_reason = lengths.into_iter().fold(widest_reason, usize::max);
        }
        let tops: Vec<usize> = heights
            .iter()
            .scan(MARGIN, |top, height| {
                let here = *top;
                *top += height;
                Some(here)
            })
            .collect();
        let mut next_x = vec![MARGIN; depth];
        let mut boxes = Vec::new();
        for ((number, node), layer) in graph.nodes().enumerate().zip(&layers) {
            let width = label(node, &keys[number]).chars().count() * CHARACTER + 20;
            boxes.push(Box { x: next_x[*layer], y: tops[*layer], width });
            next_x[*layer] += width + GAP;
        }
        let lanes_at = next_x.iter().max().copied().unwrap_or(MARGIN) + GAP;
        let lanes = lanes(graph, &layers);
        let lane_count = lanes.iter().flatten().max().map_or(0, |last| last + 1);
        let reasons_at = lanes_at + lane_count * LANE + GAP;
        let height = tops.last().zip(heights.last()).map_or(0, |(top, height)| top + height) + MARGIN;
        Layout {
            boxes,
            lanes,
            lanes_at,
            reasons_at,
            width: reasons_at + widest_reason * CHARACTER + MARGIN,
            height,
        }
    }

    fn node(&self, svg: &mut String, number: usize, node: &Node, key: &str) {
        let Box { x, y, width } = self.boxes[number];
        let (fill, radius) = match node.kind {
            NodeKind::Play => ("#dde6f0", 14),
            NodeKind::Facts => ("#f0f0f0", 4),
            NodeKind::Task => ("#ffffff", 4),
            NodeKind::Flush => ("#fff4d6", 4),
            NodeKind::Handler => ("#ffe8cc", 4),
        };
        let _ = writeln!(
            svg,
            "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" rx=\"{radius}\" \
             fill=\"{fill}\" stroke=\"#444444\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(&format!("{} ({})", node.title, node.span)),
            x + 10,
            y + 18,
            escaped(&label(node, key))
        );
    }

    fn edge(
        &self,
        svg: &mut String,
        from: usize,
        to: usize,
        edge: &Edge,
        lane: Option<usize>,
        keys: &[String],
    ) {
        let (start, end) = (&self.boxes[from], &self.boxes[to]);
        let path = match lane {
            None => {
                let (x1, x2) = (start.x + start.width.min(60) / 2, end.x + end.width.min(60) / 2);
                format!("M{x1} {}L{x2} {}", start.y + BOX_HEIGHT, end.y)
            }
            Some(lane) => {
                let x = self.lanes_at + lane * LANE;
                let (y1, y2) = (start.y + BOX_HEIGHT / 2 + 5, end.y + BOX_HEIGHT / 2 - 5);
                format!(
                    "M{} {y1}L{} {y1}Q{x} {y1} {x} {}L{x} {}Q{x} {y2} {} {y2}L{} {y2}",
                    start.x + start.width,
                    x - 6,
                    y1 + 6,
                    y2.saturating_sub(6),
                    x - 6,
                    end.x + end.width
                )
            }
        };
        let title = escaped(&format!("{} waits for {}: {}", keys[to], keys[from], edge.reason));
        let dashes = match edge.kind {
            EdgeKind::Order | EdgeKind::Notify => "",
            _ => " stroke-dasharray=\"4 3\"",
        };
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\"{dashes} marker-end=\"url(#{})\"><title>{title}</title></path>",
            colour(edge.kind),
            edge.kind
        );
    }
}

fn label(node: &Node, key: &str) -> String {
    let title = one_line(&node.title);
    let cut: String = title.chars().take(LONGEST_TITLE).collect();
    let more = if cut.len() < title.len() { "..." } else { "" };
    format!("{key} {cut}{more}")
}

/// The layer of each node: one more than the last of those that it waits for.
fn layers(graph: &Graph) -> Vec<usize> {
    let mut layers = vec![0; graph.nodes().count()];
    // Edges lead from earlier nodes to later ones only.
    let mut edges: Vec<(usize, usize)> = graph.edges().map(|(from, to, _)| (from, to)).collect();
    edges.sort_unstable_by_key(|(from, to)| (*to, *from));
    for (from, to) in edges {
        layers[to] = layers[to].max(layers[from] + 1);
    }
    layers
}

/// A lane for each edge that is not drawn straight down, so that no two in one lane pass the same row.
fn lanes(graph: &Graph, layers: &[usize]) -> Vec<Option<usize>> {
    let edges: Vec<(usize, usize, &Edge)> = graph.edges().collect();
    let mut order: Vec<usize> = (0..edges.len()).collect();
    let span = |edge: usize| (layers[edges[edge].0], layers[edges[edge].1]);
    order.sort_by_key(|edge| {
        let (from, to) = span(*edge);
        (to - from, from, *edge)
    });
    let mut lanes = vec![None; edges.len()];
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    for edge in order {
        let (from, to) = span(edge);
        if edges[edge].2.kind == EdgeKind::Order && to == from + 1 {
            continue;
        }
        let free = |lane: &Vec<(usize, usize)>| lane.iter().all(|(start, end)| to <= *start || *end <= from);
        let lane = taken.iter().position(free).unwrap_or_else(|| {
            taken.push(Vec::new());
            taken.len() - 1
        });
        taken[lane].push((from, to));
        lanes[edge] = Some(lane);
    }
    lanes
}

fn escaped(text: &str) -> String {
    one_line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}
