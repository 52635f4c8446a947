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
    let arguments = match M::deserialize(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return failed(Error::failed(format!("wrong arguments for '{}': {error}", M::NAME))),
    };
    match arguments.run(host) {
        Ok(outcome) => WireOutcome::Done(outcome.into_value()),
        Err(error) => failed(error),
    }
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
