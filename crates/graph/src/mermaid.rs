use std::fmt::Write;

use crate::text::one_line;
use crate::{EdgeKind, Graph, NodeKind};

impl Graph {
    /// The graph in the language of Mermaid.
    pub fn to_mermaid(&self) -> String {
        let keys = self.keys();
        let mut mermaid = String::from("flowchart TD\n");
        let mut open = false;
        for (number, node) in self.nodes().enumerate() {
            let title = quoted(&node.title);
            if node.kind == NodeKind::Play {
                if open {
                    mermaid.push_str("  end\n");
                }
                open = true;
                let _ = writeln!(mermaid, "  subgraph play_{}[{title}]", keys[number]);
            }
            let (left, right) = match node.kind {
                NodeKind::Play => ("([", "])"),
                NodeKind::Facts | NodeKind::Task => ("[", "]"),
                NodeKind::Flush => ("{", "}"),
                NodeKind::Handler => ("{{", "}}"),
            };
            let _ = writeln!(mermaid, "    {}{left}{title}{right}", keys[number]);
        }
        if open {
            mermaid.push_str("  end\n");
        }
        for (from, to, edge) in self.edges() {
            let arrow = match edge.kind {
                EdgeKind::Order => "-->",
                EdgeKind::Notify => "==>",
                EdgeKind::Data | EdgeKind::Host | EdgeKind::Footprint => "-.->",
            };
            let label = quoted(&format!("{}: {}", edge.kind, edge.reason));
            let _ = writeln!(mermaid, "  {} {arrow}|{label}| {}", keys[from], keys[to]);
        }
        mermaid
    }
}

/// In Mermaid's quotes, what could be read as its syntax or as HTML is written by number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in one_line(text).chars() {
        match character {
            '"' | '#' | '<' | '>' | '&' | '`' | ';' | '{' | '}' | '\\' => {
                let _ = write!(quoted, "#{};", character as u32);
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
