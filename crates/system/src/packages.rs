use std::collections::{BTreeMap, BTreeSet};

use protocol::Change;
use serde::{Deserialize, Serialize};
use value::Value;

use crate::error::Error;
use crate::{Backend, Overlay, Result, State, System};

/// The packages of one package manager that a task is about. A package manager's module says by [`System::settle_by`]
/// how to get from one set to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packages {
    /// The package manager: `apt`, `dnf`.
    pub manager: String,
    /// Version by name: null for a package that is not installed, unknown where a dry run can't know.
    pub versions: BTreeMap<String, Value>,
}

impl Packages {
    /// The kind of one package's change.
    pub const PACKAGE: &'static str = "package";

    /// None yet, of this manager.
    pub fn of(manager: &str) -> Packages {
        Packages { manager: manager.into(), versions: BTreeMap::new() }
    }
}

impl State for Packages {
    const KIND: &'static str = "packages";

    fn name(&self) -> String {
        self.manager.clone()
    }

    fn observe(_: &mut System, name: &str) -> Result<Packages> {
        Ok(Packages::absent(name))
    }

    fn absent(name: &str) -> Packages {
        Packages::of(name)
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn bring_about(_: &mut dyn Backend, _: &Packages, want: &Packages) -> Result<()> {
        Err(Error::failed(format!("packages of '{}' are changed by its module only", want.manager)))
    }

    /// One change a package.
    fn changes(_: &mut System, now: &Packages, want: &Packages) -> Result<Vec<Change>> {
        let names: BTreeSet<&String> = now.versions.keys().chain(want.versions.keys()).collect();
        let change = |name: &String| {
            let (before, after) = (describe(now.versions.get(name)), describe(want.versions.get(name)));
            (before != after).then(|| Change {
                kind: Packages::PACKAGE.into(),
                name: name.clone(),
                before,
                after,
            })
        };
        Ok(names.into_iter().filter_map(change).collect())
    }

    fn recall(_: &Overlay, _: &str) -> Option<Packages> {
        None
    }

    fn remember(&self, overlay: &mut Overlay) {
        for (name, version) in &self.versions {
            overlay.set_state(Packages::PACKAGE, name, describe(Some(version)));
            if version.is_null() {
                overlay.remove_pending(name);
            }
        }
    }
}

fn describe(version: Option<&Value>) -> Value {
    match version {
        None | Some(Value::Null) => Value::Null,
        Some(version) => Value::map([("version", version.clone())]),
    }
}
