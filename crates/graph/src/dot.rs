use std::fmt::Write;

use crate::text::one_line;
use crate::{EdgeKind, Graph, NodeKind};

impl Graph {
    /// The graph in the language of Graphviz.
    pub fn to_dot(&self) -> String {
        let keys = self.keys();
        let mut dot = String::from("digraph capstan {\n  node [shape=box, fontname=\"sans-serif\"];\n");
        dot.push_str("  edge [fontname=\"sans-serif\", fontsize=10];\n");
        let mut open = false;
        for (number, node) in self.nodes().enumerate() {
            let title = quoted(&node.title);
            if node.kind == NodeKind::Play {
                if open {
                    dot.push_str("  }\n");
                }
                open = true;
                let _ = writeln!(dot, "  subgraph cluster_{} {{\n    label={title};", keys[number]);
            }
            let shape = match node.kind {
                NodeKind::Play => "oval",
                NodeKind::Facts | NodeKind::Task => "box",
                NodeKind::Flush => "diamond",
                NodeKind::Handler => "hexagon",
            };
            let _ = writeln!(dot, "    {} [label={title}, shape={shape}];", keys[number]);
        }
        if open {
            dot.push_str("  }\n");
        }
        for (from, to, edge) in self.edges() {
            let style = match edge.kind {
                EdgeKind::Order => "solid",
                EdgeKind::Notify => "bold",
                EdgeKind::Data | EdgeKind::Host => "dashed",
                EdgeKind::Footprint => "dotted",
            };
            let label = quoted(&format!("{}: {}", edge.kind, edge.reason));
            let _ = writeln!(dot, "  {} -> {} [label={label}, style={style}];", keys[from], keys[to]);
        }
        dot.push_str("}\n");
        dot
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}
