use std::fmt::Write as _;
use std::path::Path;

use diag::Result;

use crate::figures::Figures;
use crate::prediction::{OVERHEAD, Prediction};
use tool::cannot;

const INTRODUCTION: &str = "\
# How true the dry run is

`cargo xtask fidelity` runs each play of `tests/fidelity` on fresh Debian hosts: dry, for real, for real again, and dry
once more. It compares what the dry run said that would change, for each task, host and item, with what then did change:

- *precision* is the part of what was predicted that then changed;
- *recall* is the part of what changed that had been predicted; an unknown does not count as predicted;
- *unknown* is the part of all tasks of which the dry run said that it can't know;
- *false failures* are tasks that fail in the dry run alone;
- *same diffs* is the part of the correctly predicted tasks whose dry run showed the very differences of the real run;
- *dry/real* is the time of a dry run of hosts on which all is as it should be, as a multiple of a real run of the same.

The dry run must leave the hosts as they were, files with their times, packages, units and accounts, and the second real run must change
nothing; otherwise the bench fails. Beside it stands `ansible-core --check` on hosts of its own.
";

/// Writes docs/fidelity.md.
///
/// # Errors
/// It can't be written.
pub(crate) fn write(figures: &Figures) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fidelity.md");
    std::fs::write(&path, page(figures)).map_err(|error| cannot("write", &path, error))
}

fn page(figures: &Figures) -> String {
    let ours = Prediction::sum(figures.values().map(|(ours, _)| ours));
    let theirs = Prediction::sum(figures.values().map(|(_, theirs)| theirs));
    let mut page = format!(
        "{INTRODUCTION}\nThe targets: precision and recall of at least 0.98, unknown at most 3 %, no false failure, dry/real \
         at most {OVERHEAD}.\n\n\
         | play | tasks | precision | recall | unknown | false failures | same diffs | dry/real | ansible-core: precision | recall | false failures |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for (name, (ours, theirs)) in figures {
        row(&mut page, name, ours, theirs);
    }
    row(&mut page, "**all**", &ours, &theirs);
    page
}

fn row(page: &mut String, name: &str, ours: &Prediction, theirs: &Prediction) {
    let unknown = ours.unknown as f64 * 100.0 / ours.tasks.max(1) as f64;
    let same = format!("{}/{}", ours.same_diffs, ours.both);
    let ratio = ours.converged.map_or_else(String::new, |(dry, real)| format!("{:.2}", dry / real));
    let theirs = format!("{:.2} | {:.2} | {}", theirs.precision(), theirs.recall(), theirs.false_failures);
    // Writing to a string can't fail.
    let _ = writeln!(
        page,
        "| {name} | {} | {:.2} | {:.2} | {unknown:.1} % | {} | {same} | {ratio} | {theirs} |",
        ours.tasks,
        ours.precision(),
        ours.recall(),
        ours.false_failures,
    );
}
