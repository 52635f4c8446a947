use std::fmt::Write as _;
use std::path::Path;

use diag::Result;

use crate::list::{Entry, Recorded};
use crate::source::VERSION;
use crate::verdict::Verdict;
use tool::cannot;

const INTRODUCTION: &str = "\
# Conformance

Capstan runs existing Ansible content unmodified. This page shows how far that is true: it lists integration targets of
ansible-core, which are tests that its own developers wrote, and what Capstan does with them. `cargo xtask conformance`
fetches the targets, runs them, each on a throwaway copy of the machine, and compares. A target passes if it ends well
*and* has run at least as many ok tasks as ansible-core's own run: most targets would pass a program that does nothing
at all. Of Ansible's Python only `module_utils` is there, which modules in Python and scripts of the targets import.
";

/// Writes docs/conformance.md.
///
/// # Errors
/// It can't be written.
pub(crate) fn write(done: &[(Entry, Verdict)]) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    std::fs::write(&path, page(done)).map_err(|error| cannot("write", &path, error))
}

fn page(done: &[(Entry, Verdict)]) -> String {
    let passed = done.iter().filter(|(_, verdict)| verdict.passed()).count();
    let mut page = format!(
        "{INTRODUCTION}\n{passed} of {} targets of ansible-core {VERSION} pass. The seconds are those of one run on a machine \
         with two processors; ansible-core's are of a machine of the same kind.\n\n\
         | target | about | passes | ok tasks | seconds | ansible-core's |\n|---|---|---|---:|---:|---:|\n",
        done.len()
    );
    for (entry, verdict) in done {
        let Entry { name, covers, seconds, .. } = entry;
        let passes = match (verdict.passed(), &entry.recorded) {
            (true, _) => "yes".to_owned(),
            (false, Recorded::Fails(reason)) => format!("no: {reason}"),
            (false, _) => format!("no:{}", verdict.note()),
        };
        let _ = writeln!(
            page,
            "| {name} | {covers} | {passes} | {} | {:.1} | {seconds:.1} |",
            verdict.tasks, verdict.seconds
        );
    }
    page
}
