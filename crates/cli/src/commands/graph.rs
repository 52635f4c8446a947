use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use graph::Graph as TaskGraph;

use crate::arguments::SourceArguments;
use crate::commands::Command;
use crate::exit::{self, Ended};
use crate::output::print;
use crate::session::Session;

/// Show what a playbook does in which order, and why each thing waits for others.
#[derive(Debug, Parser)]
pub(crate) struct Graph {
    /// The playbook.
    pub(crate) playbook: PathBuf,
    /// How to show it.
    #[arg(short, long, value_enum, default_value_t = GraphFormat::Text)]
    pub(crate) format: GraphFormat,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Indented text with reasons.
    Text,
    /// The language of Graphviz.
    Dot,
    /// The language of Mermaid.
    Mermaid,
    /// A picture.
    Svg,
}

impl Command for Graph {
    const NAME: &'static str = "graph";

    fn run(self) -> Ended {
        text(&self).map_or_else(|ended| ended, |text| print(&text))
    }
}

fn text(arguments: &Graph) -> Result<String, Ended> {
    let session = Session::open(&arguments.source)?;
    let playbook = session.loader.load(&arguments.playbook).map_err(Ended::Wrong)?;
    exit::tell(&playbook.warnings);
    let graph = TaskGraph::of(&playbook, &session.loader, &session.templates).map_err(Ended::Wrong)?;
    Ok(match arguments.format {
        GraphFormat::Text => graph.to_text(),
        GraphFormat::Dot => graph.to_dot(),
        GraphFormat::Mermaid => graph.to_mermaid(),
        GraphFormat::Svg => graph.to_svg(),
    })
}
