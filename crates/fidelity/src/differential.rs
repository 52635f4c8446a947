use diag::{Error, Result};

use crate::exceptions::Exceptions;
use crate::fleet::Bench;
use crate::play::Play;

/// Compares what both programs make of hosts, and tells whether it is the same for all plays.
///
/// # Errors
/// There is no ansible-core to compare with.
pub(crate) fn compare_all(bench: &Bench, plays: &[Play]) -> Result<bool> {
    let mut alike = 0;
    for play in plays {
        let found = compare(bench, play);
        let found =
            found.unwrap_or_else(|error| vec![error.render(diag::Style::Plain).trim_end().to_owned()]);
        println!("{:7} {}", if found.is_empty() { "same" } else { "DIFFERS" }, play.name);
        found.iter().for_each(|line| println!("  {}", line.replace('\n', "\n  ")));
        alike += usize::from(found.is_empty());
    }
    println!("\n{alike} of {} plays end the same with both programs", plays.len());
    Ok(alike == plays.len())
}

/// What differs: ansible-core's side first.
fn compare(bench: &Bench, play: &Play) -> Result<Vec<String>> {
    let other = bench.ansible.as_ref().ok_or_else(|| Error::new("ansible-core is needed to compare with"))?;
    let end = |program| {
        let fleet = bench.boot(play, program)?;
        let results = fleet.run("differential", &[])?;
        Ok((results, fleet.states()?))
    };
    let ((theirs, their_states), (ours, our_states)) = (end(other)?, end(&bench.capstan)?);
    let mut found = Vec::new();
    for (host, numbers) in &theirs.recap {
        let our_numbers = ours.recap.get(host);
        if our_numbers != Some(numbers) {
            found.push(format!("recap of {host}: {numbers:?} -> {our_numbers:?}"));
        }
    }
    let (foretold, happened) = (theirs.by_key(), ours.by_key());
    for (key, step) in &theirs.steps {
        let word = happened.get(key).map_or("not there", |step| step.word());
        if word != step.word() {
            found.push(format!("task {key}: {} -> {word} {}", step.word(), step.message));
        }
    }
    for (key, step) in ours.steps.iter().filter(|(key, _)| !foretold.contains_key(key)) {
        found.push(format!("task {key}: not there -> {}", step.word()));
    }
    for ((theirs, ours), host) in their_states.iter().zip(&our_states).zip(&play.hosts) {
        let differences = theirs.differences(ours, Exceptions::OfTwoHosts);
        found.extend(differences.into_iter().map(|line| format!("{host}: {line}")));
    }
    Ok(found)
}
