use engine::{Stats, Tally};

use crate::options::Manner;
use crate::paint::{Colours, Tone};

/// The recap's lines: a line a host, sorted. Ours ends with the sum if there are several hosts.
pub(crate) fn recap(stats: &Stats, manner: Manner, colours: Colours) -> String {
    let hosts = stats.hosts();
    // Unknowns only occur in dry runs; a run without any looks as ever.
    let unknowns = hosts.iter().any(|(_, tally)| tally.unknown > 0);
    let mut lines: String = hosts.iter().map(|(host, tally)| line(host, tally, unknowns, colours)).collect();
    if manner == Manner::Capstan && hosts.len() > 1 {
        let total = hosts.iter().fold(Tally::default(), |total, (_, tally)| total.plus(tally));
        lines.push_str(&line(&format!("(all {} hosts)", hosts.len()), &total, unknowns, colours));
    }
    lines
}

fn line(host: &str, tally: &Tally, unknowns: bool, colours: Colours) -> String {
    let tone = if tally.failed > 0 || tally.unreachable > 0 {
        Tone::Failed
    } else if tally.changed > 0 {
        Tone::Changed
    } else {
        Tone::Ok
    };
    let padding = " ".repeat(26usize.saturating_sub(host.chars().count()));
    let field = |name: &str, count: usize, tone: Tone| {
        let text = format!("{name}={count:<4}");
        if count > 0 { colours.paint(tone, &text) } else { text }
    };
    let mut fields = vec![
        field("ok", tally.ok, Tone::Ok),
        field("changed", tally.changed, Tone::Changed),
        field("unreachable", tally.unreachable, Tone::Unreachable),
        field("failed", tally.failed, Tone::Failed),
        field("skipped", tally.skipped, Tone::Skipped),
        field("rescued", tally.rescued, Tone::Ok),
        field("ignored", tally.ignored, Tone::Warning),
    ];
    if unknowns {
        fields.push(field("unknown", tally.unknown, Tone::Unknown));
    }
    format!("{}{padding} : {}\n", colours.paint(tone, host), fields.join(" "))
}
