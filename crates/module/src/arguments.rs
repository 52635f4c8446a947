use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A task's typed arguments. The doc comment of the struct is the manual's description, the doc comment of each field
/// the description of that argument; defaults and choices come from serde. Further names of an argument are given by
/// `#[schemars(extend("aliases" = ["dest", "name"]))]`.
pub trait Arguments: DeserializeOwned + JsonSchema {
    /// The name by which playbooks call it.
    const NAME: &'static str;

    /// Tasks that use it, as YAML: part of the manual, and checked by tests.
    const EXAMPLES: &'static str;
}
