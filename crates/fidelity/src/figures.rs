use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use diag::{Error, Result};

use crate::page;
use crate::play;
use crate::prediction::{Measured, Prediction};
use tool::cannot;

/// The first line of the file.
const HEAD: &str = "# play, then for Capstan and for ansible-core: tasks, predicted, changed, both, unknown, false failures, \
                    same diffs, seconds dry and real of hosts on which all is as it should be";

/// What was measured last of each play, by its name: Capstan's figures and ansible-core's.
pub(crate) type Figures = BTreeMap<String, (Prediction, Prediction)>;

/// Notes what was measured, keeps what is known of other plays, and writes the page.
///
/// # Errors
/// A file can't be read or written, or does not make sense.
pub(crate) fn record(measured: &Measured<'_>) -> Result<()> {
    let path = path();
    let text = if path.exists() {
        fs::read_to_string(&path).map_err(|error| cannot("read", &path, error))?
    } else {
        String::new()
    };
    let mut figures = parse(&text).map_err(|error| error.context(path.display()))?;
    let known: Vec<String> = play::find(&[])?.into_iter().map(|play| play.name).collect();
    figures.retain(|name, _| known.contains(name));
    if let Some(ansible) = &measured.ansible {
        figures.insert(measured.play.name.clone(), (measured.capstan.figures(), ansible.figures()));
    }
    fs::write(&path, written(&figures)).map_err(|error| cannot("write", &path, error))?;
    page::write(&figures)
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fidelity/figures.tsv")
}

fn parse(text: &str) -> Result<Figures> {
    let mut figures = Figures::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, capstan @ .., _, _, _, _, _, _, _, _, _] = fields.as_slice() else {
            return Err(Error::new(format!("too few fields: {line}")));
        };
        let wrong = || Error::new(format!("these are no figures: {line}"));
        let ours = one(capstan).ok_or_else(wrong)?;
        let theirs = one(&fields[fields.len() - 9..]).ok_or_else(wrong)?;
        figures.insert((*name).to_owned(), (ours, theirs));
    }
    Ok(figures)
}

fn one(fields: &[&str]) -> Option<Prediction> {
    let &[tasks, predicted, changed, both, unknown, false_failures, same_diffs, dry, real] = fields else {
        return None;
    };
    let number = |field: &str| field.parse::<usize>().ok();
    Some(Prediction {
        tasks: number(tasks)?,
        predicted: number(predicted)?,
        changed: number(changed)?,
        both: number(both)?,
        unknown: number(unknown)?,
        false_failures: number(false_failures)?,
        same_diffs: number(same_diffs)?,
        converged: dry.parse().ok().zip(real.parse().ok()),
        ..Prediction::default()
    })
}

fn written(figures: &Figures) -> String {
    let line = |one: &Prediction| {
        let numbers = [
            one.tasks,
            one.predicted,
            one.changed,
            one.both,
            one.unknown,
            one.false_failures,
            one.same_diffs,
        ];
        let times = one
            .converged
            .map_or(["-".into(), "-".into()], |(dry, real)| [format!("{dry:.2}"), format!("{real:.2}")]);
        numbers.iter().map(ToString::to_string).chain(times).collect::<Vec<_>>().join("\t")
    };
    let lines =
        figures.iter().map(|(name, (ours, theirs))| format!("{name}\t{}\t{}\n", line(ours), line(theirs)));
    std::iter::once(format!("{HEAD}\n")).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let ours = Prediction { tasks: 9, both: 3, converged: Some((1.25, 2.5)), ..Prediction::default() };
        let theirs = Prediction { tasks: 4, false_failures: 1, ..Prediction::default() };
        let text = written(&Figures::from([("nginx".to_owned(), (ours, theirs))]));
        assert!(
            text.ends_with("nginx\t9\t0\t0\t3\t0\t0\t0\t1.25\t2.50\t4\t0\t0\t0\t0\t1\t0\t-\t-\n"),
            "{text}"
        );
        assert_eq!(written(&parse(&text).unwrap()), text);
        assert!(parse("nginx\t1\n").is_err());
    }
}
