use std::collections::HashSet;

use diag::Result;

use crate::exceptions::Exceptions;
use crate::figures;
use crate::fleet::Bench;
use crate::play::Play;
use crate::program::Program;
use crate::results::{Key, Results};

/// How much longer than a real run of a host on which all is as it should be a dry run of it may take.
pub(crate) const OVERHEAD: f64 = 1.2;

/// What a dry run said, against what then happened.
#[derive(Default)]
pub struct Prediction {
    /// Tasks of the dry run, for each host and item.
    pub(crate) tasks: usize,
    /// Those predicted to change.
    pub(crate) predicted: usize,
    /// Those that then did change.
    pub(crate) changed: usize,
    /// Those of which both is true.
    pub(crate) both: usize,
    /// Those of which the dry run said that it can't know.
    pub(crate) unknown: usize,
    /// Those that failed in the dry run alone.
    pub(crate) false_failures: usize,
    /// Those of `both` that showed the same differences.
    pub(crate) same_diffs: usize,
    /// Seconds of a dry run and of a real run of hosts on which all is as it should be.
    pub(crate) converged: Option<(f64, f64)>,
    /// What was not as it should be, for people.
    pub(crate) complaints: Vec<String>,
    /// What was not as it should be, but is not part of the figures.
    pub(crate) violations: Vec<String>,
}

impl Prediction {
    fn of(dry: &Results, real: &Results) -> Prediction {
        let changes = |results: &Results| -> HashSet<Key> {
            let changed = results.steps.iter().filter(|(_, step)| step.changed && !step.unknown);
            changed.map(|(key, _)| key.clone()).collect()
        };
        let (predicted, changed) = (changes(dry), changes(real));
        let (foretold, happened) = (dry.by_key(), real.by_key());
        let mut prediction = Prediction {
            tasks: dry.steps.len(),
            predicted: predicted.len(),
            changed: changed.len(),
            both: predicted.intersection(&changed).count(),
            unknown: dry.steps.iter().filter(|(_, step)| step.unknown).count(),
            ..Prediction::default()
        };
        for (key, step) in &dry.steps {
            let then = happened.get(key);
            if step.failed && then.is_none_or(|then| !then.failed) {
                prediction.false_failures += 1;
            } else if step.unknown || predicted.contains(key) != changed.contains(key) {
            } else {
                if let Some(then) = then.filter(|_| step.changed) {
                    match step.diff == then.diff {
                        true => prediction.same_diffs += 1,
                        false => prediction.complaints.push(format!("other differences: {key}")),
                    }
                }
                continue;
            }
            let then = then.map_or("not there", |then| then.word());
            prediction.complaints.push(format!(
                "{} -> {then}: {key} {}",
                step.word(),
                first_line(&step.message)
            ));
        }
        for (key, step) in real.steps.iter().filter(|(key, step)| step.changed && !foretold.contains_key(key))
        {
            prediction.complaints.push(format!("not there -> {}: {key}", step.word()));
        }
        prediction
    }

    /// Of what was predicted to change, how much did.
    pub(crate) fn precision(&self) -> f64 {
        share(self.both, self.predicted)
    }

    /// Of what changed, how much was predicted.
    pub(crate) fn recall(&self) -> f64 {
        share(self.both, self.changed)
    }

    /// The numbers alone.
    pub(crate) fn figures(&self) -> Prediction {
        Prediction {
            complaints: Vec::new(),
            violations: Vec::new(),
            ..Prediction::sum(std::iter::once(self))
        }
    }

    /// Whether it is as good as it should be.
    pub(crate) fn is_good(&self) -> bool {
        self.false_failures == 0
            && self.violations.is_empty()
            && self.precision() >= 0.98
            && self.recall() >= 0.98
            && self.unknown * 100 <= self.tasks * 3
    }

    /// The figures of several plays together.
    pub(crate) fn sum<'a>(predictions: impl Iterator<Item = &'a Prediction>) -> Prediction {
        predictions.fold(Prediction::default(), |sum, one| Prediction {
            tasks: sum.tasks + one.tasks,
            predicted: sum.predicted + one.predicted,
            changed: sum.changed + one.changed,
            both: sum.both + one.both,
            unknown: sum.unknown + one.unknown,
            false_failures: sum.false_failures + one.false_failures,
            same_diffs: sum.same_diffs + one.same_diffs,
            converged: match (sum.converged, one.converged) {
                (Some((dry, real)), Some((more_dry, more_real))) => Some((dry + more_dry, real + more_real)),
                (one, other) => one.or(other),
            },
            complaints: Vec::new(),
            violations: [sum.violations, one.violations.clone()].concat(),
        })
    }

    /// One line of figures.
    pub(crate) fn line(&self) -> String {
        let mut line = format!(
            "{} tasks, {} predicted, {} changed, precision {:.2}, recall {:.2}, unknown {}, false failures {}, same diffs {}",
            self.tasks,
            self.predicted,
            self.changed,
            self.precision(),
            self.recall(),
            self.unknown,
            self.false_failures,
            self.same_diffs
        );
        if let Some((dry, real)) = self.converged {
            line += &format!(", converged {dry:.1} s dry, {real:.1} s real");
        }
        line
    }
}

/// The figures of both programs for one play.
pub(crate) struct Measured<'a> {
    pub(crate) play: &'a Play,
    pub(crate) capstan: Prediction,
    pub(crate) ansible: Option<Prediction>,
}

/// Measures plays, and tells whether all of Capstan's figures are as they should be.
///
/// # Errors
/// Hosts or programs can't be started, or the page can't be written.
pub(crate) fn measure_all(bench: &Bench, plays: &[Play], record: bool) -> Result<bool> {
    let mut all = Vec::new();
    let mut broken = 0;
    for play in plays {
        println!("{}", play.name);
        match measure(bench, play) {
            Ok(measured) => {
                if record {
                    figures::record(&measured)?;
                }
                all.push(measured);
            }
            Err(error) => {
                broken += 1;
                println!("  {}", error.render(diag::Style::Plain).trim_end().replace('\n', "\n  "));
            }
        }
    }
    let sum = Prediction::sum(all.iter().map(|one| &one.capstan));
    println!("\ncapstan:      {}", sum.line());
    let others = Prediction::sum(all.iter().filter_map(|one| one.ansible.as_ref()));
    if bench.ansible.is_some() {
        println!("ansible-core: {}", others.line());
    }
    let slow = sum.converged.is_some_and(|(dry, real)| dry > real * OVERHEAD);
    Ok(broken == 0 && !slow && sum.is_good())
}

fn measure<'a>(bench: &Bench, play: &'a Play) -> Result<Measured<'a>> {
    let capstan = of_capstan(bench, play)?;
    tell("capstan", &capstan);
    let ansible = bench.ansible.as_ref().map(|program| of_ansible(bench, play, program)).transpose()?;
    if let Some(ansible) = &ansible {
        tell("ansible-core", ansible);
    }
    Ok(Measured { play, capstan, ansible })
}

fn tell(program: &str, prediction: &Prediction) {
    println!("  {program}: {}", prediction.line());
    for complaint in prediction.violations.iter().chain(&prediction.complaints) {
        println!("    {complaint}");
    }
}

fn of_capstan(bench: &Bench, play: &Play) -> Result<Prediction> {
    let fleet = bench.boot(play, &bench.capstan)?;
    let before = fleet.states()?;
    let dry = fleet.run("dry", &["--check"])?;
    let after = fleet.states()?;
    let real = fleet.run("real", &[])?;
    let again = fleet.run("again", &[])?;
    let rest = fleet.run("rest", &["--check"])?;
    let mut prediction = Prediction::of(&dry, &real);
    for (before, after) in before.iter().zip(&after) {
        let found = before.differences(after, Exceptions::OfADryRun);
        prediction.violations.extend(found.into_iter().map(|what| format!("the dry run touched {what}")));
    }
    let changes = |results: &Results, what: &str| -> Vec<String> {
        let found = results.steps.iter().filter(|(_, step)| step.changed);
        found.map(|(key, step)| format!("{what}: {} {key}", step.word())).collect()
    };
    let failures = |results: &Results, what: &str| -> Vec<String> {
        let found = results.steps.iter().filter(|(key, step)| step.failed && results.has_failed(&key.host));
        found.map(|(key, step)| format!("{what} failed: {key}: {}", first_line(&step.message))).collect()
    };
    prediction.violations.extend(failures(&real, "the real run"));
    prediction.violations.extend(failures(&again, "the second run"));
    prediction.violations.extend(changes(&again, "the second run"));
    prediction.complaints.extend(failures(&rest, "the dry run of what is as it should be"));
    prediction.complaints.extend(changes(&rest, "the dry run of what is as it should be"));
    prediction.converged = Some((rest.seconds, again.seconds));
    Ok(prediction)
}

fn of_ansible(bench: &Bench, play: &Play, program: &Program) -> Result<Prediction> {
    let fleet = bench.boot(play, program)?;
    let dry = fleet.run("dry", &["--check"])?;
    let real = fleet.run("real", &[])?;
    Ok(Prediction::of(&dry, &real))
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}
