use std::fmt::Write;

use crate::{EdgeKind, Graph, NodeKind};

impl Graph {
    /// The graph as indented text: everything in the order one host meets it, and below each thing what it waits for.
    pub fn to_text(&self) -> String {
        let keys = self.keys();
        let mut text = String::new();
        let mut within: &[String] = &[];
        for (number, node) in self.nodes().enumerate() {
            let key = &keys[number];
            if node.kind == NodeKind::Play {
                if number > 0 {
                    text.push('\n');
                }
                let _ = writeln!(text, "{key} play {}  {}", node.title, node.span);
                within = &[];
            } else {
                if node.within != within && !node.within.is_empty() {
                    let _ = writeln!(text, "   {}:", node.within.join(", "));
                }
                within = &node.within;
                let what = match node.kind {
                    NodeKind::Handler => "handler ",
                    _ => "",
                };
                let place = match &node.task {
                    Some(_) => format!("  {}", node.span),
                    None => String::new(),
                };
                let _ = writeln!(text, "   {key} {what}{}{place}", one_line(&node.title));
            }
            for (from, edge) in self.reasons(number) {
                let place = match edge.kind {
                    EdgeKind::Order => String::new(),
                    _ => format!("  {}", edge.span),
                };
                let _ = writeln!(
                    text,
                    "      <- {} {}: {}{place}",
                    keys[from],
                    edge.kind,
                    one_line(&edge.reason)
                );
            }
        }
        text
    }
}

/// The text without line breaks and other control characters.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
