use diag::Error;
use protocol::{Change, Outcome, Report};
use value::{Map, Unknown, Value};

use crate::Effect;

/// What came of an action.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The result that playbooks register, without `changed` and `failed`.
    pub result: Map,
    /// What it changed on the host, or in a dry run would change.
    pub changes: Vec<Change>,
    /// How it ended.
    pub verdict: Verdict,
    /// What it changes on the controller.
    pub effects: Vec<Effect>,
    /// Things worth telling the user.
    pub warnings: Vec<String>,
    /// Ways to write it that go away some day.
    pub deprecations: Vec<Error>,
    /// Whether the result is shown however quiet the run is, as for `debug`.
    pub shown: bool,
    /// Who says so, if it failed.
    pub teller: Teller,
    /// The error behind a failure, where more is known of it than its message.
    pub error: Option<Error>,
    /// Whether the result must not be shown at all, as if the task had `no_log`.
    pub hidden: bool,
    /// Why a dry run that surely changes something can't know all of it: the result, for one.
    pub unknown_rest: Option<Unknown>,
}

/// Who says that a task failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Teller {
    /// The controller's half.
    #[default]
    Action,
    /// The module, on the host.
    Module,
    /// The controller's half, which has not begun.
    Refusal,
}

/// How an action ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Verdict {
    /// It did what it should.
    #[default]
    Done,
    /// It failed; the result has the details. The origin of its `msg` is the place of the error, if it has one.
    Failed,
    /// It had nothing to do; the result says why.
    Skipped,
    /// A dry run can't know what it would do.
    Unknown(Unknown),
}

/// Why there is no result.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The task failed before it came to the host.
    Task(Error),
    /// The action refuses what it is asked for; the result's `msg` is what it says and no more.
    Refused(Error),
    /// The host can't be reached (any more).
    Unreachable(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Task(error)
    }
}

impl Done {
    /// Success with these keys.
    pub fn with<V: Into<Value>>(entries: impl IntoIterator<Item = (&'static str, V)>) -> Done {
        let result = entries.into_iter().map(|(key, value)| (Value::from(key), value.into())).collect();
        Done { result, ..Done::default() }
    }

    /// A failure with a message.
    pub fn failed(message: impl Into<String>) -> Done {
        Done { verdict: Verdict::Failed, ..Done::with([("msg", message.into())]) }
    }

    /// A failure because of what is asked for, by a module or an action.
    pub fn refused(error: Error, by_module: bool) -> Done {
        let teller = if by_module { Teller::Module } else { Teller::Refusal };
        Done { teller, error: Some(error.clone()), ..Done::failed(error.summary()) }
    }

    /// Nothing to do, and why.
    pub fn skipped(reason: impl Into<String>) -> Done {
        Done { verdict: Verdict::Skipped, ..Done::with([("skipped_reason", reason.into())]) }
    }

    /// A dry run can't know.
    pub fn unknown(unknown: &Unknown) -> Done {
        Done { verdict: Verdict::Unknown(unknown.clone()), ..Done::with([("msg", unknown.to_string())]) }
    }

    /// With one more key.
    pub fn and(mut self, key: &str, value: impl Into<Value>) -> Done {
        self.result.insert(key.into(), value.into());
        self
    }

    /// With something that changes on the controller.
    pub fn effect(mut self, effect: Effect) -> Done {
        self.effects.push(effect);
        self
    }

    /// Whether anything was changed: what the result says, else what the changes say.
    pub fn changed(&self) -> bool {
        match self.result.get("changed") {
            Some(value) => value.is_true(),
            None => self.changes.iter().any(|change| change.kind != PENDING),
        }
    }
}

/// Changes of this kind only tell other runners what a package would bring.
const PENDING: &str = "pending package";

impl From<Report> for Done {
    fn from(report: Report) -> Done {
        let (verdict, result) = match report.outcome {
            Outcome::Done(result) => (Verdict::Done, result),
            Outcome::Failed(result) => (Verdict::Failed, result),
            Outcome::Unknown(unknown) => {
                let done = Done {
                    changes: report.changes,
                    warnings: report.warnings,
                    teller: Teller::Module,
                    ..Done::unknown(&unknown)
                };
                if !done.changed() {
                    return done;
                }
                let mut warnings = done.warnings;
                warnings.push(format!("what else this task changes is not known: {unknown}"));
                return Done { verdict: Verdict::Done, unknown_rest: Some(unknown), warnings, ..done };
            }
        };
        let result = result.as_map().cloned().unwrap_or_default();
        Done {
            result,
            changes: report.changes,
            verdict,
            warnings: report.warnings,
            teller: Teller::Module,
            ..Done::default()
        }
    }
}
