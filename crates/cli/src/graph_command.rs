use std::io::Write;

use graph::Graph;

use crate::arguments::{self, GraphFormat};
use crate::exit::{self, Ended};
use crate::session::Session;

/// `capstan graph`.
pub(crate) fn run(arguments: &arguments::Graph) -> Ended {
    match text(arguments) {
        Ok(text) => {
            // Whoever closed the stream does not want to read it.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            Ended::Good
        }
        Err(ended) => ended,
    }
}

fn text(arguments: &arguments::Graph) -> Result<String, Ended> {
    let session = Session::open(&arguments.source)?;
    let playbook = session.loader.load(&arguments.playbook).map_err(Ended::Wrong)?;
    exit::tell(&playbook.warnings);
    let graph = Graph::of(&playbook, &session.loader, &session.templates).map_err(Ended::Wrong)?;
    Ok(match arguments.format {
        GraphFormat::Text => graph.to_text(),
        GraphFormat::Dot => graph.to_dot(),
        GraphFormat::Mermaid => graph.to_mermaid(),
        GraphFormat::Svg => graph.to_svg(),
    })
}
