//! What counts as changed and failed.

use std::sync::Arc;

use actions::{Done, Teller, Verdict};
use diag::Error;
use value::{Map, Text, Value};

use super::TaskRun;
use super::conditions::{Decision, condition_failed, truth};
use super::item::{EXCEPTION, ItemEnd, task_failed};
use crate::differences::Shape;
use crate::variables::HostScope;
use crate::{Status, result};

impl TaskRun {
    /// Decides what counts as changed and failed.
    pub(super) fn judge(&self, scope: &HostScope, done: Done) -> ItemEnd {
        let failed = done.verdict == Verdict::Failed;
        let frame = match done.teller {
            // A condition that makes a failure of what went well is no business of the module's.
            Teller::Module if !failed => Some("Action failed"),
            Teller::Action => Some("Action failed"),
            Teller::Module => Some("Module failed"),
            Teller::Refusal => None,
        };
        let mut end = self.raw_end(done, frame);
        if matches!(end.status, Status::Unknown(_) | Status::Skipped) {
            return end;
        }
        if self.changed_when(scope, &mut end, frame) {
            self.failed_when(scope, &mut end, frame);
        }
        end
    }

    /// What the action says of itself.
    fn raw_end(&self, done: Done, frame: Option<&str>) -> ItemEnd {
        let changed = done.changed();
        let Done {
            mut result,
            changes,
            verdict,
            effects,
            warnings,
            deprecations,
            shown,
            hidden,
            error: known,
            teller,
            unknown_rest,
        } = done;
        // What an action repeats of the playbook may go on being a template; what comes from a host never is one.
        if teller == Teller::Module {
            result = match result::as_data(&result.into()) {
                Value::Map(data) => Arc::unwrap_or_clone(data),
                _ => Map::new(),
            };
        }
        result::add_lines(&mut result);
        let status = match verdict {
            Verdict::Done if changed => Status::Changed,
            Verdict::Done => Status::Ok,
            Verdict::Failed => Status::Failed { ignored: false },
            Verdict::Skipped => Status::Skipped,
            Verdict::Unknown(unknown) => Status::Unknown(unknown),
        };
        if status == Status::Skipped {
            result.insert("skipped".into(), true.into());
        }
        // Pending packages are between runners, and nobody else's business.
        let changes: Vec<protocol::Change> =
            changes.into_iter().filter(|change| change.kind != "pending package").collect();
        let failed = matches!(status, Status::Failed { .. });
        result.insert("changed".into(), changed.into());
        result.insert("failed".into(), failed.into());
        if self.shows_differences()
            && !result.contains_key("diff")
            && let Some(diff) = Shape::of(&self.task.action.module).differences(&result, &changes)
        {
            result.insert("diff".into(), diff);
        }
        let crashed = failed && result.get("msg").is_none_or(is_blank);
        let error = failed.then(|| match known {
            Some(error) => self.blamed(error.told_at(Some(&self.task.span)), frame),
            None => self.failure(&mut result, frame),
        });
        ItemEnd {
            changes,
            effects,
            warnings,
            deprecations,
            shown,
            hidden,
            error,
            exception: failed,
            crashed,
            unknown_rest,
            ..ItemEnd::new(status, result)
        }
    }

    /// The error of a result that says that it failed. A crash, which has no message of its own, is given the whole
    /// chain as its message.
    fn failure(&self, result: &mut Map, frame: Option<&str>) -> Error {
        let said = result.get("msg").filter(|message| !is_blank(message));
        let crash = result.get("exception").filter(|_| said.is_none()).map(ToString::to_string);
        // An assertion has a place of its own, which says more than that of the task.
        let place =
            said.filter(|_| result.contains_key("assertion")).and_then(Value::as_text).and_then(Text::origin);
        let text = said.map(ToString::to_string).or(crash).unwrap_or_else(|| "Unknown error.".into());
        let error = Error::new(text).at_some(place).told_at(Some(&self.task.span));
        let error = match cause(result).filter(|_| said.is_some()) {
            Some(cause) => error.map_text(|text| text.trim_end_matches('.').to_owned()).cause(cause),
            None => error,
        };
        let error = self.blamed(error, frame);
        if said.is_none() {
            result.insert("msg".into(), error.summary().into());
            result.shift_remove(&Value::from("exception"));
        }
        error
    }

    /// Evaluates `changed_when`. Whether the evaluation worked.
    fn changed_when(&self, scope: &HostScope, end: &mut ItemEnd, frame: Option<&str>) -> bool {
        let conditions = &self.task.changed_when;
        if conditions.is_empty() {
            return true;
        }
        let failed = end.is_failed();
        match truth(&self.with_result(scope, end), conditions) {
            Ok(Decision::Unknown(_)) if failed => {}
            Ok(Decision::Unknown(unknown)) => end.status = Status::Unknown((*unknown).clone()),
            Ok(decision) => {
                let changed = matches!(decision, Decision::Yes);
                end.result.insert("changed".into(), changed.into());
                end.result.insert("changed_when_result".into(), changed.into());
                if !failed {
                    end.status = if changed { Status::Changed } else { Status::Ok };
                }
            }
            Err(error) => {
                end.result.insert("changed".into(), false.into());
                self.condition_broke(end, "changed_when", error, frame);
                return false;
            }
        }
        true
    }

    fn failed_when(&self, scope: &HostScope, end: &mut ItemEnd, frame: Option<&str>) {
        let conditions = &self.task.failed_when;
        if conditions.is_empty() {
            return;
        }
        let fails = match truth(&self.with_result(scope, end), conditions) {
            // What can't be known counts as no failure: the dry run goes on.
            Ok(decision) => matches!(decision, Decision::Yes),
            Err(error) => return self.condition_broke(end, "failed_when", error, frame),
        };
        suppress(end, "failed_when");
        end.result.insert("failed_when_result".into(), fails.into());
        end.result.insert("failed".into(), fails.into());
        end.exception = fails;
        end.error = None;
        if fails {
            end.status = Status::Failed { ignored: false };
            let error = Error::new("A 'failed_when' expression evaluated to 'True'.").at(&self.task.span);
            self.blame(end, error, frame);
        } else if end.is_failed() {
            let changed = end.result.get("changed").is_some_and(Value::is_true);
            end.status = if changed { Status::Changed } else { Status::Ok };
        }
    }

    /// A condition that can't be evaluated fails the task.
    fn condition_broke(&self, end: &mut ItemEnd, keyword: &str, error: Error, frame: Option<&str>) {
        suppress(end, keyword);
        end.result.insert(format!("{keyword}_result").into(), error.summary().into());
        end.result.insert("failed".into(), true.into());
        end.status = Status::Failed { ignored: false };
        end.exception = true;
        self.blame(end, condition_failed(keyword, error), frame);
    }

    /// The error within what failed.
    fn blamed(&self, error: Error, frame: Option<&str>) -> Error {
        let span = &self.task.span;
        let error = error.at(span);
        let error = match frame {
            Some(frame) => error.within(frame, Some(span)),
            None => error,
        };
        task_failed(error, span)
    }

    /// Makes an error that of the result, and its chain the message if there is none.
    fn blame(&self, end: &mut ItemEnd, error: Error, frame: Option<&str>) {
        let error = self.blamed(error, frame);
        if end.crashed || end.result.get("msg").is_none_or(is_blank) {
            end.result.insert("msg".into(), error.summary().into());
        }
        end.error = Some(error);
    }
}

/// Remembers that there was a failure before a condition decided otherwise.
pub(super) fn suppress(end: &mut ItemEnd, keyword: &str) {
    if end.exception {
        end.result.insert(format!("{keyword}_suppressed_exception").into(), EXCEPTION.into());
    }
}

/// What a module says of a failure beside its message, on one line; a trace of its code is not for people.
fn cause(result: &Map) -> Option<String> {
    let cause = result.get("exception").and_then(Value::as_str)?;
    (!cause.trim().is_empty() && !cause.contains('\n')).then(|| cause.to_owned())
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}
