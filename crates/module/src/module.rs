use protocol::Outcome as WireOutcome;
use system::{Error, Result, System};
use value::{Map, Value};

use crate::{Arguments, Outcome};

/// A task's work on a host.
///
/// `run` looks at the host and settles it as its arguments say. It knows nothing of dry runs, of `changed` and of
/// diffs: they follow from what it did at the door.
pub trait Module: Arguments {
    /// Does the work.
    ///
    /// # Errors
    /// Whatever keeps it from doing so.
    fn run(self, host: &mut System) -> Result<Outcome>;
}

/// Calls a module with normalised arguments.
pub fn call<M: Module>(arguments: Value, host: &mut System) -> WireOutcome {
    if may_write_unsafely(&arguments, host) {
        host.allow_unsafe_writes();
    }
    let arguments = match M::deserialize(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return failed(Error::failed(format!("wrong arguments for '{}': {error}", M::NAME))),
    };
    match arguments.run(host) {
        Ok(outcome) => WireOutcome::Done(outcome.into_value()),
        Err(error) => failed(error),
    }
}

/// Whether files that can't be replaced in one step may be written over: the argument `unsafe_writes`, which is the same
/// for all modules that write files, or a variable of the task's environment.
fn may_write_unsafely(arguments: &Value, host: &System) -> bool {
    let given = arguments.get("unsafe_writes").and_then(Value::as_bool);
    given.unwrap_or_else(|| {
        host.environment("ANSIBLE_UNSAFE_WRITES")
            .is_some_and(|word| value::Convert::to_bool(&Value::from(word)).unwrap_or(false))
    })
}

fn failed(error: Error) -> WireOutcome {
    match error {
        Error::Unknown(unknown) => WireOutcome::Unknown(unknown),
        Error::Failed(failure) => {
            let mut map = Map::new();
            map.insert("msg".into(), failure.message.into());
            map.extend(failure.details);
            WireOutcome::Failed(map.into())
        }
    }
}
